import { itemAt } from '../../platform/one-of';
import { basketPoints, type RateOfPoints } from '../earning/basket-points';
import { earningTotals, worthOfLines } from '../earning/earning-base';
import type { EarningRule } from '../earning/earning-rule';
import { type ExactAmount, lessAmount } from '../purchases/exact-amount';
import { type PayingPoints, pointsToGiveBack, type RefundOrder, worthStillUsed } from './points-that-pay';
import { type ReturnableLine, type ReturnedGoods, takeBack, worthLeft } from './returned-goods';

/** The purchase as it stands when the return is decided. */
export interface StandingPurchase {
  readonly rule: RateOfPoints & Pick<EarningRule, 'earnsOn'>;
  readonly scale: number;
  readonly lines: readonly ReturnableLine[];
  /** What it cost when it was bought. */
  readonly amount: ExactAmount;
  readonly paidWithPoints: ExactAmount;
  /** Points earned less what was clawed back so far. */
  readonly pointsKept: number;
  /** In the order in which the purchase named them. */
  readonly paidBy: readonly PayingPoints[];
  readonly refundOrder: RefundOrder;
  /** Of the money that it was bought in. */
  readonly minorUnit: ExactAmount;
}

/** What came back of a line now. */
export interface ReturnedLine {
  readonly lineNo: number;
  /** Thousandths; 0: money only. */
  readonly quantity: bigint;
  /** How many can still come back. */
  readonly left: bigint;
  /**
   * By how much what was given back without goods, and lies on those that are left, has changed; below zero where it
   * went with goods.
   */
  readonly reduction: ExactAmount;
}

export interface ReturnDecision {
  /** By line number. */
  readonly returned: readonly ReturnedLine[];
  /** Points to take back of what was earned. */
  readonly clawBack: number;
  /** Points to give back of each of paidBy, in its order. */
  readonly reinstate: readonly number[];
  /** What the purchase still stands for. */
  readonly amountLeft: ExactAmount;
  /**
   * Money to give back now: whole minor units. Below zero where the member takes back what was traded in and owes what
   * it paid. null where that is not worked out.
   */
  readonly moneyBack: ExactAmount | null;
}

/**
 * Decides a return. What came back is given back in money and in points, as the refund order says (see
 * pointsToGiveBack). Points due are those that the purchase's own rule gives for what is left and still paid in money.
 * More than that is clawed back. Throws as takeBack does.
 */
export function decideReturn(purchase: StandingPurchase, goods: readonly ReturnedGoods[]): ReturnDecision {
  const { rule, minorUnit, lines, paidBy } = purchase;
  const left = takeBack(lines, goods, minorUnit);
  const worth = (of: readonly ReturnableLine[]) =>
    worthOfLines(
      rule.earnsOn,
      of.filter(({ kind }) => kind !== 'DISCOUNT').map((line) => ({ ...worthLeft(line, minorUnit), earns: line.eligible })),
    );
  const before = worth(lines).gross;
  const after = worth(left);
  const reinstate = pointsToGiveBack({ ...purchase, leftBefore: before, leftAfter: after.gross });
  const usedBefore = worthStillUsed(paidBy, minorUnit);
  const stillPaying = paidBy.map((paid, i) => ({ ...paid, reversed: paid.reversed + itemAt(reinstate, i) }));
  const used = worthStillUsed(stillPaying, minorUnit);
  const due = basketPoints(rule, purchase.scale, earningTotals(rule.earnsOn, after, used));
  return {
    returned: changes(lines, left),
    clawBack: Math.max(0, purchase.pointsKept - Number(due)),
    reinstate,
    amountLeft: after.gross,
    moneyBack: (lessAmount(before, usedBefore) - lessAmount(after.gross, used)) as ExactAmount,
  };
}

function changes(before: readonly ReturnableLine[], after: readonly ReturnableLine[]): ReturnedLine[] {
  return after.flatMap((line, i) => {
    const was = itemAt(before, i);
    const quantity = line.returned - was.returned;
    const reduction = (line.reduced - was.reduced) as ExactAmount;
    if (quantity === 0n && reduction === 0n) return [];
    return [{ lineNo: line.lineNo, quantity, left: line.quantity - line.returned, reduction }];
  });
}
