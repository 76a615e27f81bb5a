import type { PoolClient } from 'pg';
import { byteaArray, uuidArray } from '../../platform/database/array-arguments';
import { pipelineReads, type RawRow, type Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { type Holder, IdentifierLook, type International, type MemberRow, type WalletRow } from './identifier-look';
import type { HashedRef } from './member-ref';
import { type Proof, proofOf } from './what-proves';

/** A member as a request names it, and the wallet that points go to. */
export interface ResolvedMember {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** The wallet is locked against spending. */
  readonly locked: boolean;
  /**
   * How often something that proved the member had ended: read no later than what proves this request, and compared
   * when it is booked (whileProved).
   */
  readonly proofsEnded: number;
  /**
   * The wallet is closed for good; only lookAtMembers gives such members, so that a till hears why nothing is booked.
   */
  readonly closed: boolean;
  /**
   * What stands behind the request: worked out with the reference that names the member, so that nobody has to ask the
   * link instead.
   */
  readonly proof: Proof;
}

/** What is read of a member. */
interface SeenMember extends Omit<ResolvedMember, 'proof'> {
  /** The link of the brand whose transaction it is was confirmed. False where no brand asks. */
  readonly confirmed: boolean;
}

function named(ref: HashedRef, { memberId, walletId, locked, proofsEnded, closed, confirmed }: SeenMember): ResolvedMember {
  return { memberId, walletId, locked, proofsEnded, closed, proof: proofOf(ref, confirmed) };
}

/** How till codes among the references are taken. */
export interface TillCodeUse {
  readonly at: Date;
  /**
   * In the order of the references: the request that each is used for, once; null: it is only looked at, and stays
   * good.
   */
  readonly requests: readonly (Uuid | null)[];
}

/**
 * The members that a brand's requests name, and their wallets, found by one statement for each kind of reference,
 * however many there are. Read the readings in the brand's transaction, then ask for the members.
 */
export class MemberLook {
  readonly readings: readonly Reading<void>[];
  private readonly memberIds: (Uuid | null)[];
  private readonly members = new Map<Uuid, SeenMember>();
  private readonly identifiers: IdentifierLook;
  private readonly chosen = new Map<number, Holder>();
  private readonly ambiguous = new Set<number>();
  private readonly codes: ReadonlySet<number>;

  constructor(
    readonly brandId: Uuid,
    readonly refs: readonly HashedRef[],
    readonly international: International,
    tillCodeUse: TillCodeUse,
  ) {
    this.memberIds = refs.map((ref) => (ref.by === 'id' ? ref.memberId : null));
    const customers = new Places();
    const bareCustomers = new Places();
    const tillCodes = new Places();
    for (const [at, ref] of refs.entries()) {
      if (ref.by === 'customerId') customers.add(at, ref.hash);
      if (ref.by === 'customerId' && ref.bare !== null) bareCustomers.add(at, ref.bare);
      if (ref.by === 'tillCode') tillCodes.add(at, ref.hash);
    }
    this.identifiers = new IdentifierLook(refs, international);
    this.codes = new Set(tillCodes.at);
    const ids = this.memberIds.filter((id) => id !== null);
    const readings: Reading<void>[] = [];
    // First: a code that is taken confirms a link, and the other references are to find it so.
    if (tillCodes.at.length > 0) readings.push(this.takeTillCodes(tillCodes, tillCodeUse));
    if (ids.length > 0) {
      const { text, values, take } = walletsOf(ids);
      readings.push({ text, values, take: (rows) => this.keep(take(rows)) });
    }
    // Then as they are spelled: that is whom they led to before blanks around them did not count.
    for (const each of [bareCustomers, customers]) if (each.at.length > 0) readings.push(this.reading(BY_CUSTOMER, each, [brandId]));
    const identified = this.identifiers.reading(WALLET, ITS_WALLET, (row) => this.keepRow(row));
    if (identified) readings.push({ ...identified, take: (rows) => this.chooseHolders(identified, rows) });
    this.readings = readings;
  }

  /** How an identifier leads to its member; undefined: the reference is none, or leads to nobody. */
  holder(at: number): Holder | undefined {
    return this.chosen.get(at);
  }

  /** The reference is something that its member shows, and not what the brand calls the member. */
  isShown(at: number): boolean {
    return this.chosen.has(at) || this.codes.has(at);
  }

  /** What was shown is its member's now; what was not shown always is. */
  isInForce(at: number): boolean {
    return this.chosen.get(at)?.inForce ?? true;
  }

  /** Two members have the number of this reference, in two spellings, and neither, or both, are known to the brand. */
  isAmbiguous(at: number): boolean {
    return this.ambiguous.has(at);
  }

  /** The ids, in the order of the references; null for what nobody is named by. */
  get ids(): readonly (Uuid | null)[] {
    return this.memberIds;
  }

  /**
   * The members, in the order of the references; null for whom the transaction's principal may not see. Who was merged
   * into another member is that one.
   */
  async resolve(client: PoolClient): Promise<(ResolvedMember | null)[]> {
    const missing = this.memberIds.filter((id) => id !== null && !this.members.has(id)) as Uuid[];
    if (missing.length > 0) this.keep(await seenMembers(client, [...new Set(missing)]));
    return this.refs.map((ref, at) => {
      const id = this.memberIds[at];
      const member = id ? this.members.get(id) : undefined;
      return member ? named(ref, member) : null;
    });
  }

  /** Of two members with one number the one that the brand knows. */
  private chooseHolders(identified: Reading<void>, rows: readonly RawRow[]): void {
    identified.take(rows);
    for (const [at, holders] of this.identifiers.holders()) {
      const [holder, ...others] = holders.length === 1 ? holders : holders.filter(({ memberId }) => this.members.has(memberId));
      if (!holder || others.length > 0) this.ambiguous.add(at);
      else {
        this.chosen.set(at, holder);
        this.memberIds[at] = holder.memberId;
      }
    }
  }

  private keepRow(row: WalletRow): void {
    if (row[1] !== null) this.keepOne(row[0], toMember(row));
  }

  private keep(found: ReadonlyMap<Uuid, SeenMember>): void {
    for (const [id, member] of found) this.keepOne(id, member);
  }

  /** Read again, it may count what has ended since another reference named the member. */
  private keepOne(id: Uuid, member: SeenMember): void {
    const before = this.members.get(id);
    this.members.set(id, before && before.proofsEnded < member.proofsEnded ? { ...member, proofsEnded: before.proofsEnded } : member);
  }

  private takeTillCodes(places: Places, { at, requests }: TillCodeUse): Reading<void> {
    const take = (rows: readonly (readonly [place: string, memberId: string | null])[]) => {
      for (const [place, memberId] of rows) this.memberIds[itemAt(places.at, Number(place) - 1)] = memberId;
    };
    const uses = places.at.map((place) => requests[place] ?? 'NULL');
    return { text: BY_TILL_CODE, values: [byteaArray(places.hashes), uuidArray(uses), at.toISOString()], take };
  }

  private reading(text: string, places: Places, values: readonly string[]): Reading<void> {
    const take = (rows: readonly (readonly [place: string, ...WalletRow])[]) => {
      for (const [place, ...member] of rows) {
        this.memberIds[itemAt(places.at, Number(place) - 1)] = member[0];
        this.keepRow(member);
      }
    };
    return { text, values: [...values, byteaArray(places.hashes)], take };
  }
}

/** Hashes, and which references they are of. */
class Places {
  readonly at: number[] = [];
  readonly hashes: string[] = [];

  add(at: number, hash: string): void {
    this.at.push(at);
    this.hashes.push(hash);
  }
}

/** Also whether the link of the brand whose transaction it is was confirmed; all of one moment. */
const WALLET = `w.id, w.locked_at IS NOT NULL, m.status = 'CLOSED', EXISTS (
  SELECT FROM brand_link c WHERE c.brand_id = (SELECT current_brand()) AND c.member_id = m.id AND c.unlinked_at IS NULL AND c.confirmed_at IS NOT NULL), w.proofs_ended`;
/** Of members who were not merged into another one. */
const ITS_WALLET = 'LEFT JOIN (member m JOIN wallet w ON w.member_id = m.id) ON m.merged_into IS NULL AND m.id =';
const BY_CUSTOMER = 'SELECT place, member_id, wallet_id, locked, closed, confirmed, proofs_ended FROM customers_of_brand($1, $2::bytea[])';
const BY_TILL_CODE = `
  SELECT place, meet_by_till_code(hash, request, $3::timestamptz) FROM unnest($1::bytea[], $2::uuid[]) WITH ORDINALITY AS asked (hash, request, place)`;
const BY_ID = `
  SELECT w.member_id, ${WALLET} FROM wallet w JOIN member m ON m.id = w.member_id WHERE w.member_id = ANY ($1::uuid[]) AND m.merged_into IS NULL`;

/**
 * Members by the id that was asked for, as it names them; as far as the transaction's principal may see them; a merged
 * member's is the survivor's.
 */
export async function findWallets(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, ResolvedMember>> {
  const seen = await seenMembers(client, memberIds);
  return new Map([...seen].map(([id, member]) => [id, named({ by: 'id', memberId: id }, member)]));
}

async function seenMembers(client: PoolClient, memberIds: readonly Uuid[]): Promise<Map<Uuid, SeenMember>> {
  if (memberIds.length === 0) return new Map();
  const [members] = await pipelineReads(client, [walletsOf(memberIds)]);
  const missing = memberIds.filter((id) => !members.has(id));
  if (missing.length === 0) return members;
  // Unknown here, or merged: a duplicate may be hidden from a brand that knows the survivor. Rare, so a look of its
  // own.
  const text = 'SELECT asked, surviving_member(asked) AS survivor FROM unnest($1::uuid[]) AS asked';
  const { rows } = await client.query<{ asked: Uuid; survivor: Uuid | null }>({ name: 'surviving-members', text, values: [missing] });
  const survivors = new Map(rows.flatMap(({ asked, survivor }) => (survivor === null || survivor === asked ? [] : [[asked, survivor] as const])));
  if (survivors.size === 0) return members;
  const [wallets] = await pipelineReads(client, [walletsOf([...new Set(survivors.values())])]);
  for (const [asked, survivor] of survivors) {
    const member = wallets.get(survivor);
    if (member) members.set(asked, member);
  }
  return members;
}

function walletsOf(memberIds: readonly Uuid[]): Reading<Map<Uuid, SeenMember>> {
  return {
    text: BY_ID,
    values: [uuidArray(memberIds)],
    take: (rows: readonly MemberRow[]) => new Map(rows.map((row) => [row[0], toMember(row)])),
  };
}

function toMember([memberId, walletId, locked, closed, confirmed, proofsEnded]: MemberRow): SeenMember {
  return { memberId, walletId, locked: locked === 't', closed: closed === 't', confirmed: confirmed === 't', proofsEnded: Number(proofsEnded) };
}
