import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { addRuleVersion, ruleFields } from '../../coalition/rules/rule-versions';
import { somePoints } from '../../ledger/ledger/request-fields';
import { GIFT_RULE, type GiftRule } from './gift-rule';

export const setGiftRuleSchema = z
  .object({
    ...ruleFields,
    minimum: somePoints.nullish().transform((points) => points ?? 1),
    step: somePoints.nullish().transform((points) => points ?? 1),
    dailyMaximum: somePoints.nullish().transform((points) => points ?? null),
  })
  .refine(({ minimum, dailyMaximum }) => dailyMaximum === null || dailyMaximum >= minimum, {
    path: ['dailyMaximum'],
    message: 'The daily maximum is not below the minimum.',
  });
export type SetGiftRule = z.output<typeof setGiftRuleSchema>;

/** Adds a version of the coalition's rule for gifts of a currency; the one before it ends where this one starts. Throws RuleStartTaken. */
export async function setGiftRule(app: App, principal: Principal, command: SetGiftRule): Promise<GiftRule> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const values = { minimum: command.minimum, step: command.step, daily_maximum: command.dailyMaximum };
  return addRuleVersion(app, principal, GIFT_RULE, { operation: 'setGiftRule', brandId: null, command, values: () => values });
}
