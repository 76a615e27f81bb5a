import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { AccountId, LedgerView, PostingOutcome } from '../../ledger/ledger/posting';
import { idempotencyKey } from '../../ledger/ledger/request-fields';
import { lockHousehold, NotPoolOwner, requireMembership } from '../../members/households/household';
import { lookingAgain } from '../../members/identification/surviving-accounts';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { type ReturnedPoints, readContributors, readReturned, receiversOf, returnPoints } from './return-points';
import { PoolHasHolds } from './sharing-refusals';

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
 * The owner ends the pool: all points go back to those who put them in, and nobody is in it any longer. What is refunded later goes to
 * them: see formerContributors. Throws PoolHasHolds, IDEMPOTENCY_CONFLICT, NotFound, NotPoolOwner.
 */
export async function closePool(app: App, principal: Principal, { idempotencyKey: key, ...content }: ClosePool): Promise<ClosedPool> {
  const memberId = requireMemberLogin(principal);
  const hash = contentHash('CLOSE_POOL', content);
  const id = postingId(memberId, key);
  return lookingAgain(() => closeOnce(app, principal, content.poolId, { memberId, id, hash }));
}

/**
 * All under the household's lock, so that nobody is removed or becomes its owner meanwhile. The posting decides, and the rows follow: cut off in between,
 * the pool takes nothing any more, and the same request goes on.
 */
async function closeOnce(app: App, principal: Principal, poolId: Uuid, request: { memberId: Uuid; id: Uuid; hash: Buffer }): Promise<ClosedPool> {
  const outcome = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    await lockHousehold(client, poolId);
    const stored = await findPosting(client, request.id);
    const decided = stored ? sameOutcome(stored, request.hash) : await giveAllBack(app, client, poolId, request);
    if (!decided.refusal) await endPool(client, poolId, app.clock.now());
    return decided;
  });
  acceptedAnswer(outcome);
  return { poolId, returned: await readReturned(app, request.id), duplicate: outcome.duplicate };
}

async function giveAllBack(
  app: App,
  client: PoolClient,
  poolId: Uuid,
  { memberId, id, hash }: { memberId: Uuid; id: Uuid; hash: Buffer },
): Promise<PostingOutcome> {
  const own = await requireMembership(client, memberId);
  if (own.poolId !== poolId) throw new NotFound('Pool');
  if (own.role !== 'OWNER') throw new NotPoolOwner();
  const contributors = await readContributors(client, poolId);
  const pools = [...new Set(contributors.map(({ pool }) => pool))];
  const { rows } = await client.query('SELECT DISTINCT account_id, contributor_id FROM lot WHERE account_id = ANY ($1::bigint[]) AND remaining + held > 0', [
    pools,
  ]);
  const holding = new Set(rows.map((row) => `${row.account_id} ${row.contributor_id}`));
  // Of all who ever were in it, those whose points are there.
  const to = contributors.filter(({ pool, wallet }) => holding.has(`${pool} ${wallet}`));
  return returnPoints(app, await app.coalition.snapshot(client), {
    ...{ id, party: memberId, kind: 'CLOSE_POOL', contentHash: hash, poolId, to, known: to, ends: null, survivors: await receiversOf(client, to) },
    refuse: heldPoints,
  });
}

async function endPool(client: PoolClient, poolId: Uuid, now: Date): Promise<void> {
  await client.query('UPDATE household_pool SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL', [poolId, now]);
  await client.query("UPDATE household_member SET ended_at = $2, end_reason = 'CLOSED' WHERE pool_id = $1 AND ended_at IS NULL AND pool_id = owned_pool()", [
    poolId,
    now,
  ]);
}

function heldPoints(view: LedgerView, pools: readonly AccountId[]) {
  const held = pools.reduce((sum, pool) => sum + view.wallet(pool).held, 0);
  return held > 0 ? new PoolHasHolds(held).toData() : null;
}
