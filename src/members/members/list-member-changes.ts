import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';

/** Something that was done about a member, or looked at. */
export interface MemberChange {
  readonly id: Uuid;
  readonly at: Date;
  /** Name of the operation, such as "addIdentifier". */
  readonly operation: string;
  /** The member; another one, who proved that something is theirs; a brand's client or staff; the operator's. */
  readonly by: 'MEMBER' | 'OTHER_MEMBER' | 'BRAND' | 'OPERATOR';
  /** null: a member did it. */
  readonly brandId: Uuid | null;
}

export interface ChangePage {
  readonly limit: number;
  readonly before: { readonly at: Date; readonly id: Uuid } | null;
}

/**
 * What was done about the member who asks, and about who was merged into the member, newest first: by whom, and not in
 * whose words. Throws PermissionDenied for all but a login of the member.
 */
export async function listMemberChanges(app: App, principal: Principal, { limit, before }: ChangePage): Promise<MemberChange[]> {
  const memberId = requireMemberLogin(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { operator } = await app.coalition.snapshot(client);
    const { rows } = await client.query<RowOf<Omit<MemberChange, 'by'>> & { own: boolean }>({
      name: 'member-changes',
      text: `SELECT id, at, operation, brand_id, actor = ANY (SELECT 'member:' || merged_members($1)) AS own FROM audit_entry
             WHERE member_id = ANY (ARRAY(SELECT merged_members($1))) AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3::uuid)) ORDER BY at DESC, id DESC LIMIT $4`,
      values: [memberId, before?.at ?? null, before?.id ?? null, limit],
    });
    return rows.map((row) => ({
      id: row.id,
      at: row.at,
      operation: row.operation,
      by: doneBy(row, operator?.id),
      brandId: row.brand_id,
    }));
  });
}

function doneBy({ own, brand_id: brandId }: { own: boolean; brand_id: Uuid | null }, operatorId: Uuid | undefined): MemberChange['by'] {
  if (brandId === null) return own ? 'MEMBER' : 'OTHER_MEMBER';
  return brandId === operatorId ? 'OPERATOR' : 'BRAND';
}
