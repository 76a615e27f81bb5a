import type { PoolClient } from 'pg';
import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { requireMemberLogin, requireOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';

/** A login that is bound to a member. Who it is, only the identity provider knows. */
export interface BoundLogin {
  readonly id: Uuid;
  readonly addedAt: Date;
  /**
   * Who made the claim code: a brand; null: the operator's support, or nobody knows, since it was bound before there
   * were claim codes.
   */
  readonly claimedAt: Uuid | null;
  readonly removedAt: Date | null;
}

/**
 * A member's logins, removed ones too, oldest first: for the member's own login and the operator's staff, null for
 * anybody else.
 */
export async function listLogins(app: App, principal: Principal, memberId: Uuid): Promise<BoundLogin[] | null> {
  const sees = principal.kind === 'member' ? principal.brandId === null : principal.kind === 'staff' && principal.ofOperator;
  if (!sees) return null;
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<{ id: Uuid; added_at: Date; brand_id: Uuid | null; removed_at: Date | null }>({
      name: 'list-logins',
      text: `SELECT i.id, i.added_at, c.brand_id, i.removed_at FROM member_identifier i LEFT JOIN login_claim c ON c.login_id = i.id
             WHERE i.member_id = $1 AND i.kind = 'LOGIN' ORDER BY i.added_at, i.id LIMIT 100`,
      values: [memberId],
    });
    return rows.map((row) => ({ id: row.id, addedAt: row.added_at, claimedAt: row.brand_id, removedAt: row.removed_at }));
  });
}

/**
 * Takes a login from a member: the member by the own one, or the operator's support. Its tokens end within a minute,
 * its till code at once. Support takes away one that is a stranger's: what it has confirmed is confirmed no longer,
 * also where the login was removed before. Throws NotFound, PermissionDenied.
 */
export async function removeLogin(app: App, principal: Principal, command: { readonly loginId: Uuid; readonly reason?: string | null }): Promise<void> {
  if (principal.kind === 'member') requireMemberLogin(principal);
  else requireOperator(principal, ['SUPPORT']);
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { rows } = await tx.client.query<{ member_id: Uuid; now: boolean }>(
      "UPDATE member_identifier SET removed_at = coalesce(removed_at, $2) WHERE id = $1 AND kind = 'LOGIN' RETURNING member_id, removed_at = $2 AS now",
      [command.loginId, app.clock.now()],
    );
    const [login] = rows;
    if (!login) throw new NotFound('Login');
    const { member_id: member, now } = login;
    const { reason } = command;
    if (now) await recordChange(app, tx, principal, { operation: 'removeLogin', target: command.loginId, member, reason });
    if (principal.kind === 'member') return;
    for (const brandId of await endConfirmations(tx.client, command.loginId))
      await recordChange(app, tx, principal, { operation: 'endConfirmation', target: brandId, member, reason });
  });
}

/**
 * Ends what the member's login, or a till code of it, has confirmed since this login was bound, and before the next one
 * was. Returns the brands. A login that came by a merge was bound to the duplicate.
 */
async function endConfirmations(client: PoolClient, loginId: Uuid): Promise<Uuid[]> {
  const { rows } = await client.query<{ brand_id: Uuid }>(
    `WITH RECURSIVE bound AS (
       SELECT i.member_id, i.hash, i.added_at, i.moved_from, i.removed_at AS until, i.member_id AS holder FROM member_identifier i WHERE i.id = $1
       UNION ALL
       SELECT i.member_id, i.hash, i.added_at, i.moved_from, b.until, b.holder FROM bound b
       JOIN member_identifier i ON i.member_id = b.moved_from AND i.kind = 'LOGIN' AND i.hash = b.hash AND i.removed_at = b.added_at
     ), term AS (
       SELECT b.holder, min(b.added_at) AS since,
         (SELECT min(n.added_at) FROM member_identifier n WHERE n.member_id = b.holder AND n.kind = 'LOGIN' AND n.added_at >= b.until) AS next
       FROM bound b GROUP BY b.holder, b.until
     )
     UPDATE brand_link l SET confirmed_at = NULL, confirmed_by = NULL FROM term t
     WHERE l.member_id = ANY (ARRAY(SELECT merged_members(t.holder))) AND l.unlinked_at IS NULL AND l.confirmed_by IN ('LOGIN', 'TILL_CODE')
       AND l.confirmed_at >= t.since AND (t.next IS NULL OR l.confirmed_at < t.next)
     RETURNING l.brand_id`,
    [loginId],
  );
  // A brand that knew a duplicate by a customer id of its own has two.
  return [...new Set(rows.map((row) => row.brand_id))];
}
