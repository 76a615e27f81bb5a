import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import type { Principal } from '../access/principal';
import type { App } from '../app';
import { addRuleVersion, ruleFields } from '../coalition/rule-versions';
import { moneyCurrency, plainText } from '../ledger/request-fields';
import { EARNING_BASES } from './earning-base';
import { AVAILABILITIES, type EarningRule } from './earning-rule';
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

export const setEarningRuleSchema = z.object({
  ...ruleFields,
  moneyCurrency,
  pointsPerUnit: z.number().int().min(0, 'This is not below zero.').max(LARGEST, `At most ${LARGEST} points a unit.`),
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
export type SetEarningRule = z.output<typeof setEarningRuleSchema>;

/** Adds a version of the brand's earning rule; the one before it ends where this one starts. Throws RuleStartTaken. */
export async function setEarningRule(app: App, principal: Principal, command: SetEarningRule): Promise<EarningRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const values = {
    money_currency: command.moneyCurrency,
    points_per_unit: command.pointsPerUnit,
    multiplier_numerator: command.multiplier.numerator,
    multiplier_denominator: command.multiplier.denominator,
    earns_on: command.earnsOn ?? 'GROSS',
    eligible_categories: command.eligibleCategories,
    excluded_categories: command.excludedCategories ?? [],
    excluded_skus: command.excludedSkus ?? [],
    availability: command.availability?.kind ?? 'IMMEDIATE',
    availability_days: command.availability?.days ?? null,
    availability_date: command.availability?.date ?? null,
  };
  return addRuleVersion(app, principal, EARNING_RULE, { operation: 'setEarningRule', brandId, command, values });
}
