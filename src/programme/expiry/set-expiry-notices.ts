import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { currencyCode } from '../../ledger/ledger/request-fields';
import { NotFound } from '../../platform/refusal';

export const setExpiryNoticesSchema = z.object({
  currency: currencyCode,
  days: z
    .array(z.int().min(1, 'This is 1 to 730 days.').max(730, 'This is 1 to 730 days.'))
    .max(10, 'At most 10 thresholds.')
    .refine((days) => new Set(days).size === days.length, 'Each threshold is named once.')
    .transform((days) => [...days].sort((a, b) => b - a)),
  reason: reasonSchema,
});
export type SetExpiryNotices = z.output<typeof setExpiryNoticesSchema>;

/**
 * How many days before points of a currency expire their members are told; none: never. For what is told from now on.
 * Throws InvalidInput (currency).
 */
export async function setExpiryNotices(app: App, principal: Principal, command: SetExpiryNotices): Promise<PointCurrency> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const noticeDays = command.days;
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const currency = requireCurrency(await app.coalition.snapshot(tx.client), command.currency);
    const { rows } = await tx.client.query<{ notice_days: number[] }>('SELECT notice_days FROM point_currency WHERE id = $1 FOR UPDATE', [currency.id]);
    // Whoever may not write a row cannot lock it either.
    const [before] = rows;
    if (!before) throw new NotFound('Currency');
    // Nothing new: neither an audit entry nor a new version of the coalition.
    if (before.notice_days.join() === noticeDays.join()) return { ...currency, noticeDays };
    await tx.client.query('UPDATE point_currency SET notice_days = $2 WHERE id = $1', [currency.id, noticeDays]);
    const change = { operation: 'setExpiryNotices', target: currency.code, reason: command.reason, details: { days: noticeDays.join(', ') } };
    await recordChange(app, tx, principal, change);
    return { ...currency, noticeDays };
  });
}
