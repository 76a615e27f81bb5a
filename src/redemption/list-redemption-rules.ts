import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import { type RedemptionRule, toRedemptionRule } from './redemption-rule';

/** Versions of the brand's redemption rule for a currency, newest first, below a version. */
export async function listRedemptionRules(
  app: App,
  principal: Principal,
  currency: string,
  page: { limit: number; below: number | null },
): Promise<RedemptionRule[]> {
  const brandId = requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] });
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query(
      `SELECT r.* FROM redemption_rule r JOIN currency c ON c.id = r.currency_id
       WHERE r.brand_id = $1 AND c.code = $2 AND r.version < $3 ORDER BY r.version DESC LIMIT $4`,
      [brandId, currency, page.below ?? 2_147_483_647, page.limit],
    );
    return rows.map(toRedemptionRule);
  });
}
