import { lesser } from '../points/amount';
import { formatDecimal } from '../points/decimal';
import { type ExactAmount, lessAmount, sumAmounts } from '../purchases/exact-amount';
import { roundedLineAmount } from '../purchases/minor-unit';
import { basketPoints } from './basket-points';
import { ReturnExceedsPurchase } from './earning-refusals';
import type { EarningRule } from './earning-rule';
import { type PayingPoints, pointsToGiveBack, type RefundOrder, worthStillUsed } from './points-that-pay';

/** A line of the purchase with what came back of it so far. Quantities in thousandths, prices in micro-units. */
export interface ReturnableLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly quantity: bigint;
  readonly unitPrice: bigint;
  readonly eligible: boolean;
  readonly returned: bigint;
}

/** What is brought back: of a line, or of all lines with a sku (the last line first). */
export type ReturnedGoods =
  | { readonly lineNo: number; readonly sku: null; readonly quantity: bigint }
  | { readonly lineNo: null; readonly sku: string; readonly quantity: bigint };

/** The purchase as it stands when the return is decided. */
export interface StandingPurchase {
  readonly rule: Pick<EarningRule, 'pointsPerUnit' | 'multiplier'>;
  readonly scale: number;
  readonly lines: readonly ReturnableLine[];
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

export interface ReturnDecision {
  /** By line number, each above zero. */
  readonly returned: readonly { readonly lineNo: number; readonly quantity: bigint; readonly left: bigint }[];
  /** Points to take back of what was earned. */
  readonly clawBack: number;
  /** Points to give back of each of paidBy, in its order. */
  readonly reinstate: readonly number[];
  /** What the purchase still stands for. */
  readonly amountLeft: ExactAmount;
  /** Money to give back now: whole minor units; null where that is not worked out. */
  readonly moneyBack: ExactAmount | null;
}

/**
 * Decides a return. What came back is given back in money and in points, as the refund order says (see pointsToGiveBack). Points due are those
 * that the purchase's own rule gives for what is left and still paid in money; more than that is clawed back. Throws ReturnExceedsPurchase.
 */
export function decideReturn(purchase: StandingPurchase, goods: readonly ReturnedGoods[]): ReturnDecision {
  const now = new Map<number, bigint>();
  const leftOf = (line: ReturnableLine) => line.quantity - line.returned - (now.get(line.lineNo) ?? 0n);
  const worth = (lines: readonly ReturnableLine[]) => sumAmounts(lines.map((line) => roundedLineAmount(leftOf(line), line.unitPrice, purchase.minorUnit)));
  const leftBefore = worth(purchase.lines);
  for (const each of goods) {
    // The last line first, as goods of one sku are alike.
    const lines = purchase.lines.filter((line) => (each.sku === null ? line.lineNo === each.lineNo : line.sku === each.sku)).reverse();
    let wanted = each.quantity;
    for (const line of lines) {
      const take = lesser(leftOf(line), wanted);
      if (take > 0n) now.set(line.lineNo, (now.get(line.lineNo) ?? 0n) + take);
      wanted -= take;
    }
    if (wanted > 0n) {
      const sku = each.sku ?? lines[0]?.sku ?? '';
      throw new ReturnExceedsPurchase({ lineNo: each.lineNo, sku }, formatDecimal(each.quantity - wanted, 3));
    }
  }
  const amountLeft = worth(purchase.lines);
  const reinstate = pointsToGiveBack({ ...purchase, leftBefore, leftAfter: amountLeft });
  const usedBefore = worthStillUsed(purchase.paidBy, purchase.minorUnit);
  const used = worthStillUsed(
    purchase.paidBy.map((paid, i) => ({ ...paid, reversed: paid.reversed + reinstate[i] })),
    purchase.minorUnit,
  );
  const due = basketPoints(purchase.rule, purchase.scale, {
    amount: amountLeft,
    eligible: worth(purchase.lines.filter((line) => line.eligible)),
    paidWithPoints: used,
  });
  return {
    returned: purchase.lines
      .filter((line) => now.has(line.lineNo))
      .map((line) => ({ lineNo: line.lineNo, quantity: now.get(line.lineNo) ?? 0n, left: leftOf(line) })),
    clawBack: Math.max(0, purchase.pointsKept - Number(due)),
    reinstate,
    amountLeft,
    moneyBack: lessAmount(lessAmount(leftBefore, usedBefore), lessAmount(amountLeft, used)),
  };
}
