import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { capRefusals } from '../../coalition/coalition/amount-limits';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey } from '../../ledger/ledger/request-fields';
import { lockHousehold, MOST_HOUSEHOLD, requireMembership } from '../../members/households/household';
import type { MemberRef } from '../../members/identification/member-ref';
import { lookUpRefusals } from '../../members/identification/member-refusals';
import { DAY_MS } from '../../platform/clock';
import { refusingBy } from '../../platform/database/constraint-refusal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { derivedUuid, type Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { InvalidInput } from '../../platform/refusal';
import { count } from '../../platform/refusal-fields';
import { findRecipient } from './find-recipient';

/** What is refused where a member is invited. */
export const inviteToPoolRefusals = refusals(
  lookUpRefusals,
  capRefusals,
  keyRefusals,
  defineRefusal('ALREADY_INVITED', {
    description: 'The member is in the pool or invited to it already.',
    retrySafe: false,
    message: 'This member is in the pool or invited to it already.',
  }),
  defineRefusal('POOL_FULL', {
    description: 'The pool has as many members and open invitations as it may have.',
    retrySafe: false,
    fields: { most: count('How many those are.') },
    discloses: 'NOBODY',
    message: ({ most }) => `A household pool has at most ${most} members, open invitations counted. Remove or withdraw one first.`,
  }),
);

/** How long an invitation can be accepted. */
export const INVITATION_DAYS = 14;
/** Most invitations of a pool in 24 hours: each asks whether somebody is a member of the coalition. */
const MOST_A_DAY = 20;

export const inviteToPoolSchema = z.object({ idempotencyKey, member: z.custom<MemberRef>(), role: z.enum(['ADULT', 'CHILD']) });
export type InviteToPool = z.output<typeof inviteToPoolSchema>;

/**
 * The owner asks somebody into the pool; in it is who accepts. Answers with the pool. Refuses as inviteToPoolRefusals
 * lists; throws NotFound (pool or member), NotPoolOwner.
 */
export async function inviteToPool(app: App, principal: Principal, { idempotencyKey: key, member: ref, role }: InviteToPool): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  const id = derivedUuid('pool-invitation', memberId, key);
  return refusingBy({ household_member_once: () => inviteToPoolRefusals.refuse('ALREADY_INVITED') }, () =>
    app.database.transaction(databasePrincipal(principal), async (tx) => {
      const { client } = tx;
      const { poolId } = await requireMembership(client, memberId, 'OWNER');
      await lockHousehold(client, poolId);
      const invited = await findRecipient(app, tx, { party: memberId, brandId: null }, ref, 'input.member');
      if (invited.memberId === memberId) throw new InvalidInput('input.member', 'The owner is in the pool.');
      const { rows } = await client.query<{ member_id: Uuid; role: string; joined_at: Date | null }>(
        'SELECT surviving_member(member_id) AS member_id, role, joined_at FROM household_member WHERE id = $1',
        [id],
      );
      const [there] = rows;
      if (there) {
        const same = there.member_id === invited.memberId && (there.joined_at !== null || there.role === role);
        if (same) return poolId;
        throw keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
      }
      const now = app.clock.now();
      await makeRoom(client, poolId, now);
      await client.query(
        'INSERT INTO household_member (id, wallet_id, pool_id, member_id, role, invited_at, invitation_ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
        [id, invited.walletId, poolId, invited.memberId, role, now, new Date(now.getTime() + INVITATION_DAYS * DAY_MS)],
      );
      return poolId;
    }),
  );
}

/** Ends the invitations that nobody answered in time; throws POOL_FULL or CAP_REACHED when there is still no room. */
async function makeRoom(client: PoolClient, poolId: Uuid, now: Date): Promise<void> {
  await client.query(
    "UPDATE household_member SET ended_at = $2, end_reason = 'LAPSED' WHERE pool_id = $1 AND joined_at IS NULL AND ended_at IS NULL AND invitation_ends_at <= $2",
    [poolId, now],
  );
  const { rows } = await client.query<{ open: number; lately: number; first: Date }>(
    `SELECT count(*) FILTER (WHERE ended_at IS NULL)::int AS open, count(*) FILTER (WHERE invited_at > $2)::int AS lately, min(invited_at) FILTER (WHERE invited_at > $2) AS first
     FROM household_member WHERE pool_id = $1`,
    [poolId, new Date(now.getTime() - DAY_MS)],
  );
  const { open, lately, first } = only(rows);
  if (open >= MOST_HOUSEHOLD) throw inviteToPoolRefusals.refuse('POOL_FULL', { most: MOST_HOUSEHOLD });
  if (lately >= MOST_A_DAY) throw capRefusals.refuse('CAP_REACHED', { capLeft: 0, resetsAt: new Date(first.getTime() + DAY_MS) });
}
