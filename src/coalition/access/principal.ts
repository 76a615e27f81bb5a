import type { DatabasePrincipal } from '../../platform/database/database-principal';
import type { Uuid } from '../../platform/ids';

/** What an API client may be allowed to do, each for its own brand only. */
export const SCOPES = ['members', 'purchases', 'redemptions', 'catalogue', 'statements', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export type StaffRole = 'OPERATOR' | 'PROGRAMME_MANAGER' | 'FINANCE' | 'COMPLIANCE_OFFICER' | 'SUPPORT';

/** Of a brand that is suspended now. */
export interface Suspension {
  /** The brand's. */
  readonly code: string;
  readonly since: Date;
  /** Until then its API clients may tell what happened before (see requireAllowedWhileSuspended). */
  readonly settlesUntil: Date;
}

/**
 * Who a request comes from, as its token says. `suspended`: of the brand that it acts for, or that minted the session;
 * absent while there is none.
 */
export type Principal = (
  | { readonly kind: 'client'; readonly clientId: Uuid; readonly brandId: Uuid; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: 'staff'; readonly staffId: Uuid; readonly brandId: Uuid; readonly role: StaffRole; readonly ofOperator: boolean }
  /** brandId: the brand that minted the session; null when the member came through an identity provider. */
  | { readonly kind: 'member'; readonly memberId: Uuid; readonly brandId: Uuid | null }
) & { readonly suspended?: Suspension };

/**
 * Whose rows the principal may see. Staff of the operator see the coalition; staff of a brand see their brand; a minted
 * session what both member and brand may see.
 */
export function databasePrincipal(principal: Principal): DatabasePrincipal {
  if (principal.kind === 'member') return { kind: 'member', memberId: principal.memberId, brandId: principal.brandId };
  if (principal.kind === 'staff' && principal.ofOperator) return { kind: 'operator' };
  return { kind: 'brand', brandId: principal.brandId };
}

/** Whether a brand asks: its client, its staff, or a session that it minted. The operator's staff are no brand. */
export function isBrand(principal: Principal): boolean {
  return principal.kind === 'staff' ? !principal.ofOperator : principal.brandId !== null;
}

/** The principal's name in the audit trail: its kind and id, never a person's name. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'client') return `client:${principal.clientId}`;
  if (principal.kind === 'staff') return `staff:${principal.staffId}`;
  return `member:${principal.memberId}`;
}
