import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { creditRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, LedgerView } from '../../ledger/ledger/posting';
import { idempotencyKey } from '../../ledger/ledger/request-fields';
import { lockHousehold, NotPoolOwner, requireMembership } from '../../members/households/household';
import { balancesIf } from '../../members/identification/what-is-told';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { points } from '../../platform/refusal-fields';
import { type Asked, lookWithin, runPostingBy } from '../postings/run-posting';
import { planToReturn, type ReturnedPoints, readContributors, readReturned, receiversOf } from './return-points';
/** What is refused where a pool is closed. */
export const closePoolRefusals = refusals(
  postingRefusals,
  creditRefusals,
  defineRefusal('POOL_HAS_HOLDS', {
    description: 'Points of the pool are set aside by open holds.',
    retrySafe: false,
    fields: { held: points('Points held, of all currencies together.') },
    discloses: { held: 'MEMBER' },
    message: ({ held }) => `${held} points of the pool are held. Wait until those holds are captured, voided or have ended, and send a new key then.`,
  }),
);

export const closePoolSchema = z.object({ idempotencyKey, poolId: z.string() });
export type ClosePool = z.output<typeof closePoolSchema>;

/** A pool that is no more; the same for every repetition of the request. */
export interface ClosedPool {
  readonly poolId: Uuid;
  /** What went back to its members altogether, by currency. */
  readonly returned: readonly ReturnedPoints[];
  readonly duplicate: boolean;
}

/**
 * The owner ends the pool: all points go back to those who put them in, and nobody is in it any longer. What is
 * refunded later goes to them: see formerContributors. Throws POOL_HAS_HOLDS, IDEMPOTENCY_CONFLICT, NotFound,
 * NotPoolOwner.
 */
export async function closePool(app: App, principal: Principal, { idempotencyKey, ...content }: ClosePool): Promise<ClosedPool> {
  const memberId = requireMemberLogin(principal);
  const { poolId } = content;
  // All under the household's lock, so that nobody is removed or becomes its owner meanwhile. The posting decides, and
  // the rows follow: cut off in between, the pool takes nothing any more, and the same request goes on.
  const closed = await app.database.transaction(databasePrincipal(principal), async (tx) => {
    await lockHousehold(tx.client, poolId);
    const look = (asked: Asked) =>
      lookWithin(tx, { look: ({ client }) => findReceivers(app, client, memberId, poolId), tellAgain: () => balancesIf(false) }, asked);
    const posted = await runPostingBy(app, look, {
      kind: 'CLOSE_POOL',
      party: memberId,
      idempotencyKey,
      content,
      plan: ({ to, survivors, snapshot }, { now }) => planToReturn(app, snapshot, { poolId, to, known: to, ends: null, survivors }, now, requireNoHolds),
      answer: ({ id, duplicate }) => ({ id, duplicate }),
    });
    await endPool(tx.client, poolId, app.clock.now());
    return posted;
  });
  return { poolId, returned: await readReturned(app, closed.id), duplicate: closed.duplicate };
}

/** Of all who ever were in the pool, those whose points are there. Throws NotFound, NotPoolOwner. */
async function findReceivers(app: App, client: PoolClient, memberId: Uuid, poolId: Uuid) {
  const own = await requireMembership(client, memberId);
  if (own.poolId !== poolId) throw new NotFound('Pool');
  if (own.role !== 'OWNER') throw new NotPoolOwner();
  const contributors = await readContributors(client, poolId);
  const pools = [...new Set(contributors.map(({ pool }) => pool))];
  const { rows } = await client.query<{ account_id: string; contributor_id: string }>(
    'SELECT DISTINCT account_id, contributor_id FROM lot WHERE account_id = ANY ($1::bigint[]) AND remaining + held > 0',
    [pools],
  );
  const holding = new Set(rows.map((row) => `${row.account_id} ${row.contributor_id}`));
  const to = contributors.filter(({ pool, wallet }) => holding.has(`${pool} ${wallet}`));
  return { tell: balancesIf(false), to, survivors: await receiversOf(client, to), snapshot: await app.coalition.snapshot(client) };
}

async function endPool(client: PoolClient, poolId: Uuid, now: Date): Promise<void> {
  await client.query('UPDATE household_pool SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL', [poolId, now]);
  await client.query("UPDATE household_member SET ended_at = $2, end_reason = 'CLOSED' WHERE pool_id = $1 AND ended_at IS NULL AND pool_id = owned_pool()", [
    poolId,
    now,
  ]);
}

function requireNoHolds(view: LedgerView, pools: readonly AccountId[]): void {
  const held = pools.reduce((sum, pool) => sum + view.wallet(pool).held, 0);
  if (held > 0) throw closePoolRefusals.refuse('POOL_HAS_HOLDS', { held });
}
