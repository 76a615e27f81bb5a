import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, reasonSchema } from '../access/record-change';
import type { App } from '../app';
import { requireCurrency } from '../coalition/require-currency';
import { RuleStartTaken } from '../coalition/rule-start-taken';
import { refusingBy } from '../database/constraint-refusal';
import { newUuid } from '../ids';
import { currencyCode, idempotencyKey, moneyCurrency, plainText } from '../ledger/request-fields';
import type { EarningRule } from './earning-rule';
import { toEarningRule } from './earning-rules';

const LARGEST = 1_000_000;
const names = z
  .array(plainText(100))
  .max(1_000, 'At most 1,000 entries.')
  .nullish()
  .transform((list) => (list ? [...new Set(list)] : null));

export const setEarningRuleSchema = z.object({
  idempotencyKey,
  currency: currencyCode,
  moneyCurrency,
  pointsPerUnit: z.number().int().min(0, 'This is not below zero.').max(LARGEST, `At most ${LARGEST} points a unit.`),
  multiplier: z
    .object({ numerator: z.number().int().min(0).max(LARGEST), denominator: z.number().int().min(1, 'A denominator is above zero.').max(LARGEST) })
    .nullish()
    .transform((multiplier) => multiplier ?? { numerator: 1, denominator: 1 }),
  eligibleCategories: names,
  excludedCategories: names,
  excludedSkus: names,
  effectiveFrom: z.date().refine((instant) => instant.getTime() >= 0, 'This lies before 1970.'),
  reason: reasonSchema,
});
export type SetEarningRule = z.output<typeof setEarningRuleSchema>;

/** Adds a version of the brand's earning rule; the one before it ends where this one starts. Throws RuleStartTaken. */
export async function setEarningRule(app: App, principal: Principal, command: SetEarningRule): Promise<EarningRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const { idempotencyKey: key, reason, ...content } = command;
  const request = { operation: 'setEarningRule', idempotencyKey: key, reason, content };
  const { target } = await refusingBy({ earning_rule_one_start: () => new RuleStartTaken() }, () =>
    createOnce(app, principal, request, async ({ client }) => {
      const currency = requireCurrency(await app.coalition.snapshot(client), content.currency);
      const id = newUuid();
      // Versions are numbered one after the other: two at once wait for each other here instead of taking the same number.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`earning-rule ${brandId} ${currency.id}`]);
      await client.query(INSERT, [
        id,
        brandId,
        currency.id,
        content.moneyCurrency,
        content.pointsPerUnit,
        content.multiplier.numerator,
        content.multiplier.denominator,
        content.eligibleCategories,
        content.excludedCategories ?? [],
        content.excludedSkus ?? [],
        content.effectiveFrom,
        app.clock.now(),
      ]);
      return id;
    }),
  );
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query('SELECT * FROM earning_rule WHERE id = $1', [target]),
  );
  return toEarningRule(rows[0]);
}

const INSERT = `
  INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, multiplier_numerator, multiplier_denominator,
    eligible_categories, excluded_categories, excluded_skus, effective_from, created_at)
  SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM earning_rule WHERE brand_id = $2 AND currency_id = $3`;
