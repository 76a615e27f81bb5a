import type { ClientBase } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { findCurrency } from '../../coalition/coalition/require-currency';
import { readCursor } from '../../ledger/outbox/journal-cursor';
import { addMonths, type Day, dayFromIso, dayToIso } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { LOCKS, takeLock } from '../../platform/locks';
import { only } from '../../platform/one-of';
import { instant, text, unshown } from '../../platform/refusal-fields';
import { CLEARING } from '../clearing/clear-events';
import { monthToBook } from '../clearing/period-of-event';
import { lockPeriod, monthToText, openPeriod, type Period, periodId, readPeriods } from '../clearing/periods';

/** What is refused where a month is closed. */
export const closePeriodRefusals = refusals(
  defineRefusal('PERIOD_NOT_ENDED', {
    description: 'The month still goes on.',
    retrySafe: true,
    fields: { endsAt: instant('The first instant at which it can be closed.'), month: unshown<string>() },
    discloses: 'NOBODY',
    message: ({ month, endsAt }) => `${month} ends at ${endsAt}. Close it after that.`,
  }),
  defineRefusal('EARLIER_PERIOD_OPEN', {
    description: 'An earlier month has events and is not closed yet; months are closed in order.',
    retrySafe: true,
    fields: { openMonth: text('The month to close first, "YYYY-MM".'), month: unshown<string>() },
    discloses: 'NOBODY',
    message: ({ month, openMonth }) => `${openMonth} has events and is not closed yet. Close it before ${month}.`,
  }),
  defineRefusal('LATER_PERIOD_CLOSED', {
    description: 'A later month is closed already, and this one had no events.',
    retrySafe: false,
    fields: { closedMonth: text('The later month, "YYYY-MM".'), month: unshown<string>() },
    discloses: 'NOBODY',
    message: ({ month, closedMonth }) => `${closedMonth} is already closed; ${month} had no events and can no longer be closed.`,
  }),
);

export const monthInput = z
  .string()
  .regex(/^(19|20)\d\d-(0[1-9]|1[0-2])$/, 'Write the month as YYYY-MM.')
  .transform((text): Day => dayFromIso(`${text}-01`));

export const closePeriodInput = z.object({ currency: z.string().min(1).max(16), month: monthInput });

/** Code of the points currency, and first day of the month to close. */
export type ClosePeriod = z.output<typeof closePeriodInput>;

/**
 * Begins to close a month by setting the cut-off: everything posted before is cleared into it, everything after adjusts
 * a later one. The worker draws up the statements once clearing has passed it. A month that is closing already is tried
 * again at once; a closed one is given as it is. For the operator's OPERATOR and FINANCE roles. Refuses as
 * closePeriodRefusals lists.
 */
export async function closePeriod(app: App, principal: Principal, command: ClosePeriod): Promise<Period> {
  requireOperator(principal, ['FINANCE']);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { client } = tx;
    const currency = findCurrency(await app.coalition.snapshot(client), command.currency);
    const now = app.clock.now();
    const endsAt = await endOfMonth(client, currency, command.month);
    if (now < endsAt) throw closePeriodRefusals.refuse('PERIOD_NOT_ENDED', { month: monthToText(command.month), endsAt });
    // Two months of a currency closed at once would not see each other, and both would carry on what the month before
    // left.
    await takeLock(client, LOCKS.CLOSE_PERIOD, currency.id);
    await openPeriod(client, currency, command.month);
    const id = periodId(currency.id, command.month);
    const period = await lockPeriod(client, id);
    if (!period) throw new Error(`period ${id} cannot be opened`);
    // Whoever asks again has mended something: it is tried at once.
    if (period.status === 'CLOSING') await client.query('UPDATE period SET next_attempt_at = NULL WHERE id = $1', [id]);
    if (period.status !== 'OPEN') return period;
    await requireNextToClose(client, currency, command.month);
    // The cut-off is this transaction's own id. While it runs, nothing at or beyond it counts as settled: whoever
    // clears such an event already sees the month closing. What had begun to be written before is waited for.
    await client.query(`UPDATE period SET status = 'CLOSING', close_horizon = pg_current_xact_id(), closing_at = $2 WHERE id = $1`, [id, now]);
    await recordChange(app, tx, principal, { operation: 'closePeriod', target: id, details: { currency: currency.code, month: monthToText(command.month) } });
    return (await lockPeriod(client, id)) as Period;
  });
}

async function endOfMonth(client: ClientBase, currency: PointCurrency, month: Day): Promise<Date> {
  const { rows } = await client.query<{ ends_at: Date }>('SELECT $1::date::timestamp AT TIME ZONE $2::text AS ends_at', [
    dayToIso(addMonths(month, 1)),
    currency.timeZone,
  ]);
  return only(rows).ends_at;
}

async function requireNextToClose(client: ClientBase, currency: PointCurrency, month: Day): Promise<void> {
  const periods = await readPeriods(client, currency.id);
  const later = periods.find((period) => period.month > month && period.status !== 'OPEN');
  if (later) throw closePeriodRefusals.refuse('LATER_PERIOD_CLOSED', { month: monthToText(month), closedMonth: monthToText(later.month) });
  const open = periods.find((period) => period.month < month && period.status === 'OPEN')?.month ?? (await earliestUncleared(client, currency, month, periods));
  if (open !== null) throw closePeriodRefusals.refuse('EARLIER_PERIOD_OPEN', { month: monthToText(month), openMonth: monthToText(open) });
}

/**
 * An earlier month of which nothing is cleared yet has no period. Its events are still in the journal, beyond
 * clearing's cursor.
 */
async function earliestUncleared(client: ClientBase, currency: PointCurrency, month: Day, periods: readonly Period[]): Promise<Day | null> {
  const { position } = await readCursor(client, CLEARING);
  const { rows } = await client.query<{ month: string }>(
    `SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE $3::text)::date::text AS month FROM transfer
     WHERE xid >= $1::xid8 AND currency_id = $2 AND occurred_at < $4::date::timestamp AT TIME ZONE $3::text`,
    [position.toString(), currency.id, currency.timeZone, dayToIso(month)],
  );
  const booked = rows.map((row) => monthToBook(dayFromIso(row.month), BigInt(Number.MAX_SAFE_INTEGER), periods)).filter((each) => each < month);
  return booked.length > 0 ? Math.min(...booked) : null;
}
