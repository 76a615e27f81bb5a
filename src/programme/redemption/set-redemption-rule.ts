import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { fewestPoints } from '../../coalition/coalition/amount-limits';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { addRuleVersion, ruleFields } from '../../coalition/rules/rule-versions';
import { decimal, moneyCurrency, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { REDEMPTION_RULE, type RedemptionRule } from './redemption-rule';

const LARGEST_RATE = 1_000_000_000n;
const rate = z.bigint().refine((points) => points >= 1n && points <= LARGEST_RATE, `From 1 to ${LARGEST_RATE} points a unit of money.`);
const MICROS_PER_UNIT = 1_000_000n;
/** What was left out, as it once always was, is not in the content. */
const leftOut = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined;

export const setRedemptionRuleSchema = z
  .object({
    ...ruleFields,
    moneyCurrency,
    pointsPerUnit: rate.nullish().transform(leftOut).optional(),
    worth: z
      .object({
        points: rate,
        amount: decimal(6, { above: 0n, below: 10n ** 15n }, 'An amount is above zero, below 1,000,000,000, with at most six decimals.'),
      })
      .nullish()
      .transform(leftOut)
      .optional(),
    minimum: somePoints.nullish().transform((points) => points ?? 1),
    step: somePoints.nullish().transform((points) => points ?? 1),
    maximum: somePoints.nullish().transform((points) => points ?? null),
    share: z
      .object({ numerator: z.number().int().min(1, 'A share is above zero.'), denominator: z.number().int().min(1, 'A denominator is above zero.') })
      .refine(({ numerator, denominator }) => numerator <= denominator, 'A share is at most 1.')
      .nullish()
      .transform((share) => share ?? { numerator: 1, denominator: 1 }),
  })
  .superRefine(({ pointsPerUnit, worth }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (pointsPerUnit === undefined && worth === undefined) wrong('pointsPerUnit', 'Say what points are worth: pointsPerUnit, or worth.');
    if (pointsPerUnit !== undefined && worth !== undefined) wrong('worth', 'Send pointsPerUnit or worth, not both.');
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

/** Adds a version of the brand's redemption rule for a money; the one before it ends where this one starts. Throws RuleStartTaken, InvalidInput. */
export async function setRedemptionRule(app: App, principal: Principal, command: SetRedemptionRule): Promise<RedemptionRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const values = ({ timeZone }: PointCurrency) => ({
    money_currency: requireMoney(command.moneyCurrency, dayOf(command.effectiveFrom, timeZone), 'input.moneyCurrency'),
    points_per_unit: command.worth?.points ?? command.pointsPerUnit,
    worth: command.worth?.amount ?? MICROS_PER_UNIT,
    minimum: command.minimum,
    step: command.step,
    maximum: command.maximum,
    share_numerator: command.share.numerator,
    share_denominator: command.share.denominator,
  });
  return addRuleVersion(app, principal, REDEMPTION_RULE, { operation: 'setRedemptionRule', brandId, command, values });
}
