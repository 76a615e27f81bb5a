import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import { requireBrand, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { type RuleKind, selectRules } from './define-rule';
import type { Row } from './rule-field';
import type { RuleVersion } from './rule-version';

/** Which versions of a rule: for a points currency, newest first. */
export interface RulePage {
  readonly currency: string;
  readonly limit: number;
  /** Below this number, or this id: what the kind is listed by. */
  readonly below: number | Uuid | null;
}

/**
 * Versions of the brand's own rule; of the coalition's, which like rates is published, for whoever is somebody. Where
 * either sets them: a brand's own and those that it is held to, and all for the operator. Throws PermissionDenied.
 */
export async function listRules<Rule extends RuleVersion>(app: App, principal: Principal, kind: RuleKind<Rule>, page: RulePage): Promise<Rule[]> {
  const { table, owner, ownerColumn, listedBy, toRule } = kind;
  const permission = { scope: 'catalogue', roles: ['PROGRAMME_MANAGER', 'SUPPORT', 'FINANCE'] } as const;
  if (owner === 'EITHER') requireBrandOrOperator(principal, permission, null);
  const brandId = owner === 'BRAND' ? requireBrand(principal, permission) : null;
  const own = brandId === null ? '' : `AND r.${ownerColumn} = $4`;
  const type = listedBy === 'id' ? 'uuid' : 'int';
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<Row>(
      `${selectRules(table)}
       WHERE c.code = $1 AND ($2::${type} IS NULL OR r.${listedBy} < $2) ${own} ORDER BY r.${listedBy} DESC LIMIT $3`,
      [page.currency, page.below, page.limit, ...(brandId === null ? [] : [brandId])],
    );
    return rows.map(toRule);
  });
}
