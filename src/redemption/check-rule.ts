import { inSteps, requireWithinLimits } from '../coalition/amount-limits';
import { lesser, MAX_POINTS } from '../points/amount';
import { applyFloor, floorDivide } from '../points/ratio';
import { PurchaseAmountRequired, RedemptionMoneyMismatch, ShareExceeded } from './redemption-refusals';
import type { RedemptionRule } from './redemption-rule';

const MICROS_PER_UNIT = 1_000_000n;

/** Most micro-units of money that a purchase costs, or points pay: they are kept as exact numbers. */
export const MOST_MONEY = 9_007_199_254_740_991n;

/** Micro-units of money that points pay; floored, so that points never pay more than they are worth. */
export function moneyValue(rule: Pick<RedemptionRule, 'pointsPerUnit'>, points: bigint): bigint {
  return floorDivide(points * MICROS_PER_UNIT, rule.pointsPerUnit);
}

/** Most points that may pay for a purchase: the share of it that they may pay, in points, floored. */
function mostPointsFor(rule: Pick<RedemptionRule, 'pointsPerUnit' | 'share'>, purchaseAmount: bigint): bigint {
  return floorDivide(applyFloor(rule.share, purchaseAmount * rule.pointsPerUnit), MICROS_PER_UNIT);
}

/** The purchase that points are to pay a part of: micro-units of money. */
export interface PaidPurchase {
  readonly amount: bigint;
  readonly moneyCurrency: string;
}

/** Most points that may be spent at once: the rule's own maximum, `mostPoints`, and what pays no more money than can be counted exactly. */
function mostPointsAtOnce(rule: Pick<RedemptionRule, 'pointsPerUnit' | 'maximum'>, mostPoints: bigint): bigint {
  const countable = lesser(mostPoints, floorDivide(MOST_MONEY * rule.pointsPerUnit, MICROS_PER_UNIT));
  return rule.maximum === null ? countable : lesser(countable, rule.maximum);
}

/**
 * Throws the refusal of the first limit that the points break: the rule's, or `mostPoints` of any redemption. Of two maxima the lesser is told, and
 * before the step: the next one must not be beyond it. Whether the wallet has them is the ledger's to say.
 */
export function checkRule(rule: RedemptionRule, points: bigint, purchase: PaidPurchase | null, mostPoints = MAX_POINTS): void {
  if (purchase && purchase.moneyCurrency !== rule.moneyCurrency) throw new RedemptionMoneyMismatch(rule.moneyCurrency);
  const maximum = mostPointsAtOnce(rule, mostPoints);
  if (purchase) {
    const payable = inSteps(mostPointsFor(rule, purchase.amount), rule.step);
    if (points > payable && payable < maximum) throw new ShareExceeded(Number(payable));
  }
  requireWithinLimits({ ...rule, maximum }, points);
  if (!purchase && rule.share.numerator < rule.share.denominator) throw new PurchaseAmountRequired();
}
