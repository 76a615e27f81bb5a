import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { type Day, dayOf, dayToIso } from '../../ledger/points/calendar';
import { doneUpTo, setDone } from './progress';

/** Accounts at a time. */
const BATCH = 500;

/** A currency whose members are to be told today. */
interface Telling {
  readonly currency: PointCurrency;
  /** Local. */
  readonly today: Day;
}

/**
 * Notes, once a local day for each currency, whose points are about to expire: each lot once at each threshold. When
 * days were missed a lot is told of once, at the threshold that it is at now. May be killed, late, or run twice at
 * once: a notice is a row that can exist once. Returns how many notices were given.
 */
export async function giveNotices(app: App): Promise<number> {
  const now = app.clock.now();
  const worker = <T>(work: (client: PoolClient) => Promise<T>) => app.database.transaction({ kind: 'worker' }, ({ client }) => work(client));
  const tellings = await worker(async (client) => {
    const found: Telling[] = [];
    for (const currency of (await app.coalition.snapshot(client)).currenciesById.values()) {
      const today = dayOf(now, currency.timeZone);
      if ((await doneUpTo(client, currency.id, 'NOTICES')) < today) found.push({ currency, today });
    }
    return found;
  });
  const told = tellings.filter(({ currency }) => currency.noticeDays.length > 0);
  let given = 0;
  for (const ending of told.length > 0 ? [ENDING_LOTS, ENDING_WALLETS] : []) {
    let after: Ending | null = { on: dayToIso(Math.min(...told.map(({ today }) => today))), account_id: LAST_ACCOUNT };
    const until = dayToIso(Math.max(...told.map(({ today, currency }) => today + Math.max(...currency.noticeDays))));
    while (after) {
      const from: Ending = after;
      const page = await worker(async (client) => {
        await client.query("SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)");
        const { rows } = await client.query<Ending & { currency_id: number }>(ending, [from.on, from.account_id, until, BATCH]);
        let inserted = 0;
        for (const telling of told) {
          const own = rows.filter((row) => row.currency_id === telling.currency.id);
          if (own.length > 0) inserted += await tell(client, telling, own, now);
        }
        return { inserted, last: rows.length < BATCH ? null : (rows.at(-1) ?? null) };
      });
      given += page.inserted;
      after = page.last;
    }
  }
  await worker(async (client) => {
    for (const { currency, today } of tellings) await setDone(client, currency.id, 'NOTICES', today);
  });
  if (given > 0) app.log.info({ notices: given }, 'points are about to expire, and their members are told');
  return given;
}

/** An account and a day on which something of it ends. */
interface Ending {
  readonly on: string;
  readonly account_id: string;
}

async function tell(client: PoolClient, { currency, today }: Telling, endings: readonly Ending[], now: Date): Promise<number> {
  const values = [endings.map((each) => each.account_id), endings.map((each) => each.on), currency.noticeDays, dayToIso(today), now];
  return (await client.query(TELL, values)).rowCount ?? 0;
}

/** After every account. */
const LAST_ACCOUNT = '9223372036854775807';

// The range is read alone, in the order of its index, so that a page costs its own length. The currency is looked up
// afterwards.
const ENDING_LOTS = `
  WITH page AS MATERIALIZED (
    SELECT l.expires_on, l.account_id FROM lot l
    WHERE (l.expires_on, l.account_id) > ($1::date, $2::bigint) AND l.expires_on <= $3::date AND l.expires_on < 'infinity'
      AND l.remaining > 0 AND l.available_on < 'infinity'
    GROUP BY l.expires_on, l.account_id ORDER BY l.expires_on, l.account_id LIMIT $4)
  SELECT p.expires_on::text AS on, p.account_id, a.currency_id FROM page p JOIN account a ON a.id = p.account_id ORDER BY p.expires_on, p.account_id`;
const ENDING_WALLETS = `
  SELECT a.slides_until::text AS on, a.id AS account_id, a.currency_id FROM account a
  WHERE (a.slides_until, a.id) > ($1::date, $2::bigint) AND a.slides_until <= $3::date AND a.slides_until < 'infinity'
  ORDER BY a.slides_until, a.id LIMIT $4`;

// The nearest threshold that a lot has reached. The key says whether it was told of before. Of a pool's lots, whoever
// put them in is told.
const TELL = `
  INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
  SELECT gen_random_uuid(), coalesce(c.owner_id, a.owner_id), a.id, a.currency_id, l.origin_id, l.available_on, l.contributor_id, e.ends_on, t.days, l.remaining, $5
  FROM unnest($1::bigint[], $2::date[]) AS e (account_id, ends_on) JOIN account a ON a.id = e.account_id JOIN lot l ON l.account_id = a.id
  LEFT JOIN account c ON c.id = l.contributor_id
  CROSS JOIN LATERAL (SELECT min(n.days) AS days FROM unnest($3::smallint[]) AS n (days) WHERE $4::date + n.days >= e.ends_on) t
  WHERE least(l.expires_on, a.slides_until) = e.ends_on AND e.ends_on > $4::date AND l.remaining > 0 AND l.available_on < 'infinity' AND t.days IS NOT NULL
  ON CONFLICT DO NOTHING`;
