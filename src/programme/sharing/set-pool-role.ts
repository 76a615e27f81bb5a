import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import { dayOf } from '../../ledger/points/calendar';
import { lockHousehold, NotPoolOwner, POOL_ROLES, readMemberships, requireMembership } from '../../members/households/household';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { everyPoolAccount, poolOwnerRefusals, type Standing, standingCounters, standingOfRole, standingSteps } from './standing';

/** What is refused where a role changes. */
export const setPoolRoleRefusals = refusals(notNow, poolOwnerRefusals);

export const setPoolRoleSchema = z.object({ memberId: z.string(), role: z.enum(POOL_ROLES) });
export type SetPoolRole = z.output<typeof setPoolRoleSchema>;

/**
 * The owner says what another may do. OWNER hands the pool over, and who had it is an ADULT from then on. Repeating it
 * changes nothing. Answers with the pool. Throws POOL_NEEDS_OWNER, NotFound (pool or member), NotPoolOwner, OVERLOADED.
 */
export async function setPoolRole(app: App, principal: Principal, { memberId, role }: SetPoolRole): Promise<Uuid> {
  const ownerId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const own = await requireMembership(client, ownerId);
    await lockHousehold(client, own.poolId);
    const members = await readMemberships(client, own.poolId);
    const other = members.find((each) => each.memberId === memberId);
    if (!other) throw new NotFound('Member');
    if (members.find((each) => each.memberId === ownerId)?.role !== 'OWNER') {
      // What was asked for is done, and was perhaps done by handing the pool over.
      if (other.role === role) return own.poolId;
      throw new NotPoolOwner();
    }
    if (memberId === ownerId && role !== 'OWNER') throw poolOwnerRefusals.refuse('POOL_NEEDS_OWNER');
    if (role === 'OWNER' && other.role === 'CHILD') throw new InvalidInput('input.role', 'A child does not own a pool. Make the member an ADULT first.');
    // One statement: at no moment has the pool no owner, or two.
    if (other.role !== role)
      await client.query(
        `UPDATE household_member SET role = CASE WHEN member_id = $2 THEN $3 ELSE 'ADULT' END
         WHERE pool_id = $1 AND ended_at IS NULL AND (member_id = $2 OR ($3 = 'OWNER' AND member_id = $4))`,
        [own.poolId, memberId, role, ownerId],
      );
    // Before the rows are there for good, and under the household's lock: the last posting and the last row are of one
    // request. Also where the row says so already, since a request before this one may have come to its posting only.
    await postStanding(app, await app.coalition.snapshot(client), {
      party: ownerId,
      poolId: own.poolId,
      membershipId: other.id,
      standing: standingOfRole(role),
    });
    return own.poolId;
  });
}

/** What a member may do, for postings that looked it up before. */
async function postStanding(
  app: App,
  snapshot: CoalitionSnapshot,
  { party, poolId, membershipId, standing }: { party: Uuid; poolId: Uuid; membershipId: Uuid; standing: Standing },
): Promise<void> {
  const now = app.clock.now();
  const days = await everyPoolAccount(app, snapshot, poolId, now);
  const pools = [...days.keys()];
  await app.ledger.post({
    id: newUuid(),
    party,
    kind: 'SET_POOL_ROLE',
    contentHash: contentHash('SET_POOL_ROLE', { membershipId, standing }),
    occurredAt: now.getTime(),
    day: dayOf(now, 'UTC'),
    days,
    recordedAt: now.getTime(),
    loads: { wallets: pools, counters: pools.flatMap((pool) => standingCounters(pool, [membershipId])) },
    shows: [],
    plan: (view) => ({ steps: pools.flatMap((pool) => standingSteps(view, pool, membershipId, standing)), answer: { poolId } }),
  });
}
