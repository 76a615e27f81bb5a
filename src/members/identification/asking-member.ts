import type { App } from '../../app';
import { type BrandPermission, requireBrand, requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { hasTerms } from '../../coalition/coalition/terms-in-force';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { findForOperator } from './find-for-operator';
import type { MemberRef } from './member-ref';
import { type ResolvedMember, readWallets, resolveMember, type Shown } from './resolve-members';
import { codesForOperation } from './till-code';
import { tellsBalance } from './what-is-told';

/** Which member a request is about: null means the member who asks. */
export type MemberOrSelf = MemberRef | null;

/** What is asked of whoever names a member, and what becomes of what is shown for it. */
export interface MemberPermission extends BrandPermission {
  /** The mutation that a till code is taken for; left out: it is only looked at, and finds whom the brand knows. */
  readonly takes?: string;
  /** See Shown; 'look' when left out. */
  readonly presented?: Shown['presented'];
}

/**
 * The member that a brand names, that the operator names by id or identifier, or who asks. Checks the permission first;
 * throws PermissionDenied, NotFound.
 */
async function requireMemberOrSelf(app: App, tx: Tx, principal: Principal, ref: MemberOrSelf, permission: MemberPermission): Promise<ResolvedMember> {
  if (principal.kind === 'member') {
    if (ref && ref.by !== 'id') throw new PermissionDenied('Only a brand or the operator may name a member by anything but its id.');
    const { memberId } = principal;
    const member = ref && ref.memberId !== memberId ? undefined : (await readWallets(tx.client, [memberId])).get(memberId);
    if (!member) throw new NotFound('Member');
    // A session that a brand minted too: it is of a confirmed link.
    return { ...member, proof: 'MEMBER' };
  }
  if (principal.kind === 'staff' && principal.ofOperator) {
    requireOperator(principal, permission.roles);
    if (!ref) throw new NotFound('Member');
    return findForOperator(app, tx, principal, ref, permission.roles);
  }
  const brandId = requireBrand(principal, permission);
  if (!ref) throw new NotFound('Member');
  const { takes, presented = 'look' } = permission;
  return resolveMember(app, tx, brandId, ref, { presented, codesFor: takes === undefined ? null : codesForOperation(takes, brandId) });
}

/** Runs work in one transaction of whoever asks, with the member it is about. */
export async function withMember<T>(
  app: App,
  principal: Principal,
  ref: MemberOrSelf,
  permission: MemberPermission,
  work: (tx: Tx, member: ResolvedMember) => T | Promise<T>,
): Promise<T> {
  // Before any connection is taken: a caller who may not ask must not be able to wait for one.
  if (principal.kind === 'client') requireBrand(principal, permission);
  return app.database.transaction(databasePrincipal(principal), async (tx) => work(tx, await requireMemberOrSelf(app, tx, principal, ref, permission)));
}

/**
 * The brand that asks, in a session that it minted too: it is told what it may know. null: the operator or the member,
 * who see by their role.
 */
export function brandThatAsks(principal: Principal): Uuid | null {
  return principal.kind === 'staff' && principal.ofOperator ? null : principal.brandId;
}

/**
 * Whether a brand is told what a wallet holds of a currency whose member an id names: over a confirmed link, under
 * terms. It presents nothing, and what it asks leaves no trace.
 */
export function isTold(brandId: Uuid, { proof }: Pick<ResolvedMember, 'proof'>, currencyId: number, snapshot: CoalitionSnapshot, now: Date): boolean {
  return tellsBalance({ proof, linked: true, repeated: false, dryRun: true, hasTerms: hasTerms(snapshot, brandId, currencyId, now) });
}

/**
 * That somebody is in a household is for its members and the operator to know: for no brand, nor for a session that one
 * minted (docs/decisions/0024).
 */
export function seesHousehold(principal: Principal): boolean {
  return principal.kind === 'member' ? principal.brandId === null : principal.kind === 'staff' && principal.ofOperator;
}

/**
 * Throws PermissionDenied unless whoever asks is a member, the operator in one of the roles, or a brand with the
 * permission. What they then see, row-level security says.
 */
export function requireReader(principal: Principal, permission: BrandPermission): void {
  if (principal.kind === 'member') return;
  if (principal.kind === 'staff' && principal.ofOperator) requireOperator(principal, permission.roles);
  else requireBrand(principal, permission);
}

/**
 * The member's name in the audit trail: the id that the brand of the entry sees, since it may read the entry. Also when
 * the member acted in a session of that brand.
 */
export function auditName(app: App, principal: Principal, member: Pick<ResolvedMember, 'memberId'>): string {
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  const audience = ofOperator ? 'coalition' : (principal.brandId ?? 'coalition');
  return `mem_${app.keys.toPairwise('member', audience, member.memberId).replaceAll('-', '')}`;
}
