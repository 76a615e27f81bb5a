import type { App } from '../app';
import type { Uuid } from '../ids';
import { NotFound } from '../refusal';
import { requireMemberLogin, requireOperator } from './permissions';
import { databasePrincipal, type Principal } from './principal';
import { recordChange } from './record-change';

/** A login that is bound to a member. Who it is, only the identity provider knows. */
export interface BoundLogin {
  readonly id: Uuid;
  readonly addedAt: Date;
  /** Who made the claim code: a brand; null: the operator's support, or nobody knows, since it was bound before there were claim codes. */
  readonly claimedAt: Uuid | null;
  readonly removedAt: Date | null;
}

/** A member's logins, removed ones too, oldest first: for the member's own login and the operator's staff, null for anybody else. */
export async function listLogins(app: App, principal: Principal, memberId: Uuid): Promise<BoundLogin[] | null> {
  const sees = principal.kind === 'member' ? principal.brandId === null : principal.kind === 'staff' && principal.ofOperator;
  if (!sees) return null;
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query({
      name: 'list-logins',
      text: `SELECT i.id, i.added_at, c.brand_id, i.removed_at FROM member_identifier i LEFT JOIN login_claim c ON c.login_id = i.id
             WHERE i.member_id = $1 AND i.kind = 'LOGIN' ORDER BY i.added_at, i.id LIMIT 100`,
      values: [memberId],
    });
    return rows.map((row) => ({ id: row.id, addedAt: row.added_at, claimedAt: row.brand_id, removedAt: row.removed_at }));
  });
}

/** Takes a login from a member: the member by the own one, or the operator's support. Its tokens end within a minute. Throws NotFound, PermissionDenied. */
export async function removeLogin(app: App, principal: Principal, command: { readonly loginId: Uuid; readonly reason?: string | null }): Promise<void> {
  if (principal.kind === 'member') requireMemberLogin(principal);
  else requireOperator(principal, ['SUPPORT']);
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { rows } = await tx.client.query(
      "UPDATE member_identifier SET removed_at = coalesce(removed_at, $2) WHERE id = $1 AND kind = 'LOGIN' RETURNING member_id, removed_at = $2 AS now",
      [command.loginId, app.clock.now()],
    );
    if (rows.length === 0) throw new NotFound('Login');
    if (rows[0].now)
      await recordChange(app, tx, principal, { operation: 'removeLogin', target: command.loginId, member: rows[0].member_id, reason: command.reason });
  });
}
