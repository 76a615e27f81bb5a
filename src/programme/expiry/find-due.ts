import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { AccountId } from '../../ledger/ledger/posting';
import { type Day, dayFromIso, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';

/** Local day in the time zone of each currency, by its id. */
export type LocalDays = ReadonlyMap<number, Day>;

/** A wallet or pool in which something has ended by its currency's local day. */
export interface DueAccount {
  readonly account: AccountId;
  readonly currencyId: number;
  readonly day: Day;
  /** Points to be booked as expired; otherwise there is only something to clear away. */
  readonly hasPoints: boolean;
}

/** Where a page ends, in the order of the index that it came from: a day and an account. */
export interface Place {
  readonly on: string;
  readonly account: string;
}

export interface DuePage {
  readonly found: readonly DueAccount[];
  /** null: nothing comes after it. */
  readonly next: Place | null;
}

/**
 * Accounts with lots whose own day has come. A page costs its own length: each is found once a day on which lots of it
 * ended.
 */
export function dueByLot(app: App, days: LocalDays, after: Place | null, limit: number): Promise<DuePage> {
  return readPage(app, DUE_LOTS, days, after, limit);
}

/** Accounts that nothing has happened in for so long that all their points have ended. */
export function dueBySlide(app: App, days: LocalDays, after: Place | null, limit: number): Promise<DuePage> {
  return readPage(app, DUE_SLIDES, days, after, limit);
}

interface DueQuery {
  readonly name: string;
  readonly text: string;
}

async function readPage(app: App, due: DueQuery, days: LocalDays, after: Place | null, limit: number): Promise<DuePage> {
  const { rows } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    // Row-level security hides from the planner that the range is short. Without this it may read all lots of all
    // accounts instead.
    await client.query("SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)");
    const values = [
      [...days.keys()],
      [...days.values()].map(dayToIso),
      dayToIso(Math.max(...days.values())),
      after?.on ?? '-infinity',
      after?.account ?? '0',
      limit,
    ];
    return client.query<{ on: string; account_id: string; currency_id: number; has_points: boolean; is_due: boolean }>({ ...due, values });
  });
  const last = rows.at(-1);
  return {
    found: rows
      .filter((row) => row.is_due)
      .map((row) => ({ account: Number(row.account_id), currencyId: row.currency_id, day: days.get(row.currency_id) as Day, hasPoints: row.has_points })),
    next: !last || rows.length < limit ? null : { on: last.on, account: last.account_id },
  };
}

// The day is another in each time zone. The range reaches to the latest of them, and each account is judged by its own.
// Points that wait to be confirmed do not expire: they are taken back.
const DUE_LOTS: DueQuery = {
  name: 'due-lots',
  text: `
  WITH page AS (
    SELECT l.expires_on, l.account_id, bool_or(l.remaining > 0 AND l.available_on < 'infinity') AS has_points
    FROM lot l WHERE l.expires_on <= $3::date AND l.expires_on < 'infinity' AND (l.expires_on, l.account_id) > ($4::date, $5::bigint)
    GROUP BY l.expires_on, l.account_id ORDER BY l.expires_on, l.account_id LIMIT $6)
  SELECT p.expires_on::text AS on, p.account_id, a.currency_id, p.has_points, p.expires_on <= d.day AS is_due
  FROM page p JOIN account a ON a.id = p.account_id JOIN unnest($1::smallint[], $2::date[]) AS d (currency_id, day) ON d.currency_id = a.currency_id
  ORDER BY p.expires_on, p.account_id`,
};
const DUE_SLIDES: DueQuery = {
  name: 'due-slides',
  text: `
  WITH page AS (
    SELECT a.slides_until, a.id, a.currency_id FROM account a
    WHERE a.slides_until <= $3::date AND a.slides_until < 'infinity' AND a.merged_into IS NULL AND (a.slides_until, a.id) > ($4::date, $5::bigint)
    ORDER BY a.slides_until, a.id LIMIT $6)
  SELECT p.slides_until::text AS on, p.id AS account_id, p.currency_id, p.slides_until <= d.day AS is_due,
    EXISTS (SELECT FROM lot l WHERE l.account_id = p.id AND l.remaining > 0 AND l.available_on < 'infinity') AS has_points
  FROM page p JOIN unnest($1::smallint[], $2::date[]) AS d (currency_id, day) ON d.currency_id = p.currency_id
  ORDER BY p.slides_until, p.id`,
};

/** Points of an account that ended on one local day, and whose they were. */
export interface Ended {
  readonly on: Day;
  readonly issuers: readonly Uuid[];
}

/**
 * What has ended in each account and is not booked, the day that came first before the others. It is read beforehand:
 * an issuer that comes in between is passed over, and booked the next day.
 */
export async function endedIn(app: App, due: readonly DueAccount[]): Promise<Map<AccountId, Ended[]>> {
  const { rows } = await app.database.transaction({ kind: 'worker' }, ({ client }) => readEnded(client, due));
  const ended = new Map<AccountId, Ended[]>();
  for (const row of rows) {
    const account = Number(row.account_id);
    ended.set(account, [...(ended.get(account) ?? []), { on: dayFromIso(row.on), issuers: row.issuers }]);
  }
  return ended;
}

function readEnded(client: PoolClient, due: readonly DueAccount[]) {
  return client.query<{ account_id: string; on: string; issuers: Uuid[] }>({
    name: 'ended-points',
    text: `SELECT l.account_id, least(l.expires_on, a.slides_until)::text AS on, array_agg(DISTINCT o.issuer_id) AS issuers
      FROM unnest($1::bigint[], $2::date[]) AS d (account_id, day) JOIN account a ON a.id = d.account_id
      JOIN lot l ON l.account_id = d.account_id JOIN lot_origin o ON o.id = l.origin_id
      WHERE l.remaining > 0 AND l.available_on < 'infinity' AND least(l.expires_on, a.slides_until) <= d.day
      GROUP BY l.account_id, least(l.expires_on, a.slides_until) ORDER BY l.account_id, least(l.expires_on, a.slides_until)`,
    values: [due.map(({ account }) => account), due.map(({ day }) => dayToIso(day))],
  });
}
