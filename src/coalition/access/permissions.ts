import type { Uuid } from '../../platform/ids';
import { InvalidInput, NotFound, PermissionDenied } from '../../platform/refusal';
import type { Principal, Scope, StaffRole } from './principal';

const DENIED = 'These credentials may not do this.';

/** What an operation of a brand asks for: an API client needs the scope, brand staff one of the roles. */
export interface BrandPermission {
  readonly scope: Scope;
  /** Staff roles that may do it too; none by default. */
  readonly roles?: readonly StaffRole[];
}

/** The brand that the principal acts for; throws PermissionDenied. */
export function requireBrand(principal: Principal, permission: BrandPermission): Uuid {
  if (principal.kind === 'client') {
    if (principal.scopes.has(permission.scope)) return principal.brandId;
    throw new PermissionDenied(`These credentials lack the scope "${permission.scope}".`);
  }
  if (principal.kind === 'staff' && permission.roles?.includes(principal.role)) return principal.brandId;
  const roles = permission.roles?.length ? `, or staff with the role ${permission.roles.join(' or ')}` : '';
  throw new PermissionDenied(`${DENIED} It asks for an API client with the scope "${permission.scope}"${roles}.`);
}

/**
 * Throws PermissionDenied unless the principal is the operator's staff in one of the roles; OPERATOR may do everything.
 */
export function requireOperator(principal: Principal, roles: readonly StaffRole[] = []): void {
  if (principal.kind === 'staff' && principal.ofOperator && (principal.role === 'OPERATOR' || roles.includes(principal.role))) return;
  throw new PermissionDenied(`${DENIED} It asks for the operator's staff with the role ${[...new Set([...roles, 'OPERATOR'])].join(' or ')}.`);
}

/**
 * The member that the principal is, come through an identity provider; throws PermissionDenied. A session that a brand
 * minted is not enough: the brand holds it. Nobody but the member may give points away or speak for the member in a
 * household (docs/decisions/0024).
 */
export function requireMemberLogin(principal: Principal): Uuid {
  if (principal.kind === 'member' && principal.brandId === null) return principal.memberId;
  throw new PermissionDenied(principal.kind === 'member' ? 'This asks for a login of the member at an identity provider.' : `${DENIED} It asks for a member.`);
}

/**
 * The brand whose affairs the operation is about: the principal's own (see requireBrand), or any for the operator's
 * staff in the permission's roles. `brandId` is the one asked for; null: the own one. Throws PermissionDenied, and
 * NotFound for another brand's.
 */
export function requireBrandOrOperator(principal: Principal, permission: BrandPermission, brandId: Uuid | null): Uuid {
  if (principal.kind === 'staff' && principal.ofOperator) {
    requireOperator(principal, permission.roles);
    return brandId ?? principal.brandId;
  }
  const own = requireBrand(principal, permission);
  if (brandId !== null && brandId !== own) throw new NotFound('Brand');
  return own;
}

/**
 * As requireBrandOrOperator, but the operator's staff have to name the brand: left out, it would be the operator's.
 * Throws InvalidInput.
 */
export function requireNamedBrand(principal: Principal, permission: BrandPermission, brandId: Uuid | null): Uuid {
  const named = requireBrandOrOperator(principal, permission, brandId);
  if (brandId === null && principal.kind === 'staff' && principal.ofOperator)
    throw new InvalidInput('input.brandId', "Say whose it is: a brand's id, or the operator's own.");
  return named;
}

/** Whoever runs a brand: its API clients, staff and partnerships. */
export const ADMIN = { scope: 'admin', roles: ['PROGRAMME_MANAGER'] } as const;
