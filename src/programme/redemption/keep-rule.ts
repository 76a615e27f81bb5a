import { fewestPoints, inSteps, stepRefusals } from '../../coalition/coalition/amount-limits';
import { greater, lesser } from '../../ledger/points/amount';
import { refusals } from '../../platform/define-refusal';
import { fewestThatPay, payingRefusals } from './check-rule';
import type { RedemptionRule } from './redemption-rule';

/** What is refused of a part that would stay spent. */
export const keepRuleRefusals = refusals(stepRefusals, payingRefusals);

/** What a capture or a refund leaves spent. */
export interface Kept {
  /** Points that stay spent; above zero, and not all. */
  readonly points: bigint;
  /** Points that are held, or spent until now. */
  readonly all: bigint;
  /** A capture asks for what stays, and may ask for all; a refund for the rest, and may leave none. */
  readonly by: 'CAPTURE' | 'REFUND';
}

/**
 * Throws BELOW_MINIMUM, PAYS_NOTHING or NOT_A_STEP where what stays spent keeps neither the rule's minimum nor its
 * step: no other road must lead to what the rule refuses at once. They tell the nearest that fits. All and none always
 * do.
 */
export function requireKept(rule: RedemptionRule, kept: Kept): void {
  const { points } = kept;
  const why = (rest: string) => `${points} points would stay spent, and ${rest}; all or none always may. Ask for ${nearest()}.`;
  const nearest = () => Number(kept.by === 'CAPTURE' ? nearestThatFits(rule, kept) : kept.all - nearestThatFits(rule, kept));
  if (points < rule.minimum)
    throw keepRuleRefusals.refuse('BELOW_MINIMUM', { minimum: rule.minimum, nextIncrement: nearest(), message: why(`at least ${rule.minimum} do`) });
  if (points < fewestThatPay(rule)) throw keepRuleRefusals.refuse('PAYS_NOTHING', { moneyCurrency: rule.moneyCurrency, minimum: nearest() });
  if (points % rule.step !== 0n)
    throw keepRuleRefusals.refuse('NOT_A_STEP', { step: rule.step, nextIncrement: nearest(), message: why(`points are spent in steps of ${rule.step}`) });
}

/** How many may stay that are nearest to so many; of two that are as near, the fewer. */
function nearestThatFits(rule: RedemptionRule, { points, all, by }: Kept): bigint {
  const paying = fewestThatPay(rule);
  const fewest = fewestPoints({ step: rule.step, minimum: greater(paying, rule.minimum) });
  const below = inSteps(points, rule.step);
  const above = inSteps(points + rule.step - 1n, rule.step);
  const less = below >= fewest ? below : 0n;
  const more = lesser(greater(above, fewest), all);
  if (by === 'CAPTURE' && less === 0n) return more;
  if (by === 'REFUND' && more === all) return less;
  return points - less <= more - points ? less : more;
}
