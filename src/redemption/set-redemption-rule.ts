import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import type { Principal } from '../access/principal';
import type { App } from '../app';
import { fewestPoints } from '../coalition/amount-limits';
import { addRuleVersion, ruleFields } from '../coalition/rule-versions';
import { moneyCurrency, somePoints } from '../ledger/request-fields';
import { REDEMPTION_RULE, type RedemptionRule } from './redemption-rule';

const LARGEST_RATE = 1_000_000_000n;

export const setRedemptionRuleSchema = z
  .object({
    ...ruleFields,
    moneyCurrency,
    pointsPerUnit: z.bigint().refine((points) => points >= 1n && points <= LARGEST_RATE, `From 1 to ${LARGEST_RATE} points a unit of money.`),
    minimum: somePoints.nullish().transform((points) => points ?? 1),
    step: somePoints.nullish().transform((points) => points ?? 1),
    maximum: somePoints.nullish().transform((points) => points ?? null),
    share: z
      .object({ numerator: z.number().int().min(1, 'A share is above zero.'), denominator: z.number().int().min(1, 'A denominator is above zero.') })
      .refine(({ numerator, denominator }) => numerator <= denominator, 'A share is at most 1.')
      .nullish()
      .transform((share) => share ?? { numerator: 1, denominator: 1 }),
  })
  .superRefine(({ minimum, step, maximum }, context) => {
    if (maximum === null) return;
    if (maximum < minimum) return context.addIssue({ code: 'custom', path: ['maximum'], message: 'The maximum is not below the minimum.' });
    const fewest = fewestPoints({ minimum: BigInt(minimum), step: BigInt(step) });
    if (fewest <= BigInt(maximum)) return;
    const message = `In steps of ${step} the fewest points are ${fewest}, above the maximum of ${maximum}: nothing could be redeemed.`;
    context.addIssue({ code: 'custom', path: ['maximum'], message });
  });
export type SetRedemptionRule = z.output<typeof setRedemptionRuleSchema>;

/** Adds a version of the brand's redemption rule; the one before it ends where this one starts. Throws RuleStartTaken. */
export async function setRedemptionRule(app: App, principal: Principal, command: SetRedemptionRule): Promise<RedemptionRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const values = {
    money_currency: command.moneyCurrency,
    points_per_unit: command.pointsPerUnit,
    minimum: command.minimum,
    step: command.step,
    maximum: command.maximum,
    share_numerator: command.share.numerator,
    share_denominator: command.share.denominator,
  };
  return addRuleVersion(app, principal, REDEMPTION_RULE, { operation: 'setRedemptionRule', brandId, command, values });
}
