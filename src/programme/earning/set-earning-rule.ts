import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { addRuleVersion, ruleFields } from '../../coalition/rules/rule-versions';
import { decimal, moneyCurrency, plainText } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { EARNING_BASES } from './earning-base';
import { AVAILABILITIES, type EarningRule, ROUND_TO } from './earning-rule';
import { EARNING_RULE } from './earning-rules';

const LARGEST = 1_000_000;
const names = z
  .array(plainText(100))
  .max(1_000, 'At most 1,000 entries.')
  .nullish()
  .transform((list) => (list ? [...new Set(list)] : null));

const availabilitySchema = z
  .object({
    kind: z.enum(AVAILABILITIES),
    days: z.int().min(1, 'This is 1 to 730 days.').max(730, 'This is 1 to 730 days.').nullish(),
    date: z.iso.date('Write a day as "2026-07-01".').nullish(),
  })
  .superRefine(({ kind, days, date }, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const counts = kind === 'DELAY' || kind === 'ON_EVENT';
    if (counts && days == null) wrong('days', kind === 'DELAY' ? 'Say after how many days the points can be spent.' : 'Say within how many days you confirm.');
    if (!counts && days != null) wrong('days', 'Only with kind DELAY or ON_EVENT.');
    if (kind === 'FIXED_DATE' && date == null) wrong('date', 'Say from which day on the points can be spent.');
    if (kind !== 'FIXED_DATE' && date != null) wrong('date', 'Only with kind FIXED_DATE.');
  })
  .nullish()
  // At once, said or left out, is the same content.
  .transform((availability) => (availability && availability.kind !== 'IMMEDIATE' ? availability : undefined))
  .optional();

const points = z.number().int().min(0, 'This is not below zero.').max(LARGEST, `At most ${LARGEST} points a unit.`);
/** What was left out, as it once always was, is not in the content. */
const leftOut = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined;

const ruleSchema = z.object({
  ...ruleFields,
  moneyCurrency,
  pointsPerUnit: points.nullish().transform(leftOut).optional(),
  fullSteps: z
    .object({ points, per: decimal(6, { above: 0n, below: 10n ** 15n }, 'A step is above zero, below 1,000,000,000, with at most six decimals.') })
    .nullish()
    .transform(leftOut)
    .optional(),
  roundTo: z.enum(ROUND_TO).nullish().transform(leftOut).optional(),
  multiplier: z
    .object({ numerator: z.number().int().min(0).max(LARGEST), denominator: z.number().int().min(1, 'A denominator is above zero.').max(LARGEST) })
    .nullish()
    .transform((multiplier) => multiplier ?? { numerator: 1, denominator: 1 }),
  earnsOn: z
    .enum(EARNING_BASES)
    .nullish()
    // With tax, said or left out, is the same content.
    .transform((base) => (base === 'NET' ? base : undefined))
    .optional(),
  eligibleCategories: names,
  excludedCategories: names,
  excludedSkus: names,
  availability: availabilitySchema,
});

export const setEarningRuleSchema = ruleSchema.superRefine(({ pointsPerUnit, fullSteps }, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if (pointsPerUnit === undefined && fullSteps === undefined) wrong('pointsPerUnit', 'Say how many points there are: pointsPerUnit, or fullSteps.');
  if (pointsPerUnit !== undefined && fullSteps !== undefined) wrong('fullSteps', 'Send pointsPerUnit or fullSteps, not both.');
});
export type SetEarningRule = z.output<typeof setEarningRuleSchema>;

/** Adds a version of the brand's earning rule for a money; the one before it ends where this one starts. Throws RuleStartTaken, InvalidInput. */
export async function setEarningRule(app: App, principal: Principal, command: SetEarningRule): Promise<EarningRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const values = ({ scale, timeZone }: PointCurrency) => ({
    money_currency: requireMoney(command.moneyCurrency, dayOf(command.effectiveFrom, timeZone), 'input.moneyCurrency'),
    points_per_unit: command.fullSteps?.points ?? command.pointsPerUnit,
    per: command.fullSteps?.per ?? null,
    // A currency that has decimals is earned in them.
    round_to: command.roundTo ?? (scale > 0 ? 'SMALLEST' : 'UNIT'),
    multiplier_numerator: command.multiplier.numerator,
    multiplier_denominator: command.multiplier.denominator,
    earns_on: command.earnsOn ?? 'GROSS',
    eligible_categories: command.eligibleCategories,
    excluded_categories: command.excludedCategories ?? [],
    excluded_skus: command.excludedSkus ?? [],
    availability: command.availability?.kind ?? 'IMMEDIATE',
    availability_days: command.availability?.days ?? null,
    availability_date: command.availability?.date ?? null,
  });
  return addRuleVersion(app, principal, EARNING_RULE, { operation: 'setEarningRule', brandId, command, values });
}
