import type { Uuid } from '../../platform/ids';
import { requireBrand, requireBrandOrOperator, requireOperator } from '../access/permissions';
import type { Principal } from '../access/principal';
import type { RuleKind } from './define-rule';
import type { RuleVersion } from './rule-version';

/**
 * Whose rule it is that the principal may set: a brand's, or, with null, the coalition's. `brandId` is the one that the
 * request names, if any. Throws PermissionDenied, NotFound.
 */
export function requireSetter(principal: Principal, { owner }: Pick<RuleKind<RuleVersion>, 'owner'>, brandId: Uuid | null): Uuid | null {
  const permission = { scope: 'catalogue', roles: ['PROGRAMME_MANAGER'] } as const;
  switch (owner) {
    case 'BRAND':
      return requireBrand(principal, permission);
    case 'COALITION':
      requireOperator(principal, permission.roles);
      return null;
    case 'EITHER': {
      const named = requireBrandOrOperator(principal, permission, brandId);
      return principal.kind === 'staff' && principal.ofOperator ? principal.brandId : named;
    }
  }
}
