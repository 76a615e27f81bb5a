import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { creditRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey } from '../../ledger/ledger/request-fields';
import { lockHousehold, NotPoolOwner, requireMembership } from '../../members/households/household';
import { balancesIf } from '../../members/identification/what-is-told';
import { refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { runPosting } from '../postings/run-posting';
import { planToReturn, type Return, type ReturnedPoints, readContributors, readReturned, receiversOf } from './return-points';
import { poolOwnerRefusals } from './standing';
/** What is refused where a member leaves a pool. */
export const leavePoolRefusals = refusals(postingRefusals, creditRefusals, poolOwnerRefusals);

export const leavePoolSchema = z.object({ idempotencyKey, poolId: z.string() });
export type LeavePool = z.output<typeof leavePoolSchema>;

export const removeFromPoolSchema = z.object({ idempotencyKey, memberId: z.string() });
export type RemoveFromPool = z.output<typeof removeFromPoolSchema>;

/** Who left, and what of theirs came back; the same for every repetition of the request. */
export interface LeftPool {
  readonly poolId: Uuid;
  readonly memberId: Uuid;
  /** By currency; empty: nothing was left. */
  readonly returned: readonly ReturnedPoints[];
  readonly duplicate: boolean;
}

/**
 * The member leaves, and takes along what is left of their own points. A former member may ask again while points come
 * free there: a voided hold, a refund. Throws POOL_NEEDS_OWNER, IDEMPOTENCY_CONFLICT, NotFound (never in that pool).
 */
export async function leavePool(app: App, principal: Principal, { idempotencyKey, ...content }: LeavePool): Promise<LeftPool> {
  const memberId = requireMemberLogin(principal);
  return end(app, principal, memberId, { kind: 'LEAVE_POOL', party: memberId, idempotencyKey, content, poolOf: async () => content.poolId });
}

/**
 * The owner removes a member, who gets back what is left of their own points. Throws POOL_NEEDS_OWNER,
 * IDEMPOTENCY_CONFLICT, NotFound (pool or member), NotPoolOwner.
 */
export async function removeFromPool(app: App, principal: Principal, { idempotencyKey, ...content }: RemoveFromPool): Promise<LeftPool> {
  const ownerId = requireMemberLogin(principal);
  const poolOf = async (client: PoolClient) => (await requireMembership(client, ownerId, 'OWNER')).poolId;
  return end(app, principal, content.memberId, { kind: 'REMOVE_FROM_POOL', party: ownerId, idempotencyKey, content, poolOf });
}

interface Ending {
  readonly kind: 'LEAVE_POOL' | 'REMOVE_FROM_POOL';
  readonly party: Uuid;
  readonly idempotencyKey: string;
  readonly content: object;
  readonly poolOf: (client: PoolClient) => Promise<Uuid>;
}

/** `memberId`: who leaves. */
async function end(app: App, principal: Principal, memberId: Uuid, { poolOf, ...request }: Ending): Promise<LeftPool> {
  return runPosting(app, principal, {
    ...request,
    tellAgain: () => balancesIf(false),
    // The rows say so; the posting says it to what is under way. Should we be cut off here, a repetition gives the
    // points back.
    async look({ client }, { now }) {
      const poolId = await poolOf(client);
      await lockHousehold(client, poolId);
      const ends = await endMembership(client, { poolId, memberId, reason: request.kind === 'LEAVE_POOL' ? 'LEFT' : 'REMOVED', now });
      return { tell: balancesIf(false), poolId, ends, snapshot: await app.coalition.snapshot(client) };
    },
    async plan({ poolId, ends, snapshot }, { now }) {
      return planToReturn(app, snapshot, { poolId, ends, ...(await readReturn(app, poolId, memberId)) }, now);
    },
    async answer({ id, answer: { poolId }, duplicate }) {
      return { poolId, memberId, returned: await readReturned(app, id), duplicate };
    },
  });
}

/** Read as the worker: who asks may be in the pool no longer, and sees nobody else's then. */
function readReturn(app: App, poolId: Uuid, memberId: Uuid): Promise<Pick<Return, 'to' | 'known' | 'survivors'>> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const known = await readContributors(client, poolId);
    const to = known.filter((each) => each.memberId === memberId);
    return { to, known, survivors: await receiversOf(client, to) };
  });
}

/** Answers with all memberships that the member has had in the pool: none of them is one now. */
async function endMembership(
  client: PoolClient,
  { poolId, memberId, reason, now }: { poolId: Uuid; memberId: Uuid; reason: 'LEFT' | 'REMOVED'; now: Date },
): Promise<Uuid[]> {
  const { rows } = await client.query<{ id: Uuid; role: string; ended_at: Date | null }>(
    'SELECT id, role, ended_at FROM household_member WHERE pool_id = $1 AND member_id = $2 AND joined_at IS NOT NULL ORDER BY ended_at NULLS FIRST',
    [poolId, memberId],
  );
  const [latest] = rows;
  if (!latest) throw new NotFound(reason === 'LEFT' ? 'Pool' : 'Member');
  const ids = rows.map((row) => row.id);
  if (latest.ended_at !== null) return ids;
  if (latest.role === 'OWNER') throw poolOwnerRefusals.refuse('POOL_NEEDS_OWNER');
  const { rowCount } = await client.query('UPDATE household_member SET ended_at = $2, end_reason = $3 WHERE id = $1', [latest.id, now, reason]);
  // Who asked has handed the pool over since.
  if (!rowCount) throw new NotPoolOwner();
  return ids;
}
