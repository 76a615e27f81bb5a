import type { ClientBase } from 'pg';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { addMonths, type Day, dayFromIso, dayToIso } from '../../ledger/points/calendar';
import type { RowOf } from '../../platform/database/row-of';
import { derivedUuid, type Uuid } from '../../platform/ids';
import type { PeriodState } from './period-of-event';

/** A calendar month of one points currency, in that currency's time zone. */
export interface Period extends PeriodState {
  readonly id: Uuid;
  readonly currencyId: number;
  readonly startsAt: Date;
  /** The first instant of the next month. */
  readonly endsAt: Date;
  readonly closingAt: Date | null;
  readonly closedAt: Date | null;
  /** Set on a closing month that could not be closed when it was last tried. */
  readonly wait: PeriodWait | null;
}

/** What a closing month waits for, or why it could not be closed. */
export interface PeriodWait {
  readonly for: 'OLDER_TRANSACTION' | 'SET_ASIDE_EVENTS' | 'FAILURE';
  /** One sentence for the operator: what is wrong and what to do. */
  readonly message: string;
  /** Since when it has waited for this. */
  readonly since: Date;
  /** How often it was tried. */
  readonly attempts: number;
}

/** What toPeriod reads, of a period by the name `p`. */
export const PERIOD_COLUMNS = `p.id, p.currency_id, p.month::text, p.starts_at, p.ends_at, p.status, p.close_horizon::text, p.closing_at, p.closed_at,
  p.waits_for, p.waiting_message, p.waiting_since, p.close_attempts`;

type WaitRow =
  | { readonly waits_for: null }
  | { readonly waits_for: PeriodWait['for']; readonly waiting_message: string; readonly waiting_since: Date; readonly close_attempts: number };
export type PeriodRow = RowOf<Omit<Period, 'month' | 'wait'>> & WaitRow & { readonly month: string };

/** The periods of a currency that there are, oldest first. */
export async function readPeriods(client: ClientBase, currencyId: number): Promise<Period[]> {
  const { rows } = await client.query<PeriodRow>({
    name: 'periods-of-currency',
    text: `SELECT ${PERIOD_COLUMNS} FROM period p WHERE currency_id = $1 ORDER BY month`,
    values: [currencyId],
  });
  return rows.map(toPeriod);
}

export async function readPeriod(client: ClientBase, currencyId: number, month: Day): Promise<Period | null> {
  const { rows } = await client.query<PeriodRow>(`SELECT ${PERIOD_COLUMNS} FROM period p WHERE currency_id = $1 AND month = $2::date`, [
    currencyId,
    dayToIso(month),
  ]);
  const [row] = rows;
  return row ? toPeriod(row) : null;
}

/** Reads a period and keeps it as it is until the transaction ends. */
export async function lockPeriod(client: ClientBase, id: Uuid): Promise<Period | null> {
  const { rows } = await client.query<PeriodRow>(`SELECT ${PERIOD_COLUMNS} FROM period p WHERE id = $1 FOR UPDATE`, [id]);
  const [row] = rows;
  return row ? toPeriod(row) : null;
}

/**
 * Opens the month where it is not there yet. Its bounds are the months' starts on the clocks of the currency's time
 * zone.
 */
export async function openPeriod(client: ClientBase, currency: PointCurrency, month: Day): Promise<void> {
  await client.query({
    name: 'open-period',
    text: `INSERT INTO period (id, currency_id, month, starts_at, ends_at, status)
           VALUES ($1, $2, $3::date, $3::date::timestamp AT TIME ZONE $5::text, $4::date::timestamp AT TIME ZONE $5::text, 'OPEN') ON CONFLICT DO NOTHING`,
    values: [periodId(currency.id, month), currency.id, dayToIso(month), dayToIso(addMonths(month, 1)), currency.timeZone],
  });
}

/** The same on every machine: whoever opens a month first gives it this id. */
export function periodId(currencyId: number, month: Day): Uuid {
  return derivedUuid('period', String(currencyId), dayToIso(month));
}

/** 'YYYY-MM' of a month. */
export function monthToText(month: Day): string {
  return dayToIso(month).slice(0, 7);
}

export function toPeriod(row: PeriodRow): Period {
  return {
    id: row.id,
    currencyId: row.currency_id,
    month: dayFromIso(row.month),
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    status: row.status,
    closeHorizon: row.close_horizon === null ? null : BigInt(row.close_horizon),
    closingAt: row.closing_at,
    closedAt: row.closed_at,
    wait: row.waits_for === null ? null : { for: row.waits_for, message: row.waiting_message, since: row.waiting_since, attempts: row.close_attempts },
  };
}
