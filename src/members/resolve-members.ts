import type { PoolClient } from 'pg';
import type { App } from '../app';
import type { Tx } from '../database/transaction';
import { newUuid, type Uuid } from '../ids';
import { NotFound, Refusal } from '../refusal';
import { type MemberRef, refHash } from './member-ref';

/** A member that the brand knows, with the wallet that points go to. */
export interface ResolvedMember {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** The wallet is locked against spending. */
  readonly locked: boolean;
  /** The wallet is closed for good; only lookAtMembers gives such members, so that a till hears why nothing is booked. */
  readonly closed: boolean;
}

/**
 * Finds the members that a brand's request names, in the order of `refs`; null for what the brand cannot know or what does not exist, or is closed.
 * Who was merged into another member is that one.
 * 'link': a member whose identifier is presented at the brand becomes known to it (a link of source PRESENTED), unless the transaction is
 * rolled back. 'look': only members that it knows already. One query a kind of reference, however many there are.
 */
export async function resolveMembers(
  app: App,
  tx: Tx,
  brandId: Uuid,
  refs: readonly MemberRef[],
  presented: 'link' | 'look' = 'link',
): Promise<(ResolvedMember | null)[]> {
  const found = await findAll(app, tx, brandId, refs, presented);
  return found.map((member) => (member?.closed ? null : member));
}

/** As resolveMembers, with those whose wallet is closed. */
async function findAll(
  app: App,
  tx: Pick<Tx, 'client'>,
  brandId: Uuid,
  refs: readonly MemberRef[],
  presented: 'link' | 'look',
): Promise<(ResolvedMember | null)[]> {
  const [byCustomerId, byIdentifier] = await Promise.all([findByCustomerIds(app, tx.client, brandId, refs), findByIdentifiers(app, tx.client, brandId, refs)]);
  const found = refs.map((ref, i) => (ref.by === 'id' ? ref.memberId : (byCustomerId.get(i) ?? byIdentifier.get(i) ?? null)));
  if (presented === 'link') await linkPresented(app, tx.client, brandId, [...byIdentifier.values()]);
  const wallets = await findWallets(tx.client, [...new Set(found.filter((id) => id !== null))]);
  return found.map((id) => (id === null ? null : (wallets.get(id) ?? null)));
}

/** The wallet is closed for good. */
class WalletClosed extends Refusal {
  constructor() {
    super({ code: 'WALLET_CLOSED', message: 'The wallet of this member is closed for good: nothing is earned or spent in it.' });
  }
}

/** Throws WalletClosed. The ledger refuses as well, in every currency that there was when the wallet was closed. */
export function requireOpenWallet({ closed }: ResolvedMember): void {
  if (closed) throw new WalletClosed();
}

/** One member; throws NotFound. */
export async function resolveMember(app: App, tx: Tx, brandId: Uuid, ref: MemberRef, presented: 'link' | 'look' = 'link'): Promise<ResolvedMember> {
  const [member] = await resolveMembers(app, tx, brandId, [ref], presented);
  if (!member) throw new NotFound('Member');
  return member;
}

