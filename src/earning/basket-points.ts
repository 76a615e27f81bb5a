import { lesser } from '../points/amount';
import { applyFloor, floorDivide } from '../points/ratio';
import { BILLIONTHS_PER_UNIT, lessAmount } from '../purchases/exact-amount';
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

/**
 * Points earned, in the currency's smallest unit. Earned on the smaller of the eligible amount and the amount paid in money:
 * floor(that x points per unit), then floor(x multiplier), in whole points; the member loses both fractions. Never below zero.
 */
export function basketPoints(rule: Pick<EarningRule, 'pointsPerUnit' | 'multiplier'>, scale: number, basket: BasketTotals): bigint {
  const base = lesser(basket.eligible, lessAmount(basket.amount, basket.paidWithPoints));
  const plain = floorDivide(base * rule.pointsPerUnit, BILLIONTHS_PER_UNIT);
  return applyFloor(rule.multiplier, plain) * 10n ** BigInt(scale);
}
