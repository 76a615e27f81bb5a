import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import type { Principal, StaffRole } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { NotFound, PermissionDenied } from '../../platform/refusal';
import { hashesFor, presentHolders } from './identifier-holders';
import type { Identifier, MemberRef } from './member-ref';
import { type ResolvedMember, readWallets } from './resolve-members';

/**
 * The member whom the operator's staff names: by id, or by an identifier that the member has told them. The latter is a
 * look at somebody who was found: it is in the change log, and shown to the member. Throws PermissionDenied, NotFound.
 */
export async function findForOperator(app: App, tx: Tx, principal: Principal, ref: MemberRef, roles: readonly StaffRole[] = []): Promise<ResolvedMember> {
  requireOperator(principal, roles);
  const memberId = ref.by === 'id' ? ref.memberId : await holderOf(app, tx, principal, ref);
  const member = (await readWallets(tx.client, [memberId])).get(memberId);
  if (!member) throw new NotFound('Member');
  if (ref.by === 'identifier')
    await recordChange(app, tx, principal, {
      operation: 'findMember',
      target: coalitionName(app, member.memberId),
      member: member.memberId,
      details: { kind: ref.identifier.kind },
    });
  // The operator answers for whom its staff name.
  return { ...member, proof: 'MEMBER' };
}

async function holderOf(app: App, { client }: Tx, principal: Principal, ref: MemberRef): Promise<Uuid> {
  if (ref.by !== 'identifier')
    throw new PermissionDenied('Only a brand may name a member by its customer id or a till code. Name the member by an identifier or id.');
  const { kind }: Identifier = ref.identifier;
  const holders = await presentHolders(client, kind, await hashesFor(app, client, principal, ref.identifier));
  const [holder, ...others] = holders;
  if (!holder) throw new NotFound('Member');
  if (others.length === 0) return holder;
  // Numbers of before they were brought into one form: for support to merge.
  throw new NotFound(
    'Member',
    `Two members have this number, in two spellings: ${holders.map((id) => coalitionName(app, id)).join(' and ')}. Propose a merge.`,
  );
}

/** The id that the operator knows a member by. */
function coalitionName(app: App, memberId: Uuid): string {
  return `mem_${app.keys.toPairwise('member', 'coalition', memberId).replaceAll('-', '')}`;
}
