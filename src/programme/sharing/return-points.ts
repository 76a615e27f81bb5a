import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, LedgerView, Step } from '../../ledger/ledger/posting';
import { StateMoved } from '../../ledger/ledger/state-moved';
import { dayOf } from '../../ledger/points/calendar';
import { type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import type { RowOf } from '../../platform/database/row-of';
import { newUuid, type Uuid } from '../../platform/ids';
import { whenOf } from '../postings/posting-time';
import type { Planned } from '../postings/run-posting';
import { closingSteps, everyPoolAccount, standingCounters, standingSteps } from './standing';

/** A member's account, and the pool's of the same currency. */
export interface Contributor {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly currencyId: number;
  readonly wallet: AccountId;
  readonly pool: AccountId;
}

/** The accounts of everybody who is or was in a pool, a currency each; a former member sees their own. */
export async function readContributors(client: PoolClient, poolId: Uuid): Promise<Contributor[]> {
  const { rows } = await client.query<RowOf<Pick<Contributor, 'memberId' | 'walletId' | 'currencyId'>> & { wallet_account: string; pool_account: string }>({
    name: 'pool-contributors',
    text: 'SELECT * FROM pool_contributors($1) ORDER BY pool_account, wallet_account',
    values: [poolId],
  });
  return rows.map((row) => ({
    memberId: row.member_id,
    walletId: row.wallet_id,
    currencyId: row.currency_id,
    wallet: Number(row.wallet_account),
    pool: Number(row.pool_account),
  }));
}

/** Where the points of contributors go back to. */
export function receiversOf(client: PoolClient, contributors: readonly Contributor[]): Promise<SurvivingAccounts> {
  return survivingAccounts(
    client,
    contributors.map(({ wallet }) => wallet),
  );
}

/** What is to be given back of a pool, and to whom. */
export interface Return {
  readonly poolId: Uuid;
  /** Whose points, in which currencies. */
  readonly to: readonly Contributor[];
  /** Of all whose points may be in the pool: others must not be found there, or we look again. */
  readonly known: readonly Contributor[];
  /** Memberships that end with it; null: the pool is closed, and all do. */
  readonly ends: readonly Uuid[] | null;
  /** Of their wallets. */
  readonly survivors: SurvivingAccounts;
}

/** Kept with the posting. What it gave back is read from its transfers: see readReturned. */
type ReturnAnswer = { readonly poolId: Uuid };

/**
 * All that is left of what they put in goes back in one posting, to a merged member's survivor; held points stay until
 * their hold ends. From then on postings know that the memberships have ended. `check` may refuse, as the pool's
 * accounts are now. Throws StateMoved: see lookingAgain.
 */
export async function planToReturn(
  app: App,
  snapshot: CoalitionSnapshot,
  { poolId, to, known, ends, survivors }: Return,
  now: Date,
  check: (view: LedgerView, pools: readonly AccountId[]) => void = () => undefined,
): Promise<Planned<ReturnAnswer>> {
  const pools = await everyPoolAccount(app, snapshot, poolId, now);
  const accounts = [...pools.keys()];
  const days = new Map(pools);
  for (const { pool, wallet } of to) for (const account of [wallet, survivors.of(wallet)]) days.set(account, pools.get(pool) ?? dayOf(now, 'UTC'));
  const gifts = to.map(
    ({ pool, wallet }) => ({ do: 'giveAll', id: newUuid(), from: pool, to: survivors.of(wallet), contributor: wallet, code: 'POOL_RETURN' }) as const,
  );
  return {
    // All currencies go back together or not at all, each judged by its own day.
    when: whenOf({ occurredAt: null }, now, { timeZone: 'UTC' }),
    days,
    loads: { wallets: [...new Set([...survivors.loads, ...accounts])], counters: accounts.flatMap((pool) => standingCounters(pool, ends ?? [])) },
    plan: survivors.guard((view) => {
      check(view, accounts);
      requireKnown(view, accounts, known);
      const ended: Step[] = accounts.flatMap((pool) =>
        ends === null ? closingSteps(view, pool) : ends.flatMap((membershipId) => standingSteps(view, pool, membershipId, 'ENDED')),
      );
      // Into a wallet that is closed for good nothing comes back: it stays where it is, and keeps nobody else from
      // leaving.
      return { steps: [...gifts.filter((step) => !view.wallet(step.to).closed), ...ended], answer: { poolId } };
    }),
  };
}

/** Throws StateMoved where somebody has put points in since the contributors were looked up. */
function requireKnown(view: LedgerView, pools: readonly AccountId[], known: readonly Contributor[]): void {
  const names = new Set(known.map(({ pool, wallet }) => `${pool} ${wallet}`));
  for (const pool of pools)
    for (const wallet of view.contributors(pool))
      if (!names.has(`${pool} ${wallet}`)) throw new StateMoved(`account ${wallet} put points into pool account ${pool} since`);
}

/** Points of a currency that came back. */
export interface ReturnedPoints {
  readonly currency: string;
  readonly points: number;
}

/** What a posting gave back, by currency. Read as the worker: who asked may have left the pool by it. */
export function readReturned(app: App, postingId: Uuid): Promise<ReturnedPoints[]> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query<{ code: string; points: string }>(
      `SELECT c.code, sum(t.amount)::text AS points FROM transfer t JOIN currency c ON c.id = t.currency_id
       WHERE t.posting_id = $1 AND t.code = 'POOL_RETURN' GROUP BY c.code ORDER BY c.code`,
      [postingId],
    );
    return rows.map((row) => ({ currency: row.code, points: Number(row.points) }));
  });
}
