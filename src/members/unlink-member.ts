import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { reasonSchema, recordChange } from '../access/record-change';
import type { App } from '../app';
import { auditName } from './asking-member';
import type { MemberRef } from './member-ref';
import { type ResolvedMember, resolveMember } from './resolve-members';
import { codesForOperation } from './till-code';

export const unlinkMemberSchema = z.object({ member: z.custom<MemberRef>(), reason: reasonSchema });
export type UnlinkMember = z.output<typeof unlinkMemberSchema>;

/** The brand knows the member no longer, until an identifier is presented again. Purchases and their returns stay possible by their own ids. Throws NotFound. */
export async function unlinkMember(app: App, principal: Principal, { member: ref, reason }: UnlinkMember): Promise<ResolvedMember> {
  const brandId = requireBrand(principal, { scope: 'members', roles: ['SUPPORT'] });
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const member = await resolveMember(app, tx, brandId, ref, { presented: 'look', codesFor: codesForOperation('unlinkMember', brandId) });
    // Also a link to somebody who was merged into this member: it leads here.
    await tx.client.query(
      `UPDATE brand_link SET unlinked_at = $3 WHERE brand_id = $1 AND unlinked_at IS NULL
         AND (member_id = $2 OR member_id IN (SELECT id FROM member WHERE merged_into = $2))`,
      [brandId, member.memberId, app.clock.now()],
    );
    await recordChange(app, tx, principal, { operation: 'unlinkMember', target: auditName(app, principal, member), member: member.memberId, reason });
    return member;
  });
}
