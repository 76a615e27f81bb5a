import { fewestPoints, inSteps } from '../../coalition/coalition/amount-limits';
import { lesser } from '../../ledger/points/amount';
import { applyFloor, floorDivide, type Ratio } from '../../ledger/points/ratio';
import { type ExactAmount, exactFromMicros, sumAmounts } from '../purchases/exact-amount';
import { flooredToMinorUnit } from '../purchases/minor-unit';

/** Points of one redemption that are to pay part of a basket. */
export interface OfferedPoints {
  /** Spent by it and not given back. */
  readonly points: number;
  readonly redemption: {
    /** All that was asked for, and what those pay in micro-units of money. */
    readonly points: number;
    readonly moneyValue: bigint;
  };
  /** The version that it was redeemed under. */
  readonly rule: {
    /** Largest share of a purchase that points may pay. */
    readonly share: Ratio;
    readonly minimum: bigint;
    readonly step: bigint;
  };
}

/** What so many of a redemption's points pay, floored to the minor unit. */
export function worthOf(redemption: OfferedPoints['redemption'], points: number, minorUnit: ExactAmount): ExactAmount {
  return flooredToMinorUnit(exactFromMicros((redemption.moneyValue * BigInt(points)) / BigInt(redemption.points)), minorUnit);
}

/**
 * How many points of each redemption a basket takes, in the order in which they are named. They pay at most what the
 * basket costs, whatever the till said when they were redeemed. Redemptions of rules with a share pay together, those
 * of a smaller share included, at most that share of it. Of a redemption that does not go in whole, what is taken keeps
 * its rule's minimum and step, so that the rest can be refunded.
 */
export function pointsTaken(cost: ExactAmount, offered: readonly OfferedPoints[], minorUnit: ExactAmount): number[] {
  const taken: { readonly share: Ratio; readonly worth: ExactAmount }[] = [];
  return offered.map(({ points, redemption, rule }) => {
    const worth = worthOf(redemption, points, minorUnit);
    const paid = (share: Ratio) => sumAmounts(taken.filter((each) => !isLarger(each.share, share)).map((each) => each.worth));
    const open = offered
      .filter((each) => !isLarger(rule.share, each.rule.share))
      .map(({ rule: { share } }) => flooredToMinorUnit(applyFloor(share, cost) as ExactAmount, minorUnit) - paid(share))
      .reduce(lesser);
    const all = worth <= open;
    const fitting = all ? BigInt(points) : floorDivide(open * BigInt(redemption.points), exactFromMicros(redemption.moneyValue));
    const kept = all ? fitting : inSteps(fitting, rule.step);
    const takes = all || kept >= fewestPoints(rule) ? Number(kept) : 0;
    taken.push({ share: rule.share, worth: worthOf(redemption, takes, minorUnit) });
    return takes;
  });
}

function isLarger(a: Ratio, b: Ratio): boolean {
  return a.numerator * b.denominator > b.numerator * a.denominator;
}
