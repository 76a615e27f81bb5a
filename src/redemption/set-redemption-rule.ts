import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, reasonSchema } from '../access/record-change';
import type { App } from '../app';
import { requireCurrency } from '../coalition/require-currency';
import { RuleStartTaken } from '../coalition/rule-start-taken';
import { refusingBy } from '../database/constraint-refusal';
import { newUuid } from '../ids';
import { currencyCode, idempotencyKey, moneyCurrency, somePoints } from '../ledger/request-fields';
import { type RedemptionRule, toRedemptionRule } from './redemption-rule';

const LARGEST_RATE = 1_000_000_000n;

export const setRedemptionRuleSchema = z
  .object({
    idempotencyKey,
    currency: currencyCode,
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
    effectiveFrom: z.date().refine((instant) => instant.getTime() >= 0, 'This lies before 1970.'),
    reason: reasonSchema,
  })
  .refine(({ minimum, maximum }) => maximum === null || maximum >= minimum, { path: ['maximum'], message: 'The maximum is not below the minimum.' });
export type SetRedemptionRule = z.output<typeof setRedemptionRuleSchema>;

/** Adds a version of the brand's redemption rule; the one before it ends where this one starts. Throws RuleStartTaken. */
export async function setRedemptionRule(app: App, principal: Principal, command: SetRedemptionRule): Promise<RedemptionRule> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] });
  const { idempotencyKey: key, reason, ...content } = command;
  const request = { operation: 'setRedemptionRule', idempotencyKey: key, reason, content };
  const { target } = await refusingBy({ redemption_rule_one_start: () => new RuleStartTaken() }, () =>
    createOnce(app, principal, request, async ({ client }) => {
      const currency = requireCurrency(await app.coalition.snapshot(client), content.currency);
      const id = newUuid();
      // Versions are numbered one after the other: two at once wait for each other here instead of taking the same number.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`redemption-rule ${brandId} ${currency.id}`]);
      await client.query(INSERT, [
        id,
        brandId,
        currency.id,
        content.moneyCurrency,
        content.pointsPerUnit,
        content.minimum,
        content.step,
        content.maximum,
        content.share.numerator,
        content.share.denominator,
        content.effectiveFrom,
        app.clock.now(),
      ]);
      return id;
    }),
  );
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query('SELECT * FROM redemption_rule WHERE id = $1', [target]),
  );
  return toRedemptionRule(rows[0]);
}

const INSERT = `
  INSERT INTO redemption_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, minimum, step, maximum,
    share_numerator, share_denominator, effective_from, created_at)
  SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM redemption_rule WHERE brand_id = $2 AND currency_id = $3`;
