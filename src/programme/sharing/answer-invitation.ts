import { z } from 'zod';
import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { type PoolRole, requireActive } from '../../members/households/household';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { optionalShare } from './contribution-share';
import { joinPoolRefusals } from './standing';

export const acceptInvitationSchema = z.object({ invitationId: z.string(), share: optionalShare });
export type AcceptInvitation = z.output<typeof acceptInvitationSchema>;

/** An invitation that the member has been sent. */
export interface ReceivedInvitation {
  readonly invitationId: Uuid;
  readonly poolId: Uuid;
  readonly role: PoolRole;
  readonly invitedAt: Date;
  readonly endsAt: Date;
}

/** Invitations that the member can accept now, oldest first, at most 100. */
export async function listInvitations(app: App, principal: Principal): Promise<ReceivedInvitation[]> {
  const memberId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ReceivedInvitation>(
      `SELECT id AS "invitationId", pool_id AS "poolId", role, invited_at AS "invitedAt", invitation_ends_at AS "endsAt" FROM household_member
       WHERE member_id = $1 AND joined_at IS NULL AND ended_at IS NULL AND invitation_ends_at > $2 ORDER BY invited_at, id LIMIT 100`,
      [memberId, app.clock.now()],
    );
    return rows;
  });
}

/**
 * The invited member joins. Repeating it changes nothing. Answers with the pool. Throws ALREADY_IN_POOL, NotFound (no
 * such invitation, or it has ended).
 */
export async function acceptInvitation(app: App, principal: Principal, { invitationId, share }: AcceptInvitation): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  return refusingBy({ household_member_one_pool: () => joinPoolRefusals.refuse('ALREADY_IN_POOL') }, () =>
    app.database.transaction(databasePrincipal(principal), async ({ client }) => {
      const { rows: joined } = await client.query<{ pool_id: Uuid }>(
        'SELECT pool_id FROM household_member WHERE id = $1 AND member_id = $2 AND joined_at IS NOT NULL AND ended_at IS NULL',
        [invitationId, memberId],
      );
      const [own] = joined;
      if (own) return own.pool_id;
      await requireActive(client, memberId);
      const { rows } = await client.query<{ pool_id: Uuid }>(
        `UPDATE household_member SET joined_at = $3, share_numerator = $4, share_denominator = $5
         WHERE id = $1 AND member_id = $2 AND joined_at IS NULL AND ended_at IS NULL AND invitation_ends_at > $3 RETURNING pool_id`,
        [invitationId, memberId, app.clock.now(), share.numerator, share.denominator],
      );
      const [joins] = rows;
      if (!joins) throw new NotFound('Invitation');
      return joins.pool_id;
    }),
  );
}

/** The invited member declines, or the pool's owner withdraws. Repeating it changes nothing. Throws NotFound. */
export async function endInvitation(app: App, principal: Principal, { invitationId }: { readonly invitationId: Uuid }): Promise<Uuid> {
  const memberId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<{ ended_at: Date | null }>(
      'SELECT ended_at FROM household_member WHERE id = $1 AND joined_at IS NULL AND (member_id = $2 OR pool_id = owned_pool())',
      [invitationId, memberId],
    );
    const [invitation] = rows;
    if (!invitation) throw new NotFound('Invitation');
    if (invitation.ended_at !== null) return invitationId;
    await client.query(
      `UPDATE household_member SET ended_at = $2, end_reason = CASE WHEN member_id = $3 THEN 'DECLINED' ELSE 'WITHDRAWN' END
       WHERE id = $1 AND joined_at IS NULL AND ended_at IS NULL`,
      [invitationId, app.clock.now(), memberId],
    );
    return invitationId;
  });
}
