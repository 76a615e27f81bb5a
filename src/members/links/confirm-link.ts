import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';

/**
 * The member's login says that a brand's link is the member's will. From now on the brand may act on its own customer
 * id. Repeating it changes nothing. Throws PermissionDenied for a session that a brand minted, NotFound where the brand
 * does not know the member.
 */
export async function confirmLink(app: App, principal: Principal, brandId: Uuid): Promise<void> {
  const memberId = requireMemberLogin(principal);
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { client } = tx;
    const { rows } = await client.query<{ id: Uuid; confirmed_at: Date | null }>(
      'SELECT id, confirmed_at FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NULL FOR NO KEY UPDATE',
      [brandId, memberId],
    );
    const [link] = rows;
    if (!link) throw new NotFound('Link', 'Confirm a brand that knows you: one where you have shown a card, or that has linked you.');
    if (link.confirmed_at !== null) return;
    await client.query("UPDATE brand_link SET confirmed_at = $2, confirmed_by = 'LOGIN' WHERE id = $1", [link.id, app.clock.now()]);
    await recordChange(app, tx, principal, { operation: 'confirmLink', target: brandId });
  });
}
