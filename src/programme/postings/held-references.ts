import { type FoundPosting, type PostingRow, toFoundPosting } from '../../ledger/ledger/find-posting';
import { uuidArray } from '../../platform/database/array-arguments';
import type { Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import type { ReferenceKind, Turns } from './reference-turns';

/** What holds a reference, or held it. */
export interface HeldReference {
  readonly turn: number;
  /** The purchase, redemption or return. */
  readonly made: Uuid;
  /** Whose it is; of a merged member, the survivor. */
  readonly memberId: Uuid;
  readonly moneyCurrency: string;
  /**
   * A purchase's amount with nine decimals ("10.005000000 unrounded" from before lines were rounded); a redemption's
   * kind, source and points ("BURN WALLET 500"); of a return nothing.
   */
  readonly total: string;
  readonly occurredAt: Date;
  /** False: it has come to nothing, as a hold that was voided or has ended, and the reference is free again. */
  readonly stands: boolean;
  /** Its answer. */
  readonly posting: FoundPosting;
}

/**
 * Finds what holds references, in the transaction of their brand: one statement for each kind, however many there are.
 */
export class ReferenceLook {
  private readonly asked = new Map<ReferenceKind, { readonly places: number[]; readonly names: Uuid[]; readonly turns: Turns[] }>();
  private readonly found = new Map<number, HeldReference[]>();

  constructor(private readonly now: Date) {}

  /** `place`: whose it is, for held(). */
  ask(place: number, kind: ReferenceKind, name: Uuid, turns: readonly Turns[]): void {
    let asked = this.asked.get(kind);
    if (!asked) this.asked.set(kind, (asked = { places: [], names: [], turns: [] }));
    for (const each of turns) {
      asked.places.push(place);
      asked.names.push(name);
      asked.turns.push(each);
    }
  }

  get readings(): Reading<void>[] {
    return [...this.asked].map(([kind, { places, names, turns }]) => ({
      text: HELD[kind],
      values: [
        uuidArray(names),
        `{${turns.map(({ first }) => first).join(',')}}`,
        `{${turns.map(({ last }) => last).join(',')}}`,
        ...(kind === 'REDEMPTION' ? [this.now.toISOString()] : []),
      ],
      take: (rows: readonly HeldRow[]) => {
        for (const row of rows) this.keep(itemAt(places, Number(row[0]) - 1), row);
      },
    }));
  }

  /** By turn. */
  held(place: number): readonly HeldReference[] {
    return this.found.get(place) ?? [];
  }

  private keep(place: number, row: HeldRow): void {
    const [, turn, made, memberId, moneyCurrency, total, occurredAt, stands, ...posting] = row;
    const held: HeldReference = {
      turn: Number(turn),
      made,
      memberId,
      moneyCurrency,
      total,
      occurredAt: new Date(Number(occurredAt)),
      stands: stands === 't',
      posting: toFoundPosting(posting)[1],
    };
    const others = this.found.get(place);
    if (others) others.push(held);
    else this.found.set(place, [held]);
  }
}

// Each part by itself and by its key, whatever the planner thinks of the tables' sizes: names are mostly free, and
// nothing is read of those.
const CLAIMED = `
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS n (name, first, last, place)
  CROSS JOIN LATERAL (SELECT * FROM claim c WHERE c.name = n.name AND c.turn BETWEEN n.first AND n.last ORDER BY c.turn LIMIT 200) c`;
const ANSWER = `
  CROSS JOIN LATERAL (SELECT id, encode(content_hash, 'hex'), result, floor(extract(epoch FROM recorded_at) * 1000)::bigint FROM posting
    WHERE id = c.posting_id OFFSET 0) g (id, hash, result, recorded)`;
const ROW = (memberId: string, moneyCurrency: string, total: string, stands: string) => `
  SELECT n.place, c.turn, c.made_id, surviving_member(${memberId}), ${moneyCurrency}, ${total}, floor(extract(epoch FROM f.occurred_at) * 1000)::bigint, ${stands},
    g.id, g.hash, g.result, g.recorded`;

/** The columns of ROW. */
type HeldRow = readonly [
  ...[place: string, turn: string, made: string, memberId: string, moneyCurrency: string, total: string, occurredAt: string, stands: string],
  ...PostingRow,
];

const TOTAL = "f.amount || CASE f.arithmetic WHEN 1 THEN ' unrounded' ELSE '' END";

const HELD: Readonly<Record<ReferenceKind, string>> = {
  PURCHASE: `${ROW('f.member_id', 'f.money_currency', TOTAL, 'true')} ${CLAIMED}
    CROSS JOIN LATERAL (SELECT * FROM purchase p WHERE p.id = c.made_id OFFSET 0) f ${ANSWER} ORDER BY n.place, c.turn`,
  REDEMPTION: `${ROW(
    'f.member_id',
    'f.money_currency',
    "concat_ws(' ', f.kind, CASE WHEN f.pool_id IS NULL THEN 'WALLET' ELSE 'POOL' END, f.points)",
    "h.state IS NULL OR h.state = 'CAPTURED' OR (h.state = 'OPEN' AND h.expires_at > $4::timestamptz)",
  )} ${CLAIMED}
    CROSS JOIN LATERAL (SELECT * FROM redemption r WHERE r.id = c.made_id OFFSET 0) f
    LEFT JOIN LATERAL (SELECT state, expires_at FROM hold WHERE f.kind = 'HOLD' AND id = f.id OFFSET 0) h ON true ${ANSWER} ORDER BY n.place, c.turn`,
  RETURN: `${ROW(
    'p.member_id',
    'p.money_currency',
    "''",
    'NOT EXISTS (SELECT FROM purchase_return_cancellation x WHERE x.wallet_id = f.wallet_id AND x.return_id = f.id)',
  )} ${CLAIMED}
    CROSS JOIN LATERAL (SELECT * FROM purchase_return r WHERE r.id = c.made_id OFFSET 0) f
    CROSS JOIN LATERAL (SELECT member_id, money_currency FROM purchase WHERE wallet_id = f.wallet_id AND id = f.purchase_id OFFSET 0) p ${ANSWER} ORDER BY n.place, c.turn`,
};
