import type { ClientBase } from 'pg';
import type { App } from '../../app';
import { currencyById } from '../../coalition/coalition/require-currency';
import { readCursor } from '../../ledger/outbox/journal-cursor';
import { nextRanges } from '../../ledger/outbox/next-ranges';
import { addMonths, type Day, dayFromIso, dayOf, dayToIso } from '../../ledger/points/calendar';
import type { RowOf } from '../../platform/database/row-of';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { CLEARING, clearRange } from '../clearing/clear-events';
import { lockPeriod, PERIOD_COLUMNS, type Period, type PeriodRow, type PeriodWait, toPeriod } from '../clearing/periods';
import { setAsideBefore } from '../clearing/set-aside-events';
import { partiesOfMonth } from './parties-of-month';
import { drawUpStatements, type ObligationSum, type Statement } from './statement';

/** The periods whose statements are still to be drawn up, oldest first. */
async function closingPeriods(client: ClientBase): Promise<Period[]> {
  const { rows } = await client.query<PeriodRow>({
    name: 'closing-periods',
    text: `SELECT ${PERIOD_COLUMNS} FROM period p WHERE status = 'CLOSING' ORDER BY month, currency_id`,
  });
  return rows.map(toPeriod);
}

/** What stands in the way of a close. */
export type CloseObstacle = Pick<PeriodWait, 'for' | 'message'>;

/**
 * Draws up the statements of a closing month, and of those of its currency that are closing before it. Clears what is
 * left up to the cut-off, sums the money ledger's obligations (never the points events again), and freezes one
 * statement a brand, all in one transaction. Null once that is done; else what stands in its way: try again later.
 * Called twice or by two workers, it is done once.
 */
export async function completeClose(app: App, id: Uuid): Promise<CloseObstacle | null> {
  const closing = await app.database.transaction({ kind: 'worker' }, ({ client }) => closingPeriods(client));
  const last = closing.find((period) => period.id === id);
  if (!last) return null;
  for (const period of closing.filter(({ currencyId, month }) => currencyId === last.currencyId && month <= last.month)) {
    if (!(await clearUpToHorizon(app, period.closeHorizon ?? 0n)))
      return { for: 'OLDER_TRANSACTION', message: 'A transaction that began before the cut-off is still writing. The month closes once it has ended.' };
    const obstacle = await freezeStatements(app, period.id);
    if (obstacle) return obstacle;
  }
  return null;
}

/**
 * True once clearing has passed the cut-off. It does not rely on the queue: what is not cleared yet is cleared here.
 */
async function clearUpToHorizon(app: App, horizon: bigint): Promise<boolean> {
  for (;;) {
    const { position, range } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
      const cursor = await readCursor(client, CLEARING);
      return { position: cursor.position, range: (await nextRanges(client, cursor.position))[0] };
    });
    if (position >= horizon) return true;
    // Without any transfer left, the cursor moves over empty journal up to the cut-off.
    const cleared = await clearRange(app, range ?? { from: position, to: horizon });
    if (cleared.position <= position) return false;
  }
}

async function freezeStatements(app: App, id: Uuid): Promise<CloseObstacle | null> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    // A large month takes as long as it takes.
    await client.query('SET LOCAL statement_timeout = 0');
    const period = await lockPeriod(client, id);
    if (period?.status !== 'CLOSING') return null;
    const { epoch } = await readCursor(client, CLEARING);
    const aside = await setAsideBefore(client, period.currencyId, { epoch, position: period.closeHorizon ?? 0n });
    if (aside)
      return {
        for: 'SET_ASIDE_EVENTS',
        message: `${aside.events} events cannot be priced and are set aside; the first because: ${aside.reason}. Mend the cause; they are tried again every minute, or at once by retrySetAsideEvents.`,
      };
    const snapshot = await app.coalition.snapshot(client);
    const currency = currencyById(snapshot, period.currencyId);
    const sums = await sumObligations(client, period);
    const parties = partiesOfMonth(snapshot, currency, period, sums, await carriedRemainders(client, period));
    const { code, scale, settlementCurrency, clearingModel, timeZone } = currency;
    const now = app.clock.now();
    const stated = {
      currency: code,
      scale,
      settlementCurrency,
      clearingModel,
      timeZone,
      month: period.month,
      payableFrom: payableFrom(period.month, now, timeZone),
    };
    const statements = drawUpStatements(stated, parties, sums);
    await insertStatements(client, period, statements, now);
    await client.query(`UPDATE period SET status = 'CLOSED', closed_at = $2, waits_for = NULL, waiting_message = NULL, waiting_since = NULL WHERE id = $1`, [
      id,
      now,
    ]);
    return null;
  });
}

