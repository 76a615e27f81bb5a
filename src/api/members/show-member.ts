import type { ResolvedMember } from '../../members/identification/member-look';
import type { Context } from '../graphql/context';
import { showId } from '../graphql/pairwise-ids';
import { MemberType, WalletType } from './member.types';

/**
 * A member and its wallet, by the ids that whoever asks knows them by. On a number alone nothing of them is told: see
 * Proof.
 */
export function showMember(ctx: Context, { memberId, walletId, proof }: Pick<ResolvedMember, 'memberId' | 'walletId' | 'proof'>): MemberType {
  const of = { memberId, byNumber: proof === 'NUMBER' };
  return Object.assign(new MemberType(), {
    of,
    id: showId(ctx, 'member', memberId),
    wallet: Object.assign(new WalletType(), { of, id: showId(ctx, 'wallet', walletId) }),
  });
}
