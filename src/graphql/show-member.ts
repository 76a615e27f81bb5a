import type { Principal } from '../access/principal';
import type { MemberOrSelf } from '../members/asking-member';
import type { EnrolledMember } from '../members/enrol-members';
import { isNumber } from '../members/what-proves';
import { type Context, requirePrincipal } from './context';
import { showId } from './ids';
import { MemberType, WalletType } from './member.types';

/** A member and its wallet, by the ids that whoever asks knows them by. `ref`: what the member was found by; nothing is told on a number alone. */
export function showMember(ctx: Context, { memberId, walletId }: EnrolledMember, ref: MemberOrSelf = null): MemberType {
  const byNumber = ref?.by === 'identifier' && isNumber(ref.identifier.kind) && isOfBrand(requirePrincipal(ctx));
  const of = { memberId, byNumber };
  return Object.assign(new MemberType(), {
    of,
    id: showId(ctx, 'member', memberId),
    wallet: Object.assign(new WalletType(), { of, id: showId(ctx, 'wallet', walletId) }),
  });
}

/** A brand's client, staff, or a session that it minted. */
function isOfBrand(principal: Principal): boolean {
  return principal.kind === 'staff' ? !principal.ofOperator : principal.brandId !== null;
}
