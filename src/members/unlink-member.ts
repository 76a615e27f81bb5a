import { z } from 'zod';
import { requireBrandOrOperator, requireMemberLogin } from '../access/permissions';
import type { Principal } from '../access/principal';
import { reasonSchema, recordChange } from '../access/record-change';
import type { App } from '../app';
import type { Uuid } from '../ids';
import { InvalidInput, NotFound } from '../refusal';
import { auditName, type MemberOrSelf, withMember } from './asking-member';
import type { ResolvedMember } from './resolve-members';

export const unlinkMemberSchema = z.object({ member: z.custom<MemberOrSelf>(), brandId: z.custom<Uuid | null>().optional(), reason: reasonSchema });
export type UnlinkMember = z.output<typeof unlinkMemberSchema>;

const SUPPORT = { scope: 'members', roles: ['SUPPORT'] } as const;

/**
 * The brand knows the member no longer, until an identifier is presented again: neither its customer id nor what confirmed the link is good any more.
 * Purchases and their returns stay possible by their own ids. By the brand; by the member's login and the operator's support for any brand, whatever
 * confirmed the link. Throws NotFound, PermissionDenied, InvalidInput.
 */
export async function unlinkMember(app: App, principal: Principal, { member: ref, brandId: named = null, reason }: UnlinkMember): Promise<ResolvedMember> {
  const brandId = unlinkedBrand(principal, named);
  const ofBrand = principal.kind === 'client' || (principal.kind === 'staff' && !principal.ofOperator);
  return withMember(app, principal, ref, { ...SUPPORT, takes: 'unlinkMember' }, async (tx, member) => {
    // Also a link to somebody who was merged into this member: it leads here.
    const { rowCount } = await tx.client.query(
      `UPDATE brand_link SET unlinked_at = $3 WHERE brand_id = $1 AND unlinked_at IS NULL
         AND (member_id = $2 OR member_id IN (SELECT id FROM member WHERE merged_into = $2))`,
      [brandId, member.memberId, app.clock.now()],
    );
    if (rowCount === 0) throw new NotFound('Link');
    const target = ofBrand ? auditName(app, principal, member) : brandId;
    await recordChange(app, tx, principal, { operation: 'unlinkMember', target, member: member.memberId, reason });
    return member;
  });
}

/** A member has no brand of its own: it says which. */
function unlinkedBrand(principal: Principal, named: Uuid | null): Uuid {
  if (principal.kind !== 'member') return requireBrandOrOperator(principal, SUPPORT, named);
  requireMemberLogin(principal);
  if (named === null) throw new InvalidInput('input.brandId', 'Say which brand is to know you no longer: see the links of me.');
  return named;
}
