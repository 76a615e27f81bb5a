import type { App } from '../../app';
import { requireBrandOrOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { toVelocityLimit, type VelocityLimit } from './velocity-limit';

/** Limits for a currency, ended ones too, newest first: a brand's own and those that the coalition holds it to; the operator's staff see all. */
export async function listVelocityLimits(
  app: App,
  principal: Principal,
  currency: string,
  page: { limit: number; below: Uuid | null },
): Promise<VelocityLimit[]> {
  requireBrandOrOperator(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] }, null);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query(
      `SELECT l.* FROM velocity_limit l JOIN currency c ON c.id = l.currency_id
       WHERE c.code = $1 AND ($2::uuid IS NULL OR l.id < $2) ORDER BY l.id DESC LIMIT $3`,
      [currency, page.below, page.limit],
    );
    return rows.map(toVelocityLimit);
  });
}
