import { lesser } from '../../ledger/points/amount';
import { applyFloor, floorDivide } from '../../ledger/points/ratio';
import { BILLIONTHS_PER_UNIT, exactFromMicros, lessAmount } from '../purchases/exact-amount';
import type { BasketTotals } from './earning-base';
import type { EarningRule, Exclusion } from './earning-rule';

/** Why the rule leaves a line out, or null when the line earns. The narrowest reason is given first. */
export function lineExclusion(
  rule: Pick<EarningRule, 'eligibleCategories' | 'excludedCategories' | 'excludedSkus'>,
  line: { readonly sku: string; readonly category: string | null },
): Exclusion | null {
  if (rule.excludedSkus.has(line.sku)) return 'SKU_EXCLUDED';
  if (line.category !== null && rule.excludedCategories.has(line.category)) return 'CATEGORY_EXCLUDED';
  if (rule.eligibleCategories && (line.category === null || !rule.eligibleCategories.has(line.category))) return 'CATEGORY_NOT_ELIGIBLE';
  return null;
}

/** What an earning rule says of how many points there are. */
export type RateOfPoints = Pick<EarningRule, 'pointsPerUnit' | 'fullSteps' | 'multiplier' | 'roundTo'>;

/**
 * Points earned, in the currency's smallest unit, on the smaller of the eligible amount and the amount paid in money.
 * That amount x points, or its full steps x points, then x multiplier. To whole points both products are floored
 * (roundTo UNIT), to the smallest unit the last, once. The member loses the fractions. Never below zero.
 */
export function basketPoints({ pointsPerUnit, fullSteps, multiplier, roundTo }: RateOfPoints, scale: number, basket: BasketTotals): bigint {
  const base = lesser(basket.eligible, lessAmount(basket.amount, basket.paidWithPoints));
  // What is exact so far: points, in parts of a point. A rule has one of the two.
  const [earned, parts] = fullSteps
    ? [floorDivide(base, exactFromMicros(fullSteps.per)) * fullSteps.points, 1n]
    : [base * (pointsPerUnit ?? 0n), BILLIONTHS_PER_UNIT];
  const smallest = 10n ** BigInt(scale);
  if (roundTo === 'UNIT') return applyFloor(multiplier, floorDivide(earned, parts)) * smallest;
  return floorDivide(earned * multiplier.numerator * smallest, parts * multiplier.denominator);
}