/** The local day from which payment days count: the month's last, or the day on which it closes where that is later. */
function payableFrom(month: Day, closedAt: Date, timeZone: string): Day {
  return Math.max(addMonths(month, 1) - 1, dayOf(closedAt, timeZone));
}

type SumRow = RowOf<Omit<ObligationSum, 'adjustsMonth'>> & { readonly adjusts_month: string | null; readonly disagrees: string | null };

/** Money is taken from the money ledger's transfers; an obligation that disagrees with its transfer stops the close. */
async function sumObligations(client: ClientBase, period: Period): Promise<ObligationSum[]> {
  const { rows } = await client.query<SumRow>(
    `SELECT o.kind, o.debtor_brand_id AS debtor_id, o.creditor_brand_id AS creditor_id, o.issuer_brand_id AS issuer_id, o.redeemer_brand_id AS redeemer_id,
       o.price::text, o.adjusts_month::text,
       sum(o.points)::text AS points, coalesce(sum(t.amount), 0)::text AS amount, count(*)::int AS entries,
       min(o.event_transfer_id::text) FILTER (WHERE coalesce(t.amount, 0) <> o.amount) AS disagrees
     FROM obligation o LEFT JOIN transfer t ON t.id = o.money_transfer_id
     WHERE o.period_id = $1
     GROUP BY o.kind, o.debtor_brand_id, o.creditor_brand_id, o.issuer_brand_id, o.redeemer_brand_id, o.price, o.adjusts_month`,
    [period.id],
  );
  return rows.map((row) => {
    if (row.disagrees) throw new Error(`the obligation of event ${row.disagrees} and its money transfer disagree`);
    return {
      kind: row.kind,
      debtorId: row.debtor_id,
      creditorId: row.creditor_id,
      issuerId: row.issuer_id,
      redeemerId: row.redeemer_id,
      price: BigInt(row.price),
      adjustsMonth: row.adjusts_month === null ? null : dayFromIso(row.adjusts_month),
      points: BigInt(row.points),
      amount: BigInt(row.amount),
      entries: row.entries,
    };
  });
}

/** What rounding left of each brand's last statement. */
async function carriedRemainders(client: ClientBase, period: Period): Promise<Map<Uuid, bigint>> {
  const { rows } = await client.query<{ brand_id: Uuid; carried: string }>(
    `SELECT s.brand_id, s.carried_remainder::text AS carried FROM statement s
     WHERE s.period_id = (SELECT id FROM period WHERE currency_id = $1 AND month < $2::date AND status IN ('CLOSED', 'SETTLED') ORDER BY month DESC LIMIT 1)`,
    [period.currencyId, dayToIso(period.month)],
  );
  return new Map(rows.map((row) => [row.brand_id, BigInt(row.carried)]));
}

async function insertStatements(client: ClientBase, period: Period, statements: readonly Statement[], now: Date): Promise<void> {
  for (const { brandId, net, payableMinor, carried, dueOn, content, hash } of statements)
    await client.query(
      `INSERT INTO statement (id, period_id, brand_id, net, payable_minor, carried_remainder, due_on, content, hash, closed_at)
       VALUES ($1, $2, $3, $4::bigint, $5::bigint, $6::bigint, $7::date, $8, $9, $10)`,
      [
        derivedUuid('statement', period.id, brandId),
        period.id,
        brandId,
        net.toString(),
        payableMinor.toString(),
        carried.toString(),
        dayToIso(dueOn),
        content,
        hash,
        now,
      ],
    );
}
