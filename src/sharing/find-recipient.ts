import type { App } from '../app';
import type { Tx } from '../database/transaction';
import type { Uuid } from '../ids';
import { identifierHash, type MemberRef } from '../members/member-ref';
import { lookAtMembers } from '../members/resolve-members';
import { InvalidInput, NotFound } from '../refusal';

/** Somebody whom another gives points to, or invites: known by what was presented, and nothing is told of them. */
export interface Recipient {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
}

/**
 * The active member whom somebody names in `field`: a brand as it names any member, without coming to know who only receives; a member (brandId
 * null) by the other's identifier, or by an id that the other has shown; who was merged is the survivor. Unknown, closed and out of sight are one
 * NotFound.
 */
export async function findRecipient(app: App, tx: Tx, brandId: Uuid | null, ref: MemberRef, field: string): Promise<Recipient> {
  const [found] = brandId === null ? [] : await lookAtMembers(app, tx, brandId, [ref]);
  const recipient = brandId === null ? await findForMember(app, tx, ref, field) : found?.closed ? null : found;
  if (!recipient) throw new NotFound('Member');
  return { memberId: recipient.memberId, walletId: recipient.walletId };
}

async function findForMember(app: App, { client }: Tx, ref: MemberRef, field: string): Promise<Recipient | null> {
  if (ref.by === 'customerId' || ref.by === 'tillCode')
    throw new InvalidInput(`${field}.${ref.by}`, 'Customer ids and till codes are for brands. Name the member by an identifier or id.');
  const [kind, hash] = ref.by === 'id' ? [null, null] : [ref.identifier.kind, identifierHash(app.keys, ref.identifier, `${field}.identifier.value`)];
  const values: unknown[] = [ref.by === 'id' ? ref.memberId : null, kind, hash];
  const { rows } = await client.query({
    name: 'find-recipient',
    text: `SELECT asked.id, find_recipient(asked.id) AS wallet_id
           FROM (SELECT CASE WHEN $1::uuid IS NULL THEN find_member_by_identifier($2::text, $3::bytea) ELSE surviving_member($1::uuid) END AS id) asked`,
    values,
  });
  return rows[0].wallet_id ? { memberId: rows[0].id, walletId: rows[0].wallet_id } : null;
}
