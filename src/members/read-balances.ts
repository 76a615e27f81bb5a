import type { PoolClient } from 'pg';
import type { App } from '../app';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import { newUuid, type Uuid } from '../ids';
import type { AccountId, BalanceAfter } from '../ledger/posting';
import { type Day, dayOf, dayToIso, NEVER } from '../points/calendar';

/** A wallet's account in one points currency. */
export interface WalletAccount {
  readonly account: AccountId;
  readonly currency: PointCurrency;
}

/** Points that can no longer be spent from a day on. */
export interface Expiry {
  /** 'YYYY-MM-DD' in the currency's time zone. */
  readonly on: string;
  readonly points: number;
}

const MOST_EXPIRIES = 10;
const MOST_DAYS = 100;

/** The wallet's accounts that had a movement, by currency code: one is opened also by what is refused afterwards, and in every currency by a merge. */
export async function readWalletAccounts(app: App, client: PoolClient, walletId: Uuid): Promise<WalletAccount[]> {
  const { currenciesById } = await app.coalition.snapshot(client);
  const { rows } = await client.query({
    name: 'wallet-accounts',
    text: "SELECT id, currency_id FROM account WHERE owner_id = $1 AND kind = 'WALLET' AND seq > 0",
    values: [walletId],
  });
  return rows
    .map((row) => ({ account: Number(row.id), currency: currenciesById.get(row.currency_id) as PointCurrency }))
    .sort((a, b) => (a.currency.code < b.currency.code ? -1 : 1));
}

/**
 * Points by the next days on which some expire, soonest first: of their own, or with their wallet where expiry slides. Held ones are left out, since
 * a hold may still spend them; and those that wait to be confirmed, which do not expire. All days, at most 10 of them, unless said otherwise.
 */
export async function readNextExpiries(
  client: PoolClient,
  { account }: WalletAccount,
  today: Day,
  { until, limit }: { readonly until: Day; readonly limit: number } = { until: NEVER, limit: MOST_EXPIRIES },
): Promise<Expiry[]> {
  const { rows } = await client.query({
    name: 'next-expiries',
    text: `SELECT least(l.expires_on, a.slides_until)::text AS on, sum(l.remaining)::text AS points FROM account a JOIN lot l ON l.account_id = a.id
           WHERE a.id = $1 AND l.remaining > 0 AND l.available_on < 'infinity' AND least(l.expires_on, a.slides_until) > $2::date
             AND least(l.expires_on, a.slides_until) <= $3::date AND least(l.expires_on, a.slides_until) < 'infinity'
           GROUP BY least(l.expires_on, a.slides_until) ORDER BY least(l.expires_on, a.slides_until) LIMIT $4`,
    values: [account, dayToIso(today), dayToIso(until), limit],
  });
  return rows.map((row) => ({ on: row.on, points: Number(row.points) }));
}

/** Points earned that cannot be spent yet. */
export interface PendingPoints {
  readonly points: number;
  /** 'YYYY-MM-DD', the first local day on which they can be; null: once their brand confirms them. */
  readonly availableOn: string | null;
  /** The last local day on which it can; null: it need not. */
  readonly confirmBy: string | null;
}

/** Pending points by the day on which they can be spent, soonest first, those to be confirmed last; at most 100 days. */
export async function readPending(client: PoolClient, { account }: WalletAccount, today: Day): Promise<PendingPoints[]> {
  const { rows } = await client.query({
    name: 'pending-points',
    text: `SELECT nullif(l.available_on, 'infinity')::text AS available_on, CASE WHEN l.available_on = 'infinity' THEN (l.expires_on - 1)::text END AS confirm_by,
             sum(l.remaining)::text AS points
           FROM account a JOIN lot l ON l.account_id = a.id
           WHERE a.id = $1 AND l.remaining > 0 AND l.available_on > $2::date AND least(l.expires_on, a.slides_until) > $2::date
           GROUP BY l.available_on, confirm_by ORDER BY l.available_on, confirm_by LIMIT ${MOST_DAYS}`,
    values: [account, dayToIso(today)],
  });
  return rows.map((row) => ({ points: Number(row.points), availableOn: row.available_on, confirmBy: row.confirm_by }));
}

/** What a debit would find now. Asked of the ledger, so that expired holds and lots count as they do when points are spent. */
export async function readBalance(app: App, { account, currency }: WalletAccount): Promise<BalanceAfter> {
  const now = app.clock.now();
  const outcome = await app.ledger.preview({
    id: newUuid(),
    party: newUuid(),
    kind: 'BALANCE',
    contentHash: Buffer.alloc(32),
    occurredAt: now.getTime(),
    day: dayOf(now, currency.timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [account] },
    plan: () => ({ steps: [], answer: {} }),
  });
  return outcome.balances[0];
}
