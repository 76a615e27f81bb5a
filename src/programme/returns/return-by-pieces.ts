import { lesser } from '../../ledger/points/amount';
import { formatDecimal } from '../../ledger/points/decimal';
import { floorDivide } from '../../ledger/points/ratio';
import { basketPoints } from '../earning/basket-points';
import { type ExactAmount, lessAmount, lineAmount, sumAmounts } from '../purchases/exact-amount';
import type { ReturnDecision, StandingPurchase } from './return-decision';
import type { ReturnableLine, ReturnedGoods } from './returned-goods';
import { returnedGoodsRefusals } from './returned-goods';

/**
 * Decides a return of a purchase that was recorded under arithmetic 1, which its returns keep: lines are not rounded,
 * goods of one sku are alike, and POINTS_LAST goes by pieces. Points due are those that the purchase's own rule gives
 * for what is left of it. More than that is clawed back. Points that paid for it come back: under POINTS_LAST when
 * nothing of it is left, under PRO_RATA in the share that came back (floored), under POINTS_FIRST before any money.
 * Throws RETURN_EXCEEDS_PURCHASE.
 */
export function decideReturnByPieces(purchase: StandingPurchase, goods: readonly ReturnedGoods[]): ReturnDecision {
  const now = new Map<number, bigint>();
  const leftOf = (line: ReturnableLine) => line.quantity - line.returned - (now.get(line.lineNo) ?? 0n);
  for (const each of goods) {
    // The last line first, as goods of one sku are alike.
    const lines = purchase.lines.filter((line) => (each.sku === null ? line.lineNo === each.lineNo : line.sku === each.sku)).reverse();
    let wanted = each.quantity ?? 0n;
    for (const line of lines) {
      const left = leftOf(line);
      const take = lesser(left, wanted);
      if (take > 0n) now.set(line.lineNo, (now.get(line.lineNo) ?? 0n) + take);
      wanted -= take;
    }
    if (wanted > 0n) {
      const sku = each.sku ?? lines[0]?.sku ?? '';
      throw returnedGoodsRefusals.refuse('RETURN_EXCEEDS_PURCHASE', { lineNo: each.lineNo, sku, left: formatDecimal((each.quantity ?? 0n) - wanted, 3) });
    }
  }
  const worth = (lines: readonly ReturnableLine[]) => sumAmounts(lines.map((line) => lineAmount(leftOf(line), line.unitPrice ?? 0n)));
  const amountLeft = worth(purchase.lines);
  const nothingLeft = purchase.lines.every((line) => leftOf(line) === 0n);
  const given = pointsToGiveBack(purchase, amountLeft, nothingLeft);
  const due = nothingLeft
    ? 0n
    : basketPoints(purchase.rule, purchase.scale, {
        amount: amountLeft,
        eligible: worth(purchase.lines.filter((line) => line.eligible)),
        paidWithPoints: lessAmount(purchase.paidWithPoints, given.worth),
      });
  return {
    returned: purchase.lines
      .filter((line) => now.has(line.lineNo))
      .map((line) => ({ lineNo: line.lineNo, quantity: now.get(line.lineNo) ?? 0n, left: leftOf(line), reduction: 0n as ExactAmount })),
    clawBack: Math.max(0, purchase.pointsKept - Number(due)),
    reinstate: given.points,
    amountLeft,
    moneyBack: null,
  };
}

/** How many points of each redemption are given back now, and what all that were given back are worth by then. */
function pointsToGiveBack(purchase: StandingPurchase, amountLeft: ExactAmount, nothingLeft: boolean): { points: number[]; worth: ExactAmount } {
  const all = purchase.paidBy.reduce((sum, { points }) => sum + points, 0);
  const target = nothingLeft ? all : Number(targetBeforeTheEnd(purchase, amountLeft, BigInt(all)));
  let toGive = target - purchase.paidBy.reduce((sum, { reversed }) => sum + reversed, 0);
  const points = purchase.paidBy.map((paid) => {
    const give = Math.max(0, Math.min(toGive, paid.points - paid.reversed));
    toGive -= give;
    return give;
  });
  const worth = all === 0 ? 0n : floorDivide(purchase.paidWithPoints * BigInt(target), BigInt(all));
  return { points, worth: worth as ExactAmount };
}

function targetBeforeTheEnd({ refundOrder, amount, paidWithPoints }: StandingPurchase, amountLeft: ExactAmount, all: bigint): bigint {
  const cameBack = lessAmount(amount, amountLeft);
  if (refundOrder === 'PRO_RATA' && amount > 0n) return floorDivide(all * cameBack, amount);
  if (refundOrder === 'POINTS_FIRST' && paidWithPoints > 0n) return cameBack >= paidWithPoints ? all : floorDivide(all * cameBack, paidWithPoints);
  return 0n;
}
