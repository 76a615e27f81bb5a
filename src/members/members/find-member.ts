import type { App } from '../../app';
import { databasePrincipal, isBrand, type Principal } from '../../coalition/access/principal';
import type { BalanceAfter } from '../../ledger/ledger/posting';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { brandThatAsks, type MemberOrSelf, withMember } from '../identification/asking-member';
import type { MemberRef } from '../identification/member-ref';
import type { ResolvedMember } from '../identification/resolve-members';
import { type Expiry, nextExpiries, type PendingPoints, pendingPoints, readStanding, readWalletAccounts } from './read-balances';

/** Who may look at a member: a brand that knows it, the operator, the member. */
export const LOOKS_AT_MEMBERS = { scope: 'members', roles: ['SUPPORT', 'PROGRAMME_MANAGER', 'COMPLIANCE_OFFICER'] } as const;

export interface MemberProfile {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** null: a brand asks that did not enrol the member, or whose link is not confirmed. */
  readonly enrolledAt: Date | null;
  /** ISO 3166-1 or 3166-2, if known. null for a brand whose link is not confirmed, and so with what follows. */
  readonly jurisdiction: string | null;
  /** When the wallet was locked against spending; null: it is not. */
  readonly lockedAt: Date | null;
  /** In the words of whoever locked it: for the member and the operator only, since it may have been another brand. */
  readonly lockReason: string | null;
}

/** A member that whoever asks may see; null asks for oneself. Throws PermissionDenied, NotFound. */
export function findMember(app: App, principal: Principal, ref: MemberOrSelf): Promise<ResolvedMember> {
  return withMember(app, principal, ref, LOOKS_AT_MEMBERS, async (_tx, member) => member);
}

/**
 * The member who shows something at the brand, which knows the member from then on. Throws PermissionDenied, NotFound.
 */
export function meetMember(app: App, principal: Principal, ref: MemberRef): Promise<ResolvedMember> {
  return withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'], takes: 'useTillCode', presented: 'link' }, (_tx, member) => member);
}

/** Profiles of members that were found before, as far as whoever asks may see them. */
export function readProfiles(app: App, principal: Principal, memberIds: readonly Uuid[]): Promise<MemberProfile[]> {
  const ofBrand = isBrand(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<RowOf<Omit<MemberProfile, 'memberId'>> & { id: Uuid; confirmed: boolean; enrolled_here: boolean }>({
      name: 'member-profiles',
      text: `SELECT m.id, w.id AS wallet_id, m.enrolled_at, m.jurisdiction, w.locked_at, w.lock_reason, EXISTS (
               SELECT FROM brand_link l WHERE l.brand_id = (SELECT current_brand()) AND l.member_id = m.id AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL
             ) AS confirmed, m.enrolled_by_brand_id IS NOT DISTINCT FROM (SELECT current_brand()) AS enrolled_here
             FROM member m JOIN wallet w ON w.member_id = m.id WHERE m.id = ANY ($1::uuid[])`,
      values: [memberIds],
    });
    return rows.map((row) => {
      const shown = !ofBrand || row.confirmed;
      return {
        memberId: row.id,
        walletId: row.wallet_id,
        enrolledAt: shown && (!ofBrand || row.enrolled_here) ? row.enrolled_at : null,
        jurisdiction: shown ? row.jurisdiction : null,
        lockedAt: shown ? row.locked_at : null,
        lockReason: ofBrand ? null : row.lock_reason,
      };
    });
  });
}

export interface CurrencyBalance extends BalanceAfter {
  /** Code of the points currency. */
  readonly currency: string;
  /** At most 10. */
  readonly nextExpiries: readonly Expiry[];
  readonly pendingPoints: readonly PendingPoints[];
}

/**
 * A wallet's balances, a currency each, by code; null for a brand whose link is not confirmed. A brand is shown
 * currencies that it has terms for.
 */
export async function readWalletBalances(app: App, principal: Principal, memberId: Uuid): Promise<CurrencyBalance[] | null> {
  const brandId = brandThatAsks(principal);
  const accounts = await withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, ({ client }, member) =>
    member.proof === 'MEMBER' ? readWalletAccounts(app, client, member, brandId) : null,
  );
  if (!accounts) return null;
  return Promise.all(
    accounts.map(async (each) => {
      const standing = await readStanding(app, each);
      return { ...standing.balance, currency: each.currency.code, nextExpiries: nextExpiries(standing), pendingPoints: pendingPoints(standing) };
    }),
  );
}
