import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { plainText } from '../../ledger/ledger/request-fields';
import { isMoneyInForce } from '../../ledger/points/money-currencies';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { NotFound } from '../../platform/refusal';
import { requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import type { PointCurrency } from './coalition-snapshot';
import { codeRefusals } from './create-brand';
import { EXPIRY_KINDS, EXPIRY_ROUNDINGS, PointCurrencyRecord } from './point-currency.entity';

function isTimeZone(name: string): boolean {
  // Offsets such as "+02:00" pass Intl too, but have no summer time and are no name of a place.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

// 29 February is left out: there is not one each year.
const MONTH_DAY = /^(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))$/;

const expirySchema = z
  .object({
    kind: z.enum(EXPIRY_KINDS),
    months: z.int().min(1, 'Points last 1 to 120 months.').max(120, 'Points last 1 to 120 months.').nullish(),
    rounding: z.enum(EXPIRY_ROUNDINGS).nullish(),
    monthDay: z.string().regex(MONTH_DAY, 'A day of every year is written "12-31".').nullish(),
  })
  .superRefine((expiry, context) => {
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const counts = expiry.kind === 'ROLLING' || expiry.kind === 'SLIDING';
    if (counts && expiry.months == null) wrong('months', 'Say after how many months points expire.');
    if (!counts && expiry.months != null) wrong('months', 'Only with kind ROLLING or SLIDING.');
    if (expiry.kind !== 'ROLLING' && expiry.rounding != null) wrong('rounding', 'Only with kind ROLLING.');
    if (expiry.kind === 'FIXED_DATE' && expiry.monthDay == null) wrong('monthDay', 'Say on which day of the year points expire.');
    if (expiry.kind !== 'FIXED_DATE' && expiry.monthDay != null) wrong('monthDay', 'Only with kind FIXED_DATE.');
  });

export const createPointCurrencySchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_-]{1,15}$/, 'A code is 2 to 16 of A-Z, 0-9, _ and -, beginning with a letter.')
    .refine((code) => !isMoneyInForce(code), 'This is the ISO 4217 code of a money. Choose another.'),
  name: z.string().trim().min(1, 'Give the currency a name.').max(200, 'A name has at most 200 characters.').pipe(plainText(200)),
  scale: z.int().min(0, 'A scale is 0 to 4.').max(4, 'A scale is 0 to 4.'),
  timeZone: z.string().max(100).refine(isTimeZone, 'A time zone is its IANA name, such as "Europe/Berlin".'),
  clearingModel: z.enum(['OPERATOR', 'ISSUER']),
  settlementCurrency: z.string().refine(isMoneyInForce, 'A settlement currency is an ISO 4217 code, such as "EUR".'),
  expiry: expirySchema,
  conversionExpiry: z.enum(['KEEP', 'OWN']).nullish(),
  graceDays: z.int().min(0, 'Grace is 0 to 3650 days.').max(3_650, 'Grace is 0 to 3650 days.').nullish(),
  reason: reasonSchema,
});

/** ownerBrandId: the brand whose own currency it is; null for one shared by the coalition. */
export type CreatePointCurrency = z.output<typeof createPointCurrencySchema> & { readonly ownerBrandId: Uuid | null };

/** Of a currency whose operator names none. */
export const DEFAULT_GRACE_DAYS = 30;

/** Makes a points currency, and the money it is settled in where the ledger does not know that yet. */
export async function createPointCurrency(app: App, principal: Principal, command: CreatePointCurrency): Promise<PointCurrency> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const { code, expiry, idempotencyKey, reason, ...content } = command;
  return refusingBy({ currency_code_unique: () => codeRefusals.refuse('CODE_TAKEN', { code }) }, async () => {
    const request = { operation: 'createPointCurrency', idempotencyKey, reason, content: { ...content, code, expiry } };
    const { target } = await createOnce(app, principal, request, async ({ manager, client }) => {
      const { ownerBrandId } = command;
      if (ownerBrandId && (await client.query('SELECT FROM brand WHERE id = $1', [ownerBrandId])).rowCount === 0) throw new NotFound('Brand');
      const { rows } = await client.query<{ id: number }>("INSERT INTO currency (code, kind, scale) VALUES ($1, 'POINTS', $2) RETURNING id", [
        code,
        command.scale,
      ]);
      await manager.insert(PointCurrencyRecord, {
        id: only(rows).id,
        name: command.name,
        ownerBrandId,
        timeZone: command.timeZone,
        clearingModel: command.clearingModel,
        settlementCurrencyId: await moneyCurrency(client, command.settlementCurrency),
        expiryKind: expiry.kind,
        expiryMonths: expiry.months ?? null,
        expiryRounding: expiry.kind === 'ROLLING' ? (expiry.rounding ?? 'NONE') : null,
        expiryMonthDay: expiry.monthDay ?? null,
        graceDays: command.graceDays ?? DEFAULT_GRACE_DAYS,
        conversionExpiry: command.conversionExpiry ?? 'KEEP',
        createdAt: app.clock.now(),
      });
      return code;
    });
    const { currenciesByCode } = await app.database.transaction(databasePrincipal(principal), ({ client }) => app.coalition.snapshot(client));
    const created = currenciesByCode.get(target);
    if (!created) throw new NotFound('Currency');
    return created;
  });
}

/** The ledger's id of a money, counted in micro-units. */
async function moneyCurrency(client: PoolClient, code: string): Promise<number> {
  await client.query("INSERT INTO currency (code, kind, scale) VALUES ($1, 'MONEY', 6) ON CONFLICT (code) DO NOTHING", [code]);
  const { rows } = await client.query<{ id: number }>("SELECT id FROM currency WHERE code = $1 AND kind = 'MONEY'", [code]);
  return only(rows).id;
}
