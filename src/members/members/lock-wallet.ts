import { z } from 'zod';
import type { App } from '../../app';
import { isBrand, type Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import { PermissionDenied } from '../../platform/refusal';
import { auditName, type MemberOrSelf, withMember } from '../identification/asking-member';
import type { ResolvedMember } from '../identification/resolve-members';
import { requireMemberProof } from '../identification/what-proves';

export const lockWalletSchema = z.object({ member: z.custom<MemberOrSelf>(), reason: reasonSchema });
export type LockWallet = z.output<typeof lockWalletSchema>;

/**
 * Locks the member's wallet against spending; earning goes on. By the member, a brand over a confirmed link, or the
 * operator. Throws MEMBER_NOT_CONFIRMED, NUMBER_IS_NO_PROOF.
 */
export async function lockWallet(app: App, principal: Principal, command: LockWallet): Promise<ResolvedMember> {
  return setLock(app, principal, command, true);
}

/**
 * Lifts the lock: the member's own decision, through an identity provider, or the operator's. A brand must not undo
 * what the member did to be safe, and it holds the sessions that it mints.
 */
export async function unlockWallet(app: App, principal: Principal, command: LockWallet): Promise<ResolvedMember> {
  if (isBrand(principal)) throw new PermissionDenied("A wallet's lock is lifted by the operator, or by its member with a login of an identity provider.");
  return setLock(app, principal, command, false);
}

async function setLock(app: App, principal: Principal, { member: ref, reason }: LockWallet, locked: boolean): Promise<ResolvedMember> {
  const member = await withMember(
    app,
    principal,
    ref,
    { scope: 'members', roles: ['SUPPORT'], takes: locked ? 'lockWallet' : 'unlockWallet' },
    async (tx, found) => {
      // Somebody's phone number must not be enough to keep them from their points.
      requireMemberProof(found);
      if (found.locked !== locked) {
        await tx.client.query('UPDATE wallet SET locked_at = $2, lock_reason = $3 WHERE id = $1', [
          found.walletId,
          locked ? app.clock.now() : null,
          locked ? (reason ?? null) : null,
        ]);
        await recordChange(app, tx, principal, {
          operation: locked ? 'lockWallet' : 'unlockWallet',
          target: auditName(app, principal, found),
          member: found.memberId,
          reason,
        });
      }
      return { ...found, locked };
    },
  );
  // The accounts decide. Should we be cut off before this, the wallet is refused by its own row when locked, and a
  // repetition sets the accounts right.
  await app.ledger.setSpendLock(member.walletId, locked);
  return member;
}
