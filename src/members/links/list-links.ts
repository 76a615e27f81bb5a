import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';

/** A brand that knows a member, or knew it. */
export interface ListedLink {
  readonly brandId: Uuid;
  readonly linkedAt: Date;
  /** Since when the brand may act for the member, and by what; null: it may not. */
  readonly confirmedAt: Date | null;
  readonly confirmedBy: 'ENROLMENT' | 'LOGIN' | 'TILL_CODE' | null;
  /** When it ended; null: it has not. */
  readonly unlinkedAt: Date | null;
}

/**
 * The brands that know a member or who was merged into the member, or did so, latest first, at most 100. For the
 * member's own login and the operator's staff; null for anybody else.
 */
export async function listLinks(app: App, principal: Principal, memberId: Uuid): Promise<ListedLink[] | null> {
  const sees = principal.kind === 'member' ? principal.brandId === null : principal.kind === 'staff' && principal.ofOperator;
  if (!sees) return null;
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ListedLink>({
      name: 'list-links',
      text: `SELECT brand_id AS "brandId", linked_at AS "linkedAt", confirmed_at AS "confirmedAt", confirmed_by AS "confirmedBy", unlinked_at AS "unlinkedAt"
             FROM brand_link WHERE member_id = ANY (ARRAY(SELECT merged_members($1)))
             ORDER BY unlinked_at IS NOT NULL, linked_at DESC, id DESC LIMIT 100`,
      values: [memberId],
    });
    return rows;
  });
}
