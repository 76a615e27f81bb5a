import type { Principal } from '../access/principal';
import type { App } from '../app';
import { refusingBy } from '../database/constraint-refusal';
import { newUuid } from '../ids';
import { type MemberOrSelf, withMember } from './asking-member';
import { hashesFor, presentHolders } from './identifier-holders';
import type { Identifier } from './member-ref';
import { IdentifierTaken } from './member-refusals';
import type { ResolvedMember } from './resolve-members';

export interface AddIdentifier {
  readonly member: MemberOrSelf;
  readonly identifier: Identifier;
}

/** Gives a member one more identifier; one that the member has already stays as it is. Throws IdentifierTaken. */
export async function addIdentifier(app: App, principal: Principal, { member: ref, identifier }: AddIdentifier): Promise<ResolvedMember> {
  const attempt = () =>
    withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'] }, async ({ client }, member) => {
      const hashes = await hashesFor(app, client, principal, identifier, 'input.identifier.value');
      const { hash } = hashes;
      const holders = await presentHolders(client, identifier.kind, hashes);
      if (holders.some((holder) => holder !== member.memberId)) throw new IdentifierTaken(identifier.kind);
      if (holders.length > 0) return member;
      const brandId = principal.kind === 'member' ? null : principal.brandId;
      await client.query('INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at) VALUES ($1, $2, $3, $4, $5, $6)', [
        newUuid(),
        member.memberId,
        identifier.kind,
        hash,
        brandId,
        app.clock.now(),
      ]);
      return member;
    });
  return refusingBy({ member_identifier_one_owner: () => new IdentifierTaken(identifier.kind) }, attempt);
}