/** Active members' wallets by the id that was asked for, as far as the transaction's principal may see them; a merged member's is the survivor's. */
export async function readWallets(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, ResolvedMember>> {
  const found = await findWallets(client, memberIds);
  return new Map([...found].filter(([, member]) => !member.closed));
}

async function findWallets(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, ResolvedMember>> {
  const members = await walletsOf(client, memberIds);
  const missing = memberIds.filter((id) => !members.has(id));
  if (missing.length === 0) return members;
  // Unknown here, or merged: a duplicate may be hidden from a brand that knows the survivor. Rare, so a look of its own.
  const text = 'SELECT asked, surviving_member(asked) AS survivor FROM unnest($1::uuid[]) AS asked';
  const { rows } = await client.query({ name: 'surviving-members', text, values: [missing] });
  const survivors = new Map<Uuid, Uuid>(rows.filter(({ asked, survivor }) => survivor !== null && survivor !== asked).map((row) => [row.asked, row.survivor]));
  if (survivors.size === 0) return members;
  const wallets = await walletsOf(client, [...new Set(survivors.values())]);
  for (const [asked, survivor] of survivors) {
    const member = wallets.get(survivor);
    if (member) members.set(asked, member);
  }
  return members;
}

/** Of members who were not merged into another one. */
async function walletsOf(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, ResolvedMember>> {
  if (memberIds.length === 0) return new Map();
  const { rows } = await client.query({
    name: 'resolve-wallets',
    text: `SELECT w.id, w.member_id, w.locked_at IS NOT NULL AS locked, m.status = 'CLOSED' AS closed
           FROM wallet w JOIN member m ON m.id = w.member_id WHERE w.member_id = ANY ($1::uuid[]) AND m.merged_into IS NULL`,
    values: [memberIds],
  });
  return new Map(rows.map((row) => [row.member_id, { memberId: row.member_id, walletId: row.id, locked: row.locked, closed: row.closed }]));
}

/** A member as a request finds it. */
export interface FoundMember extends ResolvedMember {
  /** Known to the brand only by what is presented just now: see knowPresented. */
  readonly isNew: boolean;
}

/**
 * Finds members as resolveMembers does, and leaves no trace: who presents something is known to the brand for as long as it takes to look.
 * What comes of it may be refused; see knowPresented. Members whose wallet is closed are found too: the ledger refuses whatever is asked of them.
 * `refs` may be of several requests: what one presents lets no other find a member.
 */
export async function lookAtMembers(app: App, tx: Pick<Tx, 'client'>, brandId: Uuid, refs: readonly MemberRef[]): Promise<(FoundMember | null)[]> {
  const known = await findAll(app, tx, brandId, refs, 'look');
  const presented = refs.filter((ref, at) => ref.by === 'identifier' && known[at] === null);
  if (presented.length === 0) return known.map((member) => member && { ...member, isNew: false });
  await tx.client.query('SAVEPOINT look');
  const met = await findAll(app, tx, brandId, presented, 'link');
  await tx.client.query('ROLLBACK TO SAVEPOINT look');
  const byRef = new Map(presented.map((ref, at) => [ref, met[at]]));
  return refs.map((ref, at) => {
    const member = known[at] ?? byRef.get(ref) ?? null;
    return member && { ...member, isNew: known[at] === null };
  });
}

/** Makes the members whose identifiers were presented known to the brand, once what they were presented for is booked. */
export async function knowPresented(app: App, brandId: Uuid, refs: readonly MemberRef[]): Promise<void> {
  const presented = refs.filter((ref) => ref.by === 'identifier');
  if (presented.length === 0) return;
  await app.database.transaction({ kind: 'brand', brandId }, async ({ client }) => {
    const found = await findByIdentifiers(app, client, brandId, presented);
    await linkPresented(app, client, brandId, [...found.values()]);
  });
}

async function findByCustomerIds(app: App, client: PoolClient, brandId: Uuid, refs: readonly MemberRef[]): Promise<Map<number, Uuid>> {
  const asked = refs.flatMap((ref, at) => (ref.by === 'customerId' ? [{ at, hash: refHash(app.keys, brandId, ref) }] : []));
  if (asked.length === 0) return new Map();
  const { rows } = await client.query({
    name: 'resolve-customer-ids',
    text: 'SELECT customer_hash, member_id FROM brand_link WHERE brand_id = $1 AND customer_hash = ANY ($2::bytea[]) AND unlinked_at IS NULL',
    values: [brandId, asked.map(({ hash }) => hash)],
  });
  const byHash = new Map(rows.map((row) => [row.customer_hash.toString('hex'), row.member_id]));
  return new Map(asked.flatMap(({ at, hash }) => (byHash.has(hash.toString('hex')) ? [[at, byHash.get(hash.toString('hex'))]] : [])));
}

async function findByIdentifiers(app: App, client: PoolClient, brandId: Uuid, refs: readonly MemberRef[]): Promise<Map<number, Uuid>> {
  const asked = refs.flatMap((ref, at) => (ref.by === 'identifier' ? [{ at, kind: ref.identifier.kind, hash: refHash(app.keys, brandId, ref) }] : []));
  if (asked.length === 0) return new Map();
  const { rows } = await client.query({
    name: 'resolve-identifiers',
    text: `SELECT at, find_member_by_identifier(kind, hash) AS member_id FROM unnest($1::int[], $2::text[], $3::bytea[]) AS asked (at, kind, hash)`,
    values: [asked.map(({ at }) => at), asked.map(({ kind }) => kind), asked.map(({ hash }) => hash)],
  });
  return new Map(rows.filter((row) => row.member_id !== null).map((row) => [row.at, row.member_id]));
}

async function linkPresented(app: App, client: PoolClient, brandId: Uuid, memberIds: readonly Uuid[]): Promise<void> {
  const presented = [...new Set(memberIds)];
  if (presented.length === 0) return;
  const { rows } = await client.query({
    name: 'linked-members',
    text: 'SELECT member_id FROM brand_link WHERE brand_id = $1 AND member_id = ANY ($2::uuid[]) AND unlinked_at IS NULL',
    values: [brandId, presented],
  });
  const linked = new Set(rows.map((row) => row.member_id));
  // In id order: two requests that present the same members would deadlock on the unique index otherwise.
  const missing = presented.filter((id) => !linked.has(id)).sort();
  if (missing.length === 0) return;
  await client.query({
    name: 'link-presented',
    text: `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at)
           SELECT id, $1, member_id, 'PRESENTED', $4 FROM unnest($2::uuid[], $3::uuid[]) AS new (id, member_id) ON CONFLICT DO NOTHING`,
    values: [brandId, missing.map(() => newUuid()), missing, app.clock.now()],
  });
}
