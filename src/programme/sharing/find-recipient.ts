import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { countFailedLookUps, lookUpsUsedUp } from '../../members/identification/failed-look-ups';
import { presentHolders } from '../../members/identification/identifier-holders';
import { type Identifier, identifierHashes, type MemberRef } from '../../members/identification/member-ref';
import { identificationRefusals } from '../../members/identification/member-refusals';
import { isFound, lookAtMembers } from '../../members/identification/resolve-members';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { InvalidInput, NotFound } from '../../platform/refusal';

/** Somebody whom another gives points to, or invites: known by what was presented, and nothing is told of them. */
export interface Recipient {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
}

/** Who names somebody: a brand, or a member (brandId null). */
interface Finding {
  readonly party: Uuid;
  readonly brandId: Uuid | null;
}

/**
 * The active member whom somebody names in `field`. A brand names any member, without coming to know who only receives.
 * A member names another by identifier, or by an id that the other has shown. Who was merged is the survivor. Unknown,
 * closed and out of sight are one NotFound.
 */
export async function findRecipient(app: App, tx: Tx, { party, brandId }: Finding, ref: MemberRef, field: string): Promise<Recipient> {
  const recipient = brandId === null ? await findForMember(app, tx, party, ref, field) : await findForBrand(app, tx, brandId, ref);
  if (!recipient) throw new NotFound('Member');
  return { memberId: recipient.memberId, walletId: recipient.walletId };
}

async function findForBrand(app: App, tx: Tx, brandId: Uuid, ref: MemberRef): Promise<Recipient | null> {
  const found = only(await lookAtMembers(app, tx, brandId, [ref], { as: 'till', id: brandId }));
  if (isFound(found)) return found.closed ? null : found;
  if (found.code === 'MEMBER_UNKNOWN') return null;
  if (found.code === 'IDENTIFIER_AMBIGUOUS') throw new NotFound('Member', found.message);
  throw found;
}

async function findForMember(app: App, { client }: Tx, self: Uuid, ref: MemberRef, field: string): Promise<Recipient | null> {
  if (ref.by === 'customerId' || ref.by === 'tillCode')
    throw new InvalidInput(`${field}.${ref.by}`, 'Customer ids and till codes are for brands. Name the member by an identifier or id.');
  const memberId = ref.by === 'id' ? ref.memberId : await findByIdentifier(app, client, self, ref.identifier, field);
  if (memberId === null) return null;
  const { rows } = await client.query<{ id: Uuid; wallet_id: Uuid | null }>({
    name: 'find-recipient',
    text: 'SELECT asked.id, find_recipient(asked.id) AS wallet_id FROM surviving_member($1) AS asked (id)',
    values: [memberId],
  });
  const { id, wallet_id: walletId } = only(rows);
  return walletId ? { memberId: id, walletId } : null;
}

/** Numbers are dialled with their country code: a member is at home nowhere in particular. */
async function findByIdentifier(app: App, client: PoolClient, self: Uuid, identifier: Identifier, field: string): Promise<Uuid | null> {
  const by = { as: 'member', id: self } as const;
  const usedUp = lookUpsUsedUp(app, by);
  if (usedUp) throw usedUp;
  const holders = await presentHolders(client, identifier.kind, identifierHashes(app.keys, identifier, null, `${field}.identifier.value`));
  if (holders.length === 0) countFailedLookUps(app, by, 1);
  if (holders.length > 1) throw new NotFound('Member', identificationRefusals.refuse('IDENTIFIER_AMBIGUOUS').message);
  return holders[0] ?? null;
}
