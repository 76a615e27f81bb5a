import type { Principal } from '../access/principal';
import type { App } from '../app';
import { NotFound } from '../refusal';
import type { AddIdentifier } from './add-identifier';
import { withMember } from './asking-member';
import { hashesFor } from './identifier-holders';
import type { ResolvedMember } from './resolve-members';

/** Takes an identifier from a member; a brand may take what it added itself. From then on it finds nobody. Throws NotFound. */
export async function removeIdentifier(app: App, principal: Principal, { member: ref, identifier }: AddIdentifier): Promise<ResolvedMember> {
  return withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'] }, async ({ client }, member) => {
    const { hash, spelled } = await hashesFor(app, client, principal, identifier, 'input.identifier.value');
    const { rowCount } = await client.query(
      'UPDATE member_identifier SET removed_at = $4 WHERE member_id = $1 AND kind = $2 AND hash = ANY ($3::bytea[]) AND removed_at IS NULL',
      [member.memberId, identifier.kind, spelled === null ? [hash] : [hash, spelled], app.clock.now()],
    );
    if (rowCount === 0) throw new NotFound('Identifier');
    return member;
  });
}
