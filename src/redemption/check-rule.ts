import { applyFloor, floorDivide } from '../points/ratio';
import { AboveMaximum, BelowMinimum, NotAStep, PurchaseAmountRequired, RedemptionMoneyMismatch, ShareExceeded } from './redemption-refusals';
import type { RedemptionRule } from './redemption-rule';

const MICROS_PER_UNIT = 1_000_000n;

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

/** Throws the refusal of the first limit of the rule that the points break. Whether the wallet has them is the ledger's to say. */
export function checkRule(rule: RedemptionRule, points: bigint, purchase: PaidPurchase | null): void {
  if (purchase && purchase.moneyCurrency !== rule.moneyCurrency) throw new RedemptionMoneyMismatch(rule.moneyCurrency);
  if (points < rule.minimum) throw new BelowMinimum(Number(rule.minimum));
  if (points % rule.step !== 0n) throw new NotAStep(Number(rule.step), Number((points / rule.step + 1n) * rule.step));
  if (rule.maximum !== null && points > rule.maximum) throw new AboveMaximum(Number(rule.maximum));
  if (!purchase) {
    if (rule.share.numerator < rule.share.denominator) throw new PurchaseAmountRequired();
    return;
  }
  const most = mostPointsFor(rule, purchase.amount);
  // Said in points that can be asked for.
  if (points > most) throw new ShareExceeded(Number(most - (most % rule.step)));
}
