import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { AccountId, Answer, Planner } from '../../ledger/ledger/posting';
import { type SurvivingAccounts, survivingAccounts } from '../../members/identification/surviving-accounts';
import { newUuid, type Uuid } from '../../platform/ids';
import { standingCounters, standingOf } from './standing';

/** A redemption from which points come back to where they were. */
export interface ComingFree {
  readonly redemptionId: Uuid;
  /** The household pool whose points these were; null: a member's own. */
  readonly poolId: Uuid | null;
  /** Of the wallet or the pool. */
  readonly account: AccountId;
}

/** Those who put points into a pool that come free there, and are in it no longer when that is decided. */
export interface FormerContributors {
  /** Their wallets, and of those who are in it still: what the posting loads besides its own, and does not show. */
  readonly loads: readonly AccountId[];
  /** What else it loads. */
  readonly counters: readonly { readonly account: AccountId; readonly key: string }[];
  /**
   * The plan, and then all that is theirs goes back to them: there they see it, and nobody else spends it. Throws
   * StateMoved: see lookingAgain.
   */
  readonly giveBack: <Told extends Answer>(plan: Planner<Told>) => Planner<Told>;
}

/**
 * Looks up whose points come free in pools. Read as the worker: a brand settles what it has begun, and is told nothing
 * of the household.
 */
export async function formerContributors(app: App, freed: readonly ComingFree[]): Promise<FormerContributors> {
  const ofPools = freed.filter(({ poolId }) => poolId !== null);
  if (ofPools.length === 0) return { loads: [], counters: [], giveBack: (plan) => plan };
  const { contributors, survivors } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const contributors = await readContributorsOf(client, ofPools);
    return {
      contributors,
      survivors: await survivingAccounts(
        client,
        contributors.map(({ wallet }) => wallet),
      ),
    };
  });
  return {
    loads: survivors.loads,
    counters: contributors.flatMap(({ pool, membershipId }) => (membershipId === null ? [] : standingCounters(pool, [membershipId]))),
    giveBack: (plan) => survivors.guard(thenGiveBack(plan, contributors, survivors)),
  };
}

interface Contributor {
  readonly pool: AccountId;
  readonly wallet: AccountId;
  /** null: in the pool no longer. */
  readonly membershipId: Uuid | null;
}

async function readContributorsOf(client: PoolClient, ofPools: readonly ComingFree[]): Promise<Contributor[]> {
  const { rows } = await client.query<{ account: string; contributor_id: string; membership_id: Uuid | null }>({
    name: 'contributors-of-redemptions',
    text: `SELECT DISTINCT f.account, l.contributor_id, h.id AS membership_id
      FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS f (redemption_id, pool_id, account)
      JOIN allocation l ON l.transfer_id = f.redemption_id AND l.account_id = f.account JOIN account w ON w.id = l.contributor_id
      LEFT JOIN household_member h ON h.pool_id = f.pool_id AND h.wallet_id = w.owner_id AND h.joined_at IS NOT NULL AND h.ended_at IS NULL
      ORDER BY f.account, l.contributor_id`,
    values: [ofPools.map(({ redemptionId }) => redemptionId), ofPools.map(({ poolId }) => poolId), ofPools.map(({ account }) => account)],
  });
  return rows.map((row) => ({ pool: Number(row.account), wallet: Number(row.contributor_id), membershipId: row.membership_id }));
}

function thenGiveBack<Told extends Answer>(plan: Planner<Told>, contributors: readonly Contributor[], survivors: SurvivingAccounts): Planner<Told> {
  const gifts = contributors.map((each) => {
    const { pool, wallet } = each;
    const step = { do: 'giveAll', id: newUuid(), from: pool, to: survivors.of(wallet), contributor: wallet, code: 'POOL_RETURN' } as const;
    return { ...each, step };
  });
  return (view) => {
    const planned = plan(view);
    if ('refused' in planned) return planned;
    const former = gifts.filter(({ pool, membershipId }) => membershipId === null || standingOf(view, pool, membershipId) === 'ENDED');
    // Into a wallet that is closed for good nothing comes back: it stays where it is.
    const steps = former.flatMap(({ step }) => (view.wallet(step.to).closed ? [] : step));
    return { ...planned, steps: [...planned.steps, ...steps] };
  };
}
