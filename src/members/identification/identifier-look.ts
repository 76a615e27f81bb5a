import type { Keys } from '../../coalition/access/keys';
import { byteaArray } from '../../platform/database/array-arguments';
import type { Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { type HashedRef, internationalHash } from './member-ref';

/** Whom one spelling of an identifier leads to. */
export interface Holder {
  readonly memberId: Uuid;
  /** The identifier is this member's now, not only when it was presented. */
  readonly inForce: boolean;
  /** Found under the hash of how it was spelled: it was kept before it was brought into one form. */
  readonly bySpelling: boolean;
}

/**
 * Hashes of identifiers in their one form, phone numbers dialled in one country; null: there is none, or it is the
 * same.
 */
export type International = (ref: HashedRef) => string | null;

/** `country`: ISO 3166-1; null: only numbers that have their country code. */
export function dialledIn(keys: Keys, country: string | null): International {
  return (ref) => {
    if (ref.by !== 'identifier') return null;
    if (ref.number === null) return ref.bare;
    const hash = internationalHash(keys, ref.number, country)?.toString('hex') ?? null;
    return hash === ref.hash ? null : hash;
  };
}

/** Whether it may matter in which country a number is dialled. */
export function isPhone(ref: HashedRef): boolean {
  return ref.by === 'identifier' && ref.number !== null;
}

/** The columns of a member and its wallet: BY_ID's, and those of `columns` behind the member's. */
export type MemberRow = readonly [memberId: string, walletId: string, locked: string, closed: string, confirmed: string, proofsEnded: string];
/** Without a wallet where the member was merged into another one. */
export type WalletRow = MemberRow | readonly [memberId: string, walletId: null, ...(string | null)[]];
type HolderRow = readonly [place: string, inForce: string | null, ...WalletRow];

/**
 * Finds the holders of the identifiers among references, all by one statement: what is spelled otherwise under its one
 * form and as it is spelled.
 */
export class IdentifierLook {
  private readonly asked: { readonly place: number; readonly spelled: boolean }[] = [];
  private readonly kinds: string[] = [];
  private readonly hashes: string[] = [];
  private readonly moments: string[] = [];
  private readonly found = new Map<number, Holder[]>();

  constructor(refs: readonly HashedRef[], international: International) {
    for (const [at, ref] of refs.entries()) {
      if (ref.by !== 'identifier') continue;
      const other = international(ref);
      if (other !== null) this.ask(at, ref, other, false);
      this.ask(at, ref, ref.hash, other !== null);
    }
  }

  /** Null: there are none. `keep` gets the member f.holder, and what `columns` and `join` are about it. */
  reading(columns: string, join: string, keep: (row: WalletRow) => void): Reading<void> | null {
    if (this.asked.length === 0) return null;
    const take = (rows: readonly HolderRow[]) => {
      for (const [place, inForce, ...member] of rows) {
        const memberId = member[0];
        const asked = itemAt(this.asked, Number(place) - 1);
        const holders = this.found.get(asked.place);
        const holder: Holder = { memberId, inForce: inForce === 't', bySpelling: asked.spelled };
        if (holders) holders.push(holder);
        else this.found.set(asked.place, [holder]);
        keep(member);
      }
    };
    const text = `
      SELECT place, f.in_force, f.holder, ${columns}
      FROM unnest($1::text[], $2::bytea[], $3::timestamptz[]) WITH ORDINALITY AS asked (kind, hash, at, place)
      CROSS JOIN LATERAL identifier_holder(kind, hash, at) AS f ${join} f.holder WHERE f.holder IS NOT NULL`;
    return { text, values: [`{${this.kinds.join(',')}}`, byteaArray(this.hashes), `{${this.moments.join(',')}}`], take };
  }

  /**
   * Places of references that lead to somebody, with everybody that they lead to: two where two spellings of a number
   * are two members'.
   */
  *holders(): Iterable<readonly [number, readonly Holder[]]> {
    for (const [at, holders] of this.found) yield [at, holders.filter(({ memberId }, i) => holders.findIndex((each) => each.memberId === memberId) === i)];
  }

  private ask(at: number, ref: HashedRef & { readonly by: 'identifier' }, hash: string, spelled: boolean): void {
    this.asked.push({ place: at, spelled });
    this.kinds.push(ref.kind);
    this.hashes.push(hash);
    this.moments.push(ref.heldAt === null ? 'NULL' : `"${ref.heldAt.toISOString()}"`);
  }
}
