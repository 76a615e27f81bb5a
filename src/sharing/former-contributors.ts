import type { PoolClient } from 'pg';
import type { App } from '../app';
import { newUuid, type Uuid } from '../ids';
import type { AccountId, LedgerView, Plan } from '../ledger/posting';
import { type SurvivingAccounts, survivingAccounts } from '../members/surviving-accounts';
import type { RefusalData } from '../refusal';

/** A redemption from which points come back to where they were. */
export interface ComingFree {
  readonly redemptionId: Uuid;
  /** The household pool whose points these were; null: a member's own. */
  readonly poolId: Uuid | null;
  /** Of the wallet or the pool. */
  readonly account: AccountId;
}

type Planned = (view: LedgerView) => Plan | { refused: RefusalData };

/** Those who put points into a pool that come free there, and are in it no longer. */
export interface FormerContributors {
  /** Their wallets: what the posting loads besides its own, and does not show. */
  readonly loads: readonly AccountId[];
  /** The plan, and then all that is theirs goes back to them: there they see it, and nobody else spends it. Throws StateMoved: see lookingAgain. */
  readonly giveBack: (plan: Planned) => Planned;
}

/**
 * Looks up whose points come free in pools that they have left, or that are closed. Read as the worker: a brand settles what it has begun, and is told
 * nothing of the household.
 */
export async function formerContributors(app: App, freed: readonly ComingFree[]): Promise<FormerContributors> {
  const ofPools = freed.filter(({ poolId }) => poolId !== null);
  if (ofPools.length === 0) return { loads: [], giveBack: (plan) => plan };
  const { former, survivors } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const former = await readFormer(client, ofPools);
    return {
      former,
      survivors: await survivingAccounts(
        client,
        former.map(({ wallet }) => wallet),
      ),
    };
  });
  return { loads: survivors.loads, giveBack: (plan) => survivors.guard(thenGiveBack(plan, former, survivors)) };
}

interface Former {
  readonly pool: AccountId;
  readonly wallet: AccountId;
}

async function readFormer(client: PoolClient, freed: readonly ComingFree[]): Promise<Former[]> {
  const { rows } = await client.query({
    name: 'former-contributors',
    text: `SELECT DISTINCT f.account, l.contributor_id
      FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS f (redemption_id, pool_id, account)
      JOIN allocation l ON l.transfer_id = f.redemption_id AND l.account_id = f.account JOIN account w ON w.id = l.contributor_id
      WHERE NOT EXISTS (SELECT FROM household_member h
        WHERE h.pool_id = f.pool_id AND h.wallet_id = w.owner_id AND h.joined_at IS NOT NULL AND h.ended_at IS NULL)
      ORDER BY f.account, l.contributor_id`,
    values: [freed.map(({ redemptionId }) => redemptionId), freed.map(({ poolId }) => poolId), freed.map(({ account }) => account)],
  });
  return rows.map((row) => ({ pool: Number(row.account), wallet: Number(row.contributor_id) }));
}

function thenGiveBack(plan: Planned, former: readonly Former[], survivors: SurvivingAccounts): Planned {
  const steps = former.map(
    ({ pool, wallet }) => ({ do: 'giveAll', id: newUuid(), from: pool, to: survivors.of(wallet), contributor: wallet, code: 'POOL_RETURN' }) as const,
  );
  return (view) => {
    const planned = plan(view);
    if ('refused' in planned) return planned;
    // Into a wallet that is closed for good nothing comes back: it stays where it is.
    return { ...planned, steps: [...planned.steps, ...steps.filter(({ to }) => !view.wallet(to).closed)] };
  };
}
