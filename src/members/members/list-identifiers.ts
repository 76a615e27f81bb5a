import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { withMember } from '../identification/asking-member';
import type { IdentifierKind } from '../identification/member-ref';
import { LOOKS_AT_MEMBERS } from './find-member';

/** Something that a member has; what it is, is kept as a hash only. */
export interface ListedIdentifier {
  readonly kind: IdentifierKind;
  /** The brand that added it; null: the member. */
  readonly brandId: Uuid | null;
  readonly addedAt: Date;
  /** It finds the member: not a claim that nobody has confirmed. */
  readonly active: boolean;
  /** When the member's login proved it; null: it did not. */
  readonly verifiedAt: Date | null;
}

/**
 * What a member is found by, oldest first. The member and the operator's staff see all of it, a brand what it added
 * itself; row-level security decides.
 */
export function listIdentifiers(app: App, principal: Principal, memberId: Uuid): Promise<ListedIdentifier[]> {
  return withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, async ({ client }, member) => {
    const { rows } = await client.query<RowOf<Omit<ListedIdentifier, 'brandId' | 'active'>> & { added_by_brand_id: Uuid | null; claim: boolean }>({
      name: 'list-identifiers',
      text: `SELECT kind, added_by_brand_id, added_at, claim, verified_at FROM member_identifier
             WHERE member_id = $1 AND kind <> 'LOGIN' AND removed_at IS NULL ORDER BY added_at, id LIMIT 100`,
      values: [member.memberId],
    });
    return rows.map((row) => ({ kind: row.kind, brandId: row.added_by_brand_id, addedAt: row.added_at, active: !row.claim, verifiedAt: row.verified_at }));
  });
}
