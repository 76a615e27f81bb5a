import type { PoolClient } from 'pg';
import type { App } from '../app';
import type { CoalitionSnapshot } from '../coalition/coalition-snapshot';
import { newUuid, type Uuid } from '../ids';
import type { AccountId, LedgerView, Plan, PostingOutcome } from '../ledger/posting';
import { type SurvivingAccounts, survivingAccounts } from '../members/surviving-accounts';
import { dayOf } from '../points/calendar';
import type { RefusalData } from '../refusal';

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
  const { rows } = await client.query({
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

/** A request that gives points of a pool back to those who put them in. */
export interface Return {
  readonly id: Uuid;
  /** The member who asks. */
  readonly party: Uuid;
  readonly kind: 'LEAVE_POOL' | 'REMOVE_FROM_POOL' | 'CLOSE_POOL';
  readonly contentHash: Buffer;
  readonly poolId: Uuid;
  /** Whose points, in which currencies. */
  readonly to: readonly Contributor[];
  /** Of their wallets. */
  readonly survivors: SurvivingAccounts;
  /** Why not, as the pool's accounts are now. */
  readonly refuse?: (view: LedgerView) => RefusalData | null;
}

/**
 * All that is left of what they put in goes back in one posting, to a merged member's survivor; held points stay until their hold ends. Throws StateMoved:
 * see lookingAgain.
 */
export function returnPoints(app: App, snapshot: CoalitionSnapshot, { to, survivors, refuse, poolId, ...request }: Return): Promise<PostingOutcome> {
  const now = app.clock.now();
  const steps = to.map(
    ({ pool, wallet }) => ({ do: 'giveAll', id: newUuid(), from: pool, to: survivors.of(wallet), contributor: wallet, code: 'POOL_RETURN' }) as const,
  );
  const days = to.flatMap(({ currencyId, wallet, pool }) => {
    const day = dayOf(now, snapshot.currenciesById.get(currencyId)?.timeZone ?? 'UTC');
    return [wallet, survivors.of(wallet), pool].map((account) => [account, day] as const);
  });
  return app.ledger.post({
    ...request,
    occurredAt: now.getTime(),
    // All currencies go back together or not at all, each judged by its own day.
    day: dayOf(now, 'UTC'),
    days: new Map(days),
    recordedAt: now.getTime(),
    loads: { wallets: [...new Set([...survivors.loads, ...to.map(({ pool }) => pool)])] },
    plan: survivors.guard((view): Plan | { refused: RefusalData } => {
      const refused = refuse?.(view);
      // Into a wallet that is closed for good nothing comes back: it stays where it is, and keeps nobody else from leaving.
      return refused ? { refused } : { steps: steps.filter((step) => !view.wallet(step.to).closed), answer: { poolId } };
    }),
  });
}

/** Points of a currency that came back. */
export interface ReturnedPoints {
  readonly currency: string;
  readonly points: number;
}

/** What a posting gave back, by currency. Read as the worker: who asked may have left the pool by it. */
export function readReturned(app: App, postingId: Uuid): Promise<ReturnedPoints[]> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query(
      `SELECT c.code, sum(t.amount)::text AS points FROM transfer t JOIN currency c ON c.id = t.currency_id
       WHERE t.posting_id = $1 AND t.code = 'POOL_RETURN' GROUP BY c.code ORDER BY c.code`,
      [postingId],
    );
    return rows.map((row) => ({ currency: row.code, points: Number(row.points) }));
  });
}
