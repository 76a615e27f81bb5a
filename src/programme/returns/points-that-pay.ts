import { lesser } from '../../ledger/points/amount';
import { ceilDivide, floorDivide } from '../../ledger/points/ratio';
import { itemAt } from '../../platform/one-of';
import { type ExactAmount, lessAmount, sumAmounts } from '../purchases/exact-amount';

/** Which of what paid for a purchase goes back first. */
export type RefundOrder = 'POINTS_LAST' | 'PRO_RATA' | 'POINTS_FIRST';

/** Points of one redemption that pay part of a purchase. */
export interface PayingPoints {
  /** How many paid when it was bought; above zero. */
  readonly points: number;
  /** How many of them were given back since, for whatever reason. */
  readonly reversed: number;
  /** What all of them paid: whole minor units of the purchase's money. */
  readonly value: ExactAmount;
}

/** What a return changes of a purchase that points paid a part of. */
export interface ShrinkingPurchase {
  /** In the order in which the purchase named them. */
  readonly paidBy: readonly PayingPoints[];
  readonly refundOrder: RefundOrder;
  /** What it cost when it was bought. */
  readonly amount: ExactAmount;
  /** What is left of it before this return, and after it. */
  readonly leftBefore: ExactAmount;
  readonly leftAfter: ExactAmount;
}

/**
 * Points that still pay, and what one of them pays, in parts of a billionth: so small that it is a whole number of them
 * for every redemption.
 */
interface Used {
  readonly points: bigint;
  readonly each: bigint;
}

/**
 * How many points of each redemption are given back, by what they are worth. The redemption named last gives back
 * first. POINTS_LAST: points stay used as long as what is left costs what they pay. Where it costs less, the least
 * number whose worth reaches it stays. PRO_RATA: of what points paid, the share that came back. POINTS_FIRST: all that
 * came back. Both in whole points, floored, and never more than POINTS_LAST would leave used, nor more than this return
 * is worth: then the rest is money. Nothing left: all of them.
 */
export function pointsToGiveBack(purchase: ShrinkingPurchase): number[] {
  const parts = partsOf(purchase.paidBy);
  const used = purchase.paidBy.map((paid) => stillUsed(paid, parts));
  const beyond = beyondWhatIsLeft(used, purchase.leftAfter * parts);
  if (purchase.refundOrder === 'POINTS_LAST') return beyond;
  const asOrdered = lastFirst(used, worthAsOrdered(purchase, parts));
  return beyond.map((points, i) => Math.max(points, itemAt(asOrdered, i)));
}

/** What the points that were not given back pay, floored to the minor unit. */
export function worthStillUsed(paidBy: readonly PayingPoints[], minorUnit: ExactAmount): ExactAmount {
  const parts = partsOf(paidBy);
  let sum = 0n;
  for (const { points, each } of paidBy.map((paid) => stillUsed(paid, parts))) sum += points * each;
  return (floorDivide(sum, parts * minorUnit) * minorUnit) as ExactAmount;
}

function partsOf(paidBy: readonly PayingPoints[]): bigint {
  return paidBy.reduce((product, { points }) => product * BigInt(points), 1n);
}

function stillUsed({ points, reversed, value }: PayingPoints, parts: bigint): Used {
  return { points: BigInt(points - reversed), each: (value * parts) / BigInt(points) };
}

/** What must be given back so that no more points stay than reach `left`. */
function beyondWhatIsLeft(used: readonly Used[], left: bigint): number[] {
  let uncovered = left;
  return used.map(({ points, each }) => {
    const reaching = uncovered <= 0n ? 0n : each === 0n ? points : lesser(points, ceilDivide(uncovered, each));
    uncovered -= reaching * each;
    return Number(points - reaching);
  });
}

/** How much worth of points is to be given back by the order, in parts. */
function worthAsOrdered({ paidBy, refundOrder, amount, leftBefore, leftAfter }: ShrinkingPurchase, parts: bigint): bigint {
  const paid = sumAmounts(paidBy.map(({ value }) => value));
  const cameBack = lessAmount(amount, leftAfter);
  // In the end of all that came back so far, so that many small returns come to what one large one does.
  const inAll = refundOrder === 'PRO_RATA' ? (amount > 0n ? floorDivide(paid * parts * cameBack, amount) : 0n) : lesser(paid, cameBack) * parts;
  const already = paidBy.reduce((sum, { points, reversed, value }) => sum + (BigInt(reversed) * value * parts) / BigInt(points), 0n);
  return lesser(inAll - already, lessAmount(leftBefore, leftAfter) * parts);
}

/**
 * The most points whose worth is within `worth`, the redemption named last first. One that has some left lets none
 * before it give any.
 */
function lastFirst(used: readonly Used[], worth: bigint): number[] {
  const given = used.map(() => 0);
  let rest = worth;
  for (const [i, { points, each }] of [...used.entries()].reverse()) {
    if (rest <= 0n) break;
    const give = each === 0n ? 0n : lesser(points, floorDivide(rest, each));
    given[i] = Number(give);
    rest -= give * each;
    if (give < points) break;
  }
  return given;
}
