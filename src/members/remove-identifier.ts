import { requireMemberLogin } from '../access/permissions';
import type { Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import type { App } from '../app';
import { NotFound } from '../refusal';
import type { AddIdentifier } from './add-identifier';
import { auditName, withMember } from './asking-member';
import { hashesFor, requireKeepableFor } from './identifier-holders';
import type { ResolvedMember } from './resolve-members';

/**
 * Takes an identifier from a member: whoever added it, the member's login, or the operator's support. From then on it finds nobody; a card is no other
 * brand's for 90 days. Throws NotFound, PermissionDenied for a session that a brand minted.
 */
export async function removeIdentifier(app: App, principal: Principal, { member: ref, identifier }: AddIdentifier): Promise<ResolvedMember> {
  if (principal.kind === 'member') requireMemberLogin(principal);
  return withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'], takes: 'removeIdentifier' }, async (tx, member) => {
    const { hash, spelled } = await hashesFor(app, tx.client, principal, identifier, 'input.identifier.value');
    const { rowCount } = await tx.client.query(
      'UPDATE member_identifier SET removed_at = $4 WHERE member_id = $1 AND kind = $2 AND hash = ANY ($3::bytea[]) AND removed_at IS NULL',
      [member.memberId, identifier.kind, spelled === null ? [hash] : [hash, spelled], app.clock.now()],
    );
    if (rowCount === 0) {
      // A number that is spelled as at home may be there: whoever asks is told how to spell it.
      await requireKeepableFor(app, tx.client, principal, identifier, 'input.identifier.value');
      throw new NotFound('Identifier');
    }
    await recordChange(app, tx, principal, {
      operation: 'removeIdentifier',
      target: auditName(app, principal, member),
      member: member.memberId,
      details: { kind: identifier.kind },
    });
    return member;
  });
}
