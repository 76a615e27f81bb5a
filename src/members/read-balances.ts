import type { PoolClient } from 'pg';
import type { App } from '../app';
import type { PointCurrency } from '../coalition/coalition-snapshot';
import { newUuid, type Uuid } from '../ids';
import type { AccountId, BalanceAfter } from '../ledger/posting';
import { type Day, dayOf, dayToIso } from '../points/calendar';

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

/** The wallet's accounts, by currency code. An account is opened by the first movement. */
export async function readWalletAccounts(app: App, client: PoolClient, walletId: Uuid): Promise<WalletAccount[]> {
  const { currenciesById } = await app.coalition.snapshot(client);
  const { rows } = await client.query({
    name: 'wallet-accounts',
    text: "SELECT id, currency_id FROM account WHERE owner_id = $1 AND kind = 'WALLET'",
    values: [walletId],
  });
  return rows
    .map((row) => ({ account: Number(row.id), currency: currenciesById.get(row.currency_id) as PointCurrency }))
    .sort((a, b) => (a.currency.code < b.currency.code ? -1 : 1));
}

/** Points by the next days on which some expire, soonest first; held ones left out, since a hold may still spend them. */
export async function readNextExpiries(client: PoolClient, { account }: WalletAccount, today: Day): Promise<Expiry[]> {
  const { rows } = await client.query({
    name: 'next-expiries',
    text: `SELECT expires_on::text AS on, sum(remaining)::text AS points FROM lot
           WHERE account_id = $1 AND remaining > 0 AND expires_on > $2::date AND expires_on < 'infinity' GROUP BY expires_on ORDER BY expires_on LIMIT ${MOST_EXPIRIES}`,
    values: [account, dayToIso(today)],
  });
  return rows.map((row) => ({ on: row.on, points: Number(row.points) }));
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
