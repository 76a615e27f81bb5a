import type { Keys } from '../../coalition/access/keys';
import { byteaArray } from '../../platform/database/array-arguments';
import { type RawRow, type Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
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

/**
 * Finds the holders of the identifiers among references, all by one statement: what is spelled otherwise under its one
 * form and as it is spelled.
 */
export class IdentifierLook {
  private readonly places: number[] = [];
  private readonly kinds: string[] = [];
  private readonly hashes: string[] = [];
  private readonly moments: string[] = [];
  private readonly spelled: boolean[] = [];
  private readonly found = new Map<number, Holder[]>();

  constructor(refs: readonly HashedRef[], international: International) {
    for (const [at, ref] of refs.entries()) {
      if (ref.by !== 'identifier') continue;
      const other = international(ref);
      if (other !== null) this.ask(at, ref, other, false);
      this.ask(at, ref, ref.hash, other !== null);
    }
  }

  /** Null: there are none. `keep` gets the columns of `columns` and `join`, which are about the member f.holder. */
  reading(columns: string, join: string, keep: (row: readonly (string | null)[]) => void): Reading<void> | null {
    if (this.places.length === 0) return null;
    const take = (rows: readonly RawRow[]) => {
      for (const [place, inForce, memberId, ...member] of rows) {
        const asked = Number(place) - 1;
        const holders = this.found.get(this.places[asked]);
        const holder: Holder = { memberId: memberId as Uuid, inForce: inForce === 't', bySpelling: this.spelled[asked] };
        if (holders) holders.push(holder);
        else this.found.set(this.places[asked], [holder]);
        keep([memberId, ...member]);
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
    this.places.push(at);
    this.kinds.push(ref.kind);
    this.hashes.push(hash);
    this.moments.push(ref.heldAt === null ? 'NULL' : `"${ref.heldAt.toISOString()}"`);
    this.spelled.push(spelled);
  }
}
