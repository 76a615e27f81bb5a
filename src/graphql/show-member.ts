import type { EnrolledMember } from '../members/enrol-members';
import type { Context } from './context';
import { showId } from './ids';
import { MemberType, WalletType } from './member.types';

/** A member and its wallet, by the ids that whoever asks knows them by. */
export function showMember(ctx: Context, { memberId, walletId }: EnrolledMember): MemberType {
  const of = { memberId };
  return Object.assign(new MemberType(), {
    of,
    id: showId(ctx, 'member', memberId),
    wallet: Object.assign(new WalletType(), { of, id: showId(ctx, 'wallet', walletId) }),
  });
}
