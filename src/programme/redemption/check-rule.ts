import { amountRefusals, fewestPoints, inSteps, requireWithinLimits } from '../../coalition/coalition/amount-limits';
import { greater, lesser, MAX_POINTS } from '../../ledger/points/amount';
import { ceilDivide, floorDivide } from '../../ledger/points/ratio';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { points } from '../../platform/refusal-fields';
import { moneyRefusals } from '../postings/money-refusals';
import { minorUnitInMicros } from '../purchases/minor-unit';
import type { RedemptionRule } from './redemption-rule';
import { otherMoney } from './redemption-rule';

/** What is refused of points that are worth less than can be paid. */
export const payingRefusals = refusals(
  defineRefusal('PAYS_NOTHING', {
    description: 'So few points are worth less than the least that can be paid in the money.',
    retrySafe: true,
    fields: { minimum: points('The fewest that pay something and that the rule takes; of a capture or refund, the nearest to ask for.') },
    discloses: 'NOBODY',
    message: ({ minimum }, { moneyCurrency }: { moneyCurrency: string }) => `So few points pay nothing in ${moneyCurrency}: at least ${minimum} do.`,
  }),
);

/** What is refused by the rule for redemptions. */
export const checkRuleRefusals = refusals(
  amountRefusals,
  moneyRefusals,
  defineRefusal('SHARE_EXCEEDED', {
    description: 'The points would pay a larger share of the purchase than the rule allows.',
    retrySafe: true,
    fields: { maximum: points('Most points that may pay for a purchase of this amount.') },
    discloses: 'NOBODY',
    message: ({ maximum }) => `At most ${maximum} points may pay for a purchase of this amount.`,
  }),
  defineRefusal('PURCHASE_AMOUNT_REQUIRED', {
    description: 'The rule limits the share of a purchase that points may pay, and no purchase was sent.',
    retrySafe: true,
    message: 'Points may pay only a part of a purchase: send purchaseAmount, the amount before points.',
  }),
  payingRefusals,
);

/** Most micro-units of money that a purchase costs, or points pay: they are kept as exact numbers. */
export const MOST_MONEY = 9_007_199_254_740_991n;

type Worth = Pick<RedemptionRule, 'worth' | 'moneyCurrency'>;

/**
 * Micro-units of money that points pay. They are floored to what can be paid, so that points never pay more than they
 * are worth.
 */
export function moneyValue({ worth, moneyCurrency }: Worth, points: bigint): bigint {
  return flooredToPayable(points * worth.numerator, worth.denominator, moneyCurrency);
}

/** A fraction of micro-units, floored to the minor unit of the money. */
export function flooredToPayable(dividend: bigint, divisor: bigint, moneyCurrency: string): bigint {
  const minorUnit = minorUnitInMicros(moneyCurrency);
  return floorDivide(dividend, divisor * minorUnit) * minorUnit;
}

/** The fewest points that pay anything at all. */
export function fewestThatPay({ worth, moneyCurrency }: Worth): bigint {
  return ceilDivide(minorUnitInMicros(moneyCurrency) * worth.denominator, worth.numerator);
}

/** Most points that may pay for a purchase: the most whose value is within the share of it that they may pay. */
function mostPointsFor(rule: Worth & Pick<RedemptionRule, 'share'>, purchaseAmount: bigint): bigint {
  const share = flooredToPayable(rule.share.numerator * purchaseAmount, rule.share.denominator, rule.moneyCurrency);
  // The next ones pay a minor unit more.
  return ceilDivide((share + minorUnitInMicros(rule.moneyCurrency)) * rule.worth.denominator, rule.worth.numerator) - 1n;
}

/** The purchase that points are to pay a part of: micro-units of money. */
export interface PaidPurchase {
  readonly amount: bigint;
  readonly moneyCurrency: string;
}

/**
 * Most points that may be spent at once: the rule's own maximum, `mostPoints`, and what pays no more money than can be
 * counted exactly.
 */
function mostPointsAtOnce({ worth, maximum }: Pick<RedemptionRule, 'worth' | 'maximum'>, mostPoints: bigint): bigint {
  const countable = lesser(mostPoints, floorDivide(MOST_MONEY * worth.denominator, worth.numerator));
  return maximum === null ? countable : lesser(countable, maximum);
}

/**
 * Throws the refusal of the first limit that the points break: the rule's, or `mostPoints` of any redemption. Of two
 * maxima the lesser is told, and before the step: the next one must not be beyond it. Whether the wallet has them is
 * the ledger's to say.
 */
export function checkRule(rule: RedemptionRule, points: bigint, purchase: PaidPurchase | null, mostPoints = MAX_POINTS): void {
  if (purchase && purchase.moneyCurrency !== rule.moneyCurrency) throw otherMoney(rule.moneyCurrency);
  const maximum = mostPointsAtOnce(rule, mostPoints);
  if (purchase) {
    const payable = inSteps(mostPointsFor(rule, purchase.amount), rule.step);
    if (points > payable && payable < maximum) throw checkRuleRefusals.refuse('SHARE_EXCEEDED', { maximum: Number(payable) });
  }
  requirePaying(rule, points);
  requireWithinLimits({ ...rule, maximum }, points);
  if (!purchase && rule.share.numerator < rule.share.denominator) throw checkRuleRefusals.refuse('PURCHASE_AMOUNT_REQUIRED');
}

/**
 * Throws BELOW_MINIMUM or PAYS_NOTHING for points that pay nothing. Both tell the fewest that the rule takes and that
 * pay something.
 */
function requirePaying(rule: RedemptionRule, points: bigint): void {
  const paying = fewestThatPay(rule);
  if (points >= paying) return;
  const fewest = Number(lesser(fewestPoints({ ...rule, minimum: greater(paying, rule.minimum) }), MAX_POINTS));
  throw points < rule.minimum
    ? amountRefusals.refuse('BELOW_MINIMUM', { minimum: Number(rule.minimum), nextIncrement: fewest })
    : checkRuleRefusals.refuse('PAYS_NOTHING', { moneyCurrency: rule.moneyCurrency, minimum: fewest });
}
