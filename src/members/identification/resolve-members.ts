import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { creditRefusals } from '../../ledger/ledger/ledger-refusals';
import { pipelineReads } from '../../platform/database/pipeline';
import type { Tx } from '../../platform/database/transaction';
import { newUuid, type Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { isRefusal, NotFound, type Refusal } from '../../platform/refusal';
import { countFailedLookUps, type LooksUp, lookUpsUsedUp } from './failed-look-ups';
import { dialledIn, type Holder, type International, isPhone } from './identifier-look';
import { findWallets, MemberLook, type ResolvedMember, type TillCodeUse } from './member-look';
import { type HashedRef, hashRef, type MemberRef } from './member-ref';
import { identificationRefusals } from './member-refusals';
import { recordAboutMembers } from './record-about-members';

export type { ResolvedMember } from './member-look';

/** What a request does with what is shown for it. */
export interface Shown {
  /**
   * 'link': a member whose identifier is presented at the brand becomes known to it (a link of source PRESENTED),
   * unless the transaction is rolled back. 'look': only members that it knows already.
   */
  readonly presented: 'link' | 'look';
  /**
   * The request that a till code is taken for, whose repetitions find the member again; null: it is looked at, and
   * stays good.
   */
  readonly codesFor: Uuid | null;
}

/**
 * Finds the members that a brand's request names, in the order of `refs`; null for what the brand cannot know or what
 * does not exist, or is closed. Who was merged into another member is that one. One query a kind of reference, however
 * many there are. Throws FAILED_LOOK_UPS_USED_UP where members become known.
 */
export async function resolveMembers(
  app: App,
  tx: Tx,
  brandId: Uuid,
  refs: readonly MemberRef[],
  { presented, codesFor }: Shown,
): Promise<(ResolvedMember | null)[]> {
  const asked = hashed(app, brandId, refs);
  const requests = asked.map(({ by }) => (by === 'tillCode' ? codesFor : null));
  const look = new MemberLook(brandId, asked, await dialledAt(app, tx.client, brandId, asked), { at: app.clock.now(), requests });
  const by: LooksUp = { as: 'till', id: brandId };
  const usedUp = presented === 'link' ? lookUpsUsedUp(app, by) : null;
  const found = await findAll(app, tx, look, usedUp ? 'look' : presented);
  // Where only who is known is found, who is unknown and who is nobody are told alike.
  if (presented === 'link') countFailedLookUps(app, by, failedOf(look));
  if (usedUp && asked.some((ref, at) => ref.by === 'identifier' && found[at] === null)) throw usedUp;
  for (const at of asked.keys()) if (look.isAmbiguous(at)) throw new NotFound('Member', identificationRefusals.refuse('IDENTIFIER_AMBIGUOUS').message);
  return found.map((member, at) => (member?.closed || !look.isInForce(at) ? null : member));
}

/** As resolveMembers, with those whose wallet is closed, and those whose the identifier is no longer. */
async function findAll(app: App, { client }: Pick<Tx, 'client'>, look: MemberLook, presented: Shown['presented']): Promise<(ResolvedMember | null)[]> {
  await pipelineReads(client, look.readings);
  if (presented === 'link') await linkPresented(app, client, look.brandId, identifiedBy(look, false), 'from now on');
  return look.resolve(client);
}

function hashed({ keys }: App, brandId: Uuid, refs: readonly MemberRef[]): HashedRef[] {
  return refs.map((ref) => hashRef(keys, brandId, ref));
}

/**
 * Whom identifiers and till codes among the references belong to; `before`: or belonged to when they were presented.
 */
function identifiedBy(look: MemberLook, before: boolean): Uuid[] {
  return look.ids.filter((id, at): id is Uuid => id !== null && look.isShown(at) && (before || look.isInForce(at)));
}

/** How phone numbers among the references are dialled: as in the brand's country. */
export async function dialledAt(app: App, client: PoolClient, brandId: Uuid, refs: readonly HashedRef[]): Promise<International> {
  const snapshot = refs.some(isPhone) ? await app.coalition.snapshot(client) : null;
  return dialledIn(app.keys, snapshot?.brandsById.get(brandId)?.country ?? null);
}

/** Throws WALLET_CLOSED. The ledger refuses as well, in every currency that there was when the wallet was closed. */
export function requireOpenWallet({ closed }: Pick<ResolvedMember, 'closed'>): void {
  if (closed) throw creditRefusals.refuse('WALLET_CLOSED', { message: 'The wallet of this member is closed for good: nothing is earned or spent in it.' });
}

/** One member; throws NotFound. */
export async function resolveMember(app: App, tx: Tx, brandId: Uuid, ref: MemberRef, shown: Shown): Promise<ResolvedMember> {
  const [member] = await resolveMembers(app, tx, brandId, [ref], shown);
  if (!member) throw new NotFound('Member');
  return member;
}

/**
 * Active members' wallets by the id that was asked for, as far as the transaction's principal may see them; a merged
 * member's is the survivor's.
 */
export async function readWallets(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, ResolvedMember>> {
  const found = await findWallets(client, memberIds);
  return new Map([...found].filter(([, member]) => !member.closed));
}

/** A member as a request finds it. */
export interface FoundMember extends ResolvedMember {
  /** Known to the brand only by what is presented just now: see knowPresented. */
  readonly isNew: boolean;
  /** Named by something that is the member's now, not only then: without it nothing is burned. */
  readonly inForce: boolean;
  /** Something is to be written once it is booked: see knowPresented. */
  readonly toKnow: boolean;
}

/** The member, or why there is none: a refusal that is not stored, for the same request may find the member later. */
export type FoundOrNot = FoundMember | Refusal;

export function isFound(found: FoundOrNot): found is FoundMember {
  return !isRefusal(found);
}

/**
 * Finds members as resolveMembers does, and leaves no trace: who presents something is known to the brand for as long
 * as it takes to look. What comes of it may be refused; see knowPresented. Members whose wallet is closed are found
 * too: the ledger refuses whatever is asked of them. Only who has an identifier now is found by it. `by`: whose failed
 * look-ups are counted; a 'file' counts its own, once it knows who became a member.
 */
export async function lookAtMembers(app: App, tx: Pick<Tx, 'client'>, brandId: Uuid, refs: readonly MemberRef[], by: LooksUp): Promise<FoundOrNot[]> {
  const asked = hashed(app, brandId, refs);
  const international = await dialledAt(app, tx.client, brandId, asked);
  const look = new MemberLook(brandId, asked, international, lookedAt(app));
  await pipelineReads(tx.client, look.readings);
  const found = await membersOf(app, tx, look, by);
  return found.map((each, at) => (isFound(each) && !each.inForce ? identificationRefusals.refuse('MEMBER_UNKNOWN', { ref: itemAt(asked, at) }) : each));
}

/**
 * What lookAtMembers gives, of a look whose readings were read, with who had an identifier at the moment that its
 * reference names.
 */
export async function foundMembers(app: App, tx: Pick<Tx, 'client'>, look: MemberLook): Promise<FoundOrNot[]> {
  return membersOf(app, tx, look, { as: 'till', id: look.brandId });
}

async function membersOf(app: App, tx: Pick<Tx, 'client'>, look: MemberLook, by: LooksUp): Promise<FoundOrNot[]> {
  const { brandId, refs, international } = look;
  const known = await look.resolve(tx.client);
  const presented = refs.filter((_ref, at) => known[at] === null && look.ids[at] !== null && look.isShown(at));
  const met = presented.length === 0 ? [] : await meet(app, tx, brandId, () => new MemberLook(brandId, presented, international, lookedAt(app)));
  const byRef = new Map(presented.map((ref, at) => [ref, met[at]]));
  const usedUp = lookUpsUsedUp(app, by);
  if (by.as !== 'file') countFailedLookUps(app, by, failedOf(look));
  return refs.map((ref, at) => {
    // Whether it is somebody's or nobody's: it is told alike.
    if (usedUp && ref.by === 'identifier' && known[at] === null) return usedUp;
    if (look.isAmbiguous(at)) return identificationRefusals.refuse('IDENTIFIER_AMBIGUOUS');
    const member = known[at] ?? byRef.get(ref) ?? null;
    return member === null ? identificationRefusals.refuse('MEMBER_UNKNOWN', { ref }) : toFound(member, look.holder(at), known[at] === null);
  });
}

/** How many cards, codes and numbers are nobody's. */
function failedOf(look: MemberLook): number {
  return look.refs.filter((ref, at) => ref.by === 'identifier' && look.holder(at) === undefined).length;
}

/** Till codes are looked at, and taken by nobody. */
export function lookedAt(app: App): TillCodeUse {
  return { at: app.clock.now(), requests: [] };
}

/**
 * Looks twice: whom the brand knows by now is read together with what leads there, so that nothing of it ends in
 * between (see ResolvedMember.proofsEnded).
 */
async function meet(app: App, { client }: Pick<Tx, 'client'>, brandId: Uuid, newLook: () => MemberLook): Promise<(ResolvedMember | null)[]> {
  await client.query('SAVEPOINT look');
  const [first, second] = [newLook(), newLook()];
  await pipelineReads(client, first.readings);
  await linkPresented(app, client, brandId, identifiedBy(first, true), 'for a look');
  await pipelineReads(client, second.readings);
  const met = await second.resolve(client);
  await client.query('ROLLBACK TO SAVEPOINT look');
  return met;
}

function toFound({ memberId, walletId, locked, proofsEnded, closed, proof }: ResolvedMember, holder: Holder | undefined, isNew: boolean): FoundMember {
  const inForce = holder?.inForce ?? true;
  return { memberId, walletId, locked, proofsEnded, closed, proof, isNew, inForce, toKnow: inForce && (isNew || holder?.bySpelling === true) };
}

export async function linkPresented(
  app: App,
  client: PoolClient,
  brandId: Uuid,
  memberIds: readonly Uuid[],
  known: 'from now on' | 'for a look',
): Promise<void> {
  const presented = [...new Set(memberIds)];
  if (presented.length === 0) return;
  const { rows } = await client.query<{ member_id: Uuid }>({
    name: 'linked-members',
    text: 'SELECT member_id FROM brand_link WHERE brand_id = $1 AND member_id = ANY ($2::uuid[]) AND unlinked_at IS NULL',
    values: [brandId, presented],
  });
  const linked = new Set(rows.map((row) => row.member_id));
  // In id order: two requests that present the same members would deadlock on the unique index otherwise.
  const missing = presented.filter((id) => !linked.has(id)).sort();
  if (missing.length === 0) return;
  const { rows: met } = await client.query<{ member_id: Uuid }>({
    name: 'link-presented',
    text: `INSERT INTO brand_link (id, brand_id, member_id, source, linked_at)
           SELECT id, $1, member_id, 'PRESENTED', $4 FROM unnest($2::uuid[], $3::uuid[]) AS new (id, member_id)
           WHERE $5::boolean OR NOT EXISTS (SELECT FROM brand WHERE id = $1 AND status = 'SUSPENDED') ON CONFLICT DO NOTHING RETURNING member_id`,
    // A suspended brand looks, for what happened before, and comes to know nobody by it.
    values: [brandId, missing.map(() => newUuid()), missing, app.clock.now(), known === 'for a look'],
  });
  if (known === 'from now on' && met.length > 0)
    await recordAboutMembers(app, client, { actor: `brand:${brandId}`, brandId, operation: 'meetMember', memberIds: met.map((row) => row.member_id) });
}
