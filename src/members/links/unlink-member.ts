import { z } from 'zod';
import type { App } from '../../app';
import { requireBrandOrOperator, requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { auditName, type MemberOrSelf, withMember } from '../identification/asking-member';
import { customerHashes, type MemberRef } from '../identification/member-ref';
import { isFound, lookAtMembers } from '../identification/resolve-members';

export const unlinkMemberSchema = z.object({ member: z.custom<MemberOrSelf>(), brandId: z.custom<Uuid | null>().optional(), reason: reasonSchema });
export type UnlinkMember = z.output<typeof unlinkMemberSchema>;

const SUPPORT = { scope: 'members', roles: ['SUPPORT'] } as const;

/**
 * The brand knows the member no longer, until an identifier is presented again: neither its customer id nor what
 * confirmed the link is good any more. Purchases and their returns stay possible by their own ids. By the brand; by the
 * member's login and the operator's support for any brand, whatever confirmed the link. Where it was ended before
 * nothing changes. Throws NotFound, PermissionDenied, InvalidInput.
 */
export async function unlinkMember(app: App, principal: Principal, command: UnlinkMember): Promise<{ readonly memberId: Uuid }> {
  const brandId = unlinkedBrand(principal, command.brandId ?? null);
  const ofBrand = principal.kind === 'client' || (principal.kind === 'staff' && !principal.ofOperator);
  return endLink(app, principal, command, brandId, ofBrand).catch(async (error) => {
    // The same request again finds nobody: the brand knows the member no longer.
    const memberId = error instanceof NotFound && ofBrand && command.member ? await unlinkedBefore(app, brandId, command.member) : null;
    if (memberId === null) throw error;
    return { memberId };
  });
}

async function endLink(
  app: App,
  principal: Principal,
  { member: ref, reason }: UnlinkMember,
  brandId: Uuid,
  ofBrand: boolean,
): Promise<{ readonly memberId: Uuid }> {
  return withMember(app, principal, ref, { ...SUPPORT, takes: 'unlinkMember' }, async (tx, member) => {
    const { memberId } = member;
    // Also a link to somebody who was merged into this member: it leads here.
    const { rowCount } = await tx.client.query(
      `UPDATE brand_link SET unlinked_at = $3 WHERE brand_id = $1 AND unlinked_at IS NULL
         AND member_id = ANY (ARRAY(SELECT merged_members($2)))`,
      [brandId, memberId, app.clock.now()],
    );
    if (rowCount === 0) {
      if (await wasLinked(tx, brandId, memberId)) return { memberId };
      throw new NotFound('Link');
    }
    const target = ofBrand ? auditName(app, principal, member) : brandId;
    await recordChange(app, tx, principal, { operation: 'unlinkMember', target, member: memberId, reason });
    return { memberId };
  });
}

async function wasLinked({ client }: Tx, brandId: Uuid, memberId: Uuid): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NOT NULL LIMIT 1', [
    brandId,
    memberId,
  ]);
  return rowCount === 1;
}

/**
 * Whom the brand knew by this reference, or whose it is. A link of its own has ended, so it is told nothing that it did
 * not know. null: nobody.
 */
function unlinkedBefore(app: App, brandId: Uuid, ref: MemberRef): Promise<Uuid | null> {
  return app.database.transaction({ kind: 'brand', brandId }, async (tx) => {
    const [condition, named] =
      ref.by === 'customerId'
        ? ['customer_hash = ANY ($2::bytea[])', hashesOf(app, brandId, ref.customerId)]
        : ['member_id = surviving_member($2)', ref.by === 'id' ? ref.memberId : await holderOf(app, tx, brandId, ref)];
    const { rows } = await tx.client.query<{ member_id: Uuid }>(
      `SELECT surviving_member(member_id) AS member_id FROM brand_link
       WHERE brand_id = $1 AND ${condition} AND unlinked_at IS NOT NULL ORDER BY unlinked_at DESC, id DESC LIMIT 1`,
      [brandId, named],
    );
    return rows[0]?.member_id ?? null;
  });
}

function hashesOf({ keys }: App, brandId: Uuid, customerId: string): Buffer[] {
  const { hash, spelled } = customerHashes(keys, brandId, customerId);
  return spelled === null ? [hash] : [hash, spelled];
}

async function holderOf(app: App, tx: Tx, brandId: Uuid, ref: MemberRef): Promise<Uuid | null> {
  const found = only(await lookAtMembers(app, tx, brandId, [ref], { as: 'till', id: brandId }));
  return isFound(found) ? found.memberId : null;
}

/** A member has no brand of its own: it says which. */
function unlinkedBrand(principal: Principal, named: Uuid | null): Uuid {
  if (principal.kind !== 'member') return requireBrandOrOperator(principal, SUPPORT, named);
  requireMemberLogin(principal);
  if (named === null) throw new InvalidInput('input.brandId', 'Say which brand is to know you no longer: see the links of me.');
  return named;
}
