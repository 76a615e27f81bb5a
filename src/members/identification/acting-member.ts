import type { App } from '../../app';
import { requireBrand, requireMemberLogin } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { type MemberRef, memberRefContent } from './member-ref';
import { type ResolvedMember, readWallets, resolveMembers } from './resolve-members';
import { numberRefusals } from './what-proves';

/** Who asks for something to be done with a member's points: the member, or a brand for the member it names. */
export type Asker =
  | { readonly party: Uuid; readonly brandId: null; readonly member: null }
  | { readonly party: Uuid; readonly brandId: Uuid; readonly member: MemberRef };

/**
 * A member with a login asks for itself, a brand's client with the scope redemptions for a member of its own, named in
 * `field`. In a session that a brand minted, the brand asks: it has to do so in its own name, under its own terms
 * (docs/decisions/0024). Throws PermissionDenied, NotFound, InvalidInput.
 */
export function requireAsker(principal: Principal, member: MemberRef | null, field: string): Asker {
  if (principal.kind !== 'member') {
    const brandId = requireBrand(principal, { scope: 'redemptions' });
    if (!member) throw new InvalidInput(field, 'Name the member whose points these are.');
    return { party: brandId, brandId, member };
  }
  const memberId = requireMemberLogin(principal);
  if (member && (member.by !== 'id' || member.memberId !== memberId)) throw new NotFound('Member');
  return { party: memberId, brandId: null, member: null };
}

/** The member as part of a request's content. */
export function memberContent(app: App, { party, member }: Asker): Readonly<Record<string, string>> | null {
  return member && memberRefContent(app.keys, party, member);
}

/**
 * The member whose points these are; throws NotFound, NUMBER_IS_NO_PROOF. A till code is taken for the request.
 */
export async function findActingMember(app: App, tx: Tx, asker: Asker, requestId: Uuid): Promise<ResolvedMember> {
  if (asker.brandId === null) {
    const self = (await readWallets(tx.client, [asker.party])).get(asker.party);
    if (!self) throw new NotFound('Member');
    return { ...self, proof: 'MEMBER' };
  }
  const [member] = await resolveMembers(app, tx, asker.brandId, [asker.member], { presented: 'look', codesFor: requestId });
  // A card shown at a till pays for what is bought there; it does not let the till give points to others, or change
  // them into others.
  if (member?.proof === 'NUMBER') throw numberRefusals.refuse('NUMBER_IS_NO_PROOF');
  if (member?.proof !== 'MEMBER') throw new NotFound('Member', ENROL_OR_CONFIRM);
  return member;
}

/** The same for a member who is unknown, closed, or has only shown a card. */
const ENROL_OR_CONFIRM = "Name a member that the brand has enrolled, or whose link is confirmed: by the member's login, or by a till code.";
