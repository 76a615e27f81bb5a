import { z } from 'zod';
import { requireMemberLogin } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import type { Uuid } from '../ids';
import { InvalidInput, NotFound } from '../refusal';
import { lockHousehold, POOL_ROLES, readMemberships, requireMembership } from './household';
import { PoolNeedsOwner } from './sharing-refusals';

export const setPoolRoleSchema = z.object({ memberId: z.string(), role: z.enum(POOL_ROLES) });
export type SetPoolRole = z.output<typeof setPoolRoleSchema>;

/**
 * The owner says what another may do; OWNER hands the pool over, and who had it is an ADULT from then on. Repeating it changes nothing.
 * Answers with the pool. Throws PoolNeedsOwner, NotFound (pool or member).
 */
export async function setPoolRole(app: App, principal: Principal, { memberId, role }: SetPoolRole): Promise<Uuid> {
  const ownerId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const own = await requireMembership(client, ownerId);
    await lockHousehold(client, own.poolId);
    const members = await readMemberships(client, own.poolId);
    const other = members.find((each) => each.memberId === memberId);
    if (!other) throw new NotFound('Member');
    if (other.role === role) return own.poolId;
    if (members.find((each) => each.memberId === ownerId)?.role !== 'OWNER') throw new NotFound('Pool');
    if (memberId === ownerId) throw new PoolNeedsOwner();
    if (role === 'OWNER' && other.role === 'CHILD') throw new InvalidInput('input.role', 'A child does not own a pool. Make the member an ADULT first.');
    // One statement: at no moment has the pool no owner, or two.
    await client.query(
      `UPDATE household_member SET role = CASE WHEN member_id = $2 THEN $3 ELSE 'ADULT' END
       WHERE pool_id = $1 AND ended_at IS NULL AND (member_id = $2 OR ($3 = 'OWNER' AND member_id = $4))`,
      [own.poolId, memberId, role, ownerId],
    );
    return own.poolId;
  });
}
