import type { App } from '../../app';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { type RuleKind, selectRules } from './define-rule';
import type { Row } from './rule-field';
import type { RuleVersion } from './rule-version';

/** Which versions of a rule: for a points currency, newest first, below a version. */
export interface RulePage {
  readonly currency: string;
  readonly limit: number;
  readonly below: number | null;
}

/**
 * Versions of the brand's own rule; of the coalition's, which like rates is published, for whoever is somebody. Throws
 * PermissionDenied.
 */
export async function listRules<Rule extends RuleVersion>(app: App, principal: Principal, kind: RuleKind<Rule>, page: RulePage): Promise<Rule[]> {
  const brandId = kind.owner === 'BRAND' ? requireBrand(principal, { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] }) : null;
  const own = brandId === null ? '' : 'AND r.brand_id = $4';
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<Row>(`${selectRules(kind.table)} WHERE c.code = $1 AND r.version < $2 ${own} ORDER BY r.version DESC LIMIT $3`, [
      page.currency,
      page.below ?? 2_147_483_647,
      page.limit,
      ...(brandId === null ? [] : [brandId]),
    ]);
    return rows.map(kind.toRule);
  });
}
