import type { PoolClient } from 'pg';
import type { App } from '../app';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import { dayOf, dayToIso } from '../points/calendar';
import { doneUpTo, setDone } from './progress';

/** Accounts at a time. */
const BATCH = 500;
/** Notices are kept until so many days after the points have ended. */
const KEPT_DAYS = 400;

/**
 * Notes, once a local day for each currency, whose points are about to expire: each lot once at each threshold. When days were missed a lot is told
 * of once, at the threshold that it is at now. May be killed, late, or run twice at once: a notice is a row that can exist once.
 * Returns how many notices were given.
 */
export async function giveNotices(app: App): Promise<number> {
  const now = app.clock.now();
  const { currenciesById } = await app.database.transaction({ kind: 'worker' }, ({ client }) => app.coalition.snapshot(client));
  let given = 0;
  for (const currency of currenciesById.values()) given += await giveNoticesOf(app, currency, now);
  if (given > 0) app.log.info({ notices: given }, 'points are about to expire, and their members are told');
  return given;
}

async function giveNoticesOf(app: App, currency: PointCurrency, now: Date): Promise<number> {
  const today = dayOf(now, currency.timeZone);
  const worker = <T>(work: (client: PoolClient) => Promise<T>) => app.database.transaction({ kind: 'worker' }, ({ client }) => work(client));
  if ((await worker((client) => doneUpTo(client, currency.id, 'NOTICES'))) >= today) return 0;
  let given = 0;
  const furthest = Math.max(0, ...currency.noticeDays);
  for (const ending of furthest > 0 ? [ENDING_LOTS, ENDING_WALLETS] : []) {
    let after: { on: string; account: string } | null = { on: dayToIso(today), account: LAST_ACCOUNT };
    while (after) {
      const from: { on: string; account: string } = after;
      const page = await worker(async (client) => {
        const { rows } = await client.query(ending, [currency.id, from.on, from.account, dayToIso(today + furthest), BATCH]);
        const accounts = [...new Set(rows.map((row) => row.account_id))];
        const told = await client.query(TELL, [accounts, currency.noticeDays, dayToIso(today), now]);
        return { told: told.rowCount ?? 0, last: rows.length < BATCH ? null : rows[rows.length - 1] };
      });
      given += page.told;
      after = page.last && { on: page.last.on, account: page.last.account_id };
    }
  }
  await worker(async (client) => {
    await client.query('DELETE FROM expiry_notice WHERE currency_id = $1 AND ends_on < $2::date', [currency.id, dayToIso(today - KEPT_DAYS)]);
    await setDone(client, currency.id, 'NOTICES', today);
  });
  return given;
}

/** After every account. */
const LAST_ACCOUNT = '9223372036854775807';

const ENDING_LOTS = `
  SELECT l.expires_on::text AS on, l.account_id FROM lot l JOIN account a ON a.id = l.account_id
  WHERE a.currency_id = $1 AND (l.expires_on, l.account_id) > ($2::date, $3::bigint) AND l.expires_on <= $4::date AND l.expires_on < 'infinity'
    AND l.remaining > 0 AND l.available_on < 'infinity'
  GROUP BY l.expires_on, l.account_id ORDER BY l.expires_on, l.account_id LIMIT $5`;
const ENDING_WALLETS = `
  SELECT a.slides_until::text AS on, a.id AS account_id FROM account a
  WHERE a.currency_id = $1 AND (a.slides_until, a.id) > ($2::date, $3::bigint) AND a.slides_until <= $4::date AND a.slides_until < 'infinity'
  ORDER BY a.slides_until, a.id LIMIT $5`;

// The nearest threshold that a lot has reached; that it was told of before is the key's to say. Of a pool's lots, whoever put them in is told.
const TELL = `
  INSERT INTO expiry_notice (id, wallet_id, account_id, currency_id, origin_id, available_on, contributor_id, ends_on, days, points, told_at)
  SELECT gen_random_uuid(), coalesce(c.owner_id, a.owner_id), a.id, a.currency_id, l.origin_id, l.available_on, l.contributor_id,
    least(l.expires_on, a.slides_until), t.days, l.remaining, $4
  FROM account a JOIN lot l ON l.account_id = a.id LEFT JOIN account c ON c.id = l.contributor_id
  CROSS JOIN LATERAL (SELECT min(n.days) AS days FROM unnest($2::smallint[]) AS n (days) WHERE $3::date + n.days >= least(l.expires_on, a.slides_until)) t
  WHERE a.id = ANY ($1::bigint[]) AND l.remaining > 0 AND l.available_on < 'infinity' AND least(l.expires_on, a.slides_until) > $3::date AND t.days IS NOT NULL
  ON CONFLICT DO NOTHING`;
