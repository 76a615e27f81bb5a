import type { App } from '../../app';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { auditName, withMember } from '../identification/asking-member';
import { hashesFor, requireKeepableFor } from '../identification/identifier-holders';
import { findWallets, type ResolvedMember } from '../identification/member-look';
import { isNumber } from '../identification/what-proves';
import type { AddIdentifier } from './add-identifier';

/**
 * Takes an identifier from a member: whoever added it, the member's login, or the operator's support. From then on it
 * finds nobody; a card is no other brand's for 90 days. Where it was taken before nothing changes. Throws NotFound,
 * PermissionDenied for a session that a brand minted.
 */
export async function removeIdentifier(app: App, principal: Principal, command: AddIdentifier): Promise<ResolvedMember> {
  if (principal.kind === 'member') requireMemberLogin(principal);
  return take(app, principal, command).catch(async (error) => {
    // Who was named by the very identifier is not found by it any more.
    const member = error instanceof NotFound && databasePrincipal(principal).kind === 'brand' ? await takenBefore(app, principal, command) : null;
    if (member === null) throw error;
    return member;
  });
}

function take(app: App, principal: Principal, { member: ref, identifier }: AddIdentifier): Promise<ResolvedMember> {
  return withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'], takes: 'removeIdentifier' }, async (tx, member) => {
    const { hash, spelled } = await hashesFor(app, tx.client, principal, identifier, 'input.identifier.value');
    const named = [member.memberId, identifier.kind, spelled === null ? [hash] : [hash, spelled]];
    const { rowCount } = await tx.client.query(`UPDATE member_identifier SET removed_at = $4 WHERE ${NAMED} AND removed_at IS NULL`, [
      ...named,
      app.clock.now(),
    ]);
    if (rowCount === 0) {
      if ((await tx.client.query(`SELECT FROM member_identifier WHERE ${NAMED} LIMIT 1`, named)).rowCount === 1) return member;
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

async function takenBefore(app: App, principal: Principal, { member: ref, identifier }: AddIdentifier): Promise<ResolvedMember | null> {
  if (ref?.by !== 'identifier' || ref.identifier.kind !== identifier.kind) return null;
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const [{ hash, spelled }, named] = [
      await hashesFor(app, client, principal, identifier, 'input.identifier.value'),
      await hashesFor(app, client, principal, ref.identifier, 'input.member.identifier.value'),
    ];
    if (!hash.equals(named.hash)) return null;
    const { rows } = await client.query<{ member_id: Uuid }>(
      `SELECT surviving_member(member_id) AS member_id FROM member_identifier
       WHERE kind = $1 AND hash = ANY ($2::bytea[]) AND removed_at IS NOT NULL ORDER BY removed_at DESC LIMIT 1`,
      [identifier.kind, spelled === null ? [hash] : [hash, spelled]],
    );
    const [found] = rows;
    const member = found && (await findWallets(client, [found.member_id])).get(found.member_id);
    return member ? { ...member, proof: isNumber(identifier.kind) ? 'NUMBER' : member.proof } : null;
  });
}

/** Of those that whoever asks may see: a brand what it added. */
const NAMED = 'member_id = $1 AND kind = $2 AND hash = ANY ($3::bytea[])';
