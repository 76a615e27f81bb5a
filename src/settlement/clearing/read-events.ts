import type { ClientBase } from 'pg';
import type { JournalRange } from '../../ledger/outbox/next-ranges';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { type AgreedPrice, ARRIVALS, type ArrearsFill, type ArrivalEvent, type BrandEvent, type IssuerPoints, type PointsEvent } from './points-event';

/** Where a points event is, whether or not it can be read. */
export type EventPlace = Pick<PointsEvent, 'transferId' | 'currencyId' | 'occurredAt' | 'posted'>;

/** A points event of which something that its price hangs on is missing. */
export interface UnreadableEvent {
  readonly place: EventPlace;
  readonly reason: string;
}

export interface ReadEvents {
  readonly events: readonly PointsEvent[];
  readonly unreadable: readonly UnreadableEvent[];
}

// The brand's account is the summed side: where earned points come from, where burned and clawed-back ones go to.
// A reversal is priced by the terms of what it reverses, whatever it carries itself. What was cleared before (in an
// earlier epoch) is left out.
// Points that only changed hands are read when they filled arrears: otherwise nobody owes anything for them.
const events = (which: string) => `
  SELECT t.id, t.code, t.currency_id, t.amount::text AS points, t.reverses, t.occurred_at, t.xid::text, brand.owner_id AS brand_id,
    coalesce(original.terms_id, t.terms_id) AS terms_id, coalesce(root.occurred_at, original.occurred_at) AS original_at, rate.transfer_price::text, rate.to_currency_id
  FROM transfer t
  JOIN account brand ON brand.id = CASE WHEN t.code IN ('BURN', 'CAPTURE', 'CLAWBACK', 'EXPIRED_CLAWBACK', 'REINSTATEMENT_CANCELLATION') THEN t.credit_account ELSE t.debit_account END
  LEFT JOIN transfer original ON original.id = t.reverses LEFT JOIN transfer root ON root.id = original.reverses
  LEFT JOIN conversion_rate rate ON t.code = 'CONVERSION_OUT' AND rate.id = t.terms_id
  WHERE ${which}
    AND (t.code IN ('EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'CLAWBACK', 'EXPIRED_CLAWBACK', 'REFUND', 'REINSTATEMENT', 'CONVERSION_OUT',
        'CLAWBACK_CANCELLATION', 'REINSTATEMENT_CANCELLATION')
      OR (t.code IN (${ARRIVALS.map((code) => `'${code}'`).join(', ')}) AND EXISTS (SELECT FROM arrears_fill filled WHERE filled.transfer_id = t.id)))
    AND NOT EXISTS (SELECT FROM obligation done WHERE done.event_transfer_id = t.id)
  ORDER BY t.xid, t.id`;

// What is set aside is tried again by itself, also when a new epoch reads the journal from its beginning.
const EVENTS_OF_RANGE = events(
  't.xid >= $1::xid8 AND t.xid < $2::xid8 AND NOT EXISTS (SELECT FROM set_aside_event aside WHERE aside.event_transfer_id = t.id)',
);
const EVENTS_BY_ID = events('t.id = ANY ($1::uuid[])');

const LOTS = `
  SELECT a.transfer_id, o.issuer_id, abs(sum(a.amount))::text AS points
  FROM allocation a JOIN lot_origin o ON o.id = a.origin_id
  WHERE a.transfer_id = ANY($1::uuid[]) GROUP BY a.transfer_id, o.issuer_id, o.issuer_code ORDER BY a.transfer_id, o.issuer_code`;

const FILLS = `
  SELECT f.transfer_id, o.issuer_id, brand.owner_id AS clawing_brand_id, earn.terms_id, earn.occurred_at AS earned_at, sum(f.amount)::text AS points
  FROM arrears_fill f JOIN lot_origin o ON o.id = f.origin_id
  JOIN transfer clawback ON clawback.id = f.arrears_id JOIN account brand ON brand.id = clawback.credit_account
  JOIN transfer earn ON earn.id = clawback.reverses
  WHERE f.transfer_id = ANY($1::uuid[])
  GROUP BY f.transfer_id, o.issuer_id, o.issuer_code, brand.owner_id, earn.terms_id, earn.occurred_at, f.arrears_id
  ORDER BY f.transfer_id, f.arrears_id, o.issuer_code`;

// What has filled a clawback's arrears made owe what its own lots would have; those come last, and count.
const OWED = `
  SELECT f.arrears_id AS event_transfer_id, o.issuer_brand_id, o.price::text, o.terms_id
  FROM arrears_fill f JOIN lot_origin l ON l.id = f.origin_id JOIN transfer t ON t.id = f.arrears_id JOIN account b ON b.id = t.credit_account
  JOIN obligation o ON o.event_transfer_id = f.transfer_id AND o.kind = 'ARREARS_FILL' AND o.issuer_brand_id = l.issuer_id AND o.creditor_brand_id = b.owner_id
  WHERE f.arrears_id = ANY($1::uuid[])
  UNION ALL
  SELECT event_transfer_id, issuer_brand_id, price::text, terms_id FROM obligation
  WHERE event_transfer_id = ANY($1::uuid[]) AND kind IN ('REIMBURSEMENT', 'REINSTATEMENT', 'FOREIGN_CLAWBACK') AND issuer_brand_id IS NOT NULL`;

/** Codes whose points come out of lots, or go back to those that they came from. */
const FROM_LOTS: ReadonlySet<string> = new Set([
  'BURN',
  'CAPTURE',
  'CLAWBACK',
  'REFUND',
  'REINSTATEMENT',
  'CONVERSION_OUT',
  'CLAWBACK_CANCELLATION',
  'REINSTATEMENT_CANCELLATION',
]);
/** Codes whose points leave a wallet, and so fill no arrears in it. */
const LEAVING: ReadonlySet<string> = new Set(['BURN', 'CAPTURE', 'CLAWBACK', 'EXPIRED_CLAWBACK', 'CONVERSION_OUT', 'REINSTATEMENT_CANCELLATION']);

/**
 * The points events of a range that are still to be cleared, in the journal's order. The role must be tessera_kernel.
 */
export async function readEvents(client: ClientBase, epoch: number, range: JournalRange): Promise<ReadEvents> {
  const { rows } = await client.query<EventRow>({ name: 'clearing-events', text: EVENTS_OF_RANGE, values: [range.from.toString(), range.to.toString()] });
  return toEvents(client, rows, () => epoch);
}

/**
 * Points events by id with the epochs that they were posted in, as long as they are still to be cleared; in the
 * journal's order within an epoch.
 */
export async function readEventsById(client: ClientBase, epochs: ReadonlyMap<Uuid, number>): Promise<ReadEvents> {
  const { rows } = await client.query<EventRow>({ name: 'clearing-events-by-id', text: EVENTS_BY_ID, values: [[...epochs.keys()]] });
  return toEvents(client, rows, (id) => epochs.get(id) ?? 1);
}

interface EventRow {
  readonly id: Uuid;
  readonly code: PointsEvent['code'];
  readonly currency_id: number;
  readonly points: string;
  readonly reverses: Uuid | null;
  readonly occurred_at: Date;
  readonly xid: string;
  readonly brand_id: Uuid;
  readonly terms_id: Uuid | null;
  /** Of what it reverses. */
  readonly original_at: Date;
  readonly transfer_price: string | null;
  readonly to_currency_id: number;
}

async function toEvents(client: ClientBase, rows: readonly EventRow[], epochOf: (id: Uuid) => number): Promise<ReadEvents> {
  if (rows.length === 0) return { events: [], unreadable: [] };
  const lots = await readLots(
    client,
    rows.filter((row) => FROM_LOTS.has(row.code)).map((row) => row.id),
  );
  const fills = await readFills(
    client,
    rows.filter((row) => !LEAVING.has(row.code)).map((row) => row.id),
  );
  const events: PointsEvent[] = [];
  const unreadable: UnreadableEvent[] = [];
  for (const row of rows) {
    const posted = { epoch: epochOf(row.id), position: BigInt(row.xid) };
    const place = { transferId: row.id, currencyId: row.currency_id, occurredAt: row.occurred_at, posted };
    const read = toEvent(row, { ...place, points: BigInt(row.points), lots: lots.get(row.id) ?? [], fills: fills.get(row.id) ?? [] });
    if (typeof read === 'string') unreadable.push({ place, reason: read });
    else events.push(read);
  }
  return { events, unreadable };
}

/** The event, or why it cannot be read. */
function toEvent(row: EventRow, facts: Omit<ArrivalEvent, 'code'>): PointsEvent | string {
  const { code } = row;
  if (code === 'CONVERSION_OUT') {
    if (row.transfer_price === null || row.terms_id === null) return `conversion ${row.id} names no rate`;
    return { ...facts, code, rate: { rateId: row.terms_id, transferPrice: BigInt(row.transfer_price), toCurrencyId: row.to_currency_id } };
  }
  if (isArrival(code)) return { ...facts, code };
  if (row.terms_id === null) return `transfer ${row.id} (${code}) names no terms`;
  return {
    ...facts,
    code,
    brandId: row.brand_id,
    termsId: row.terms_id,
    reverses: row.reverses ? { transferId: row.reverses, occurredAt: row.original_at, owed: NOTHING_OWED } : null,
  };
}

function isArrival(code: PointsEvent['code']): code is ArrivalEvent['code'] {
  return (ARRIVALS as readonly string[]).includes(code);
}

const NOTHING_OWED: ReadonlyMap<Uuid, AgreedPrice> = new Map();

/** What earlier events made their lots' issuers owe, as cleared; by event. */
export async function readOwed(client: ClientBase, originals: readonly Uuid[]): Promise<Map<Uuid, Map<Uuid, AgreedPrice>>> {
  const owed = new Map<Uuid, Map<Uuid, AgreedPrice>>();
  if (originals.length === 0) return owed;
  const { rows } = await client.query<{ event_transfer_id: Uuid; issuer_brand_id: Uuid; price: string; terms_id: Uuid }>({
    name: 'clearing-owed',
    text: OWED,
    values: [originals],
  });
  for (const row of rows) noteOwed(owed, row.event_transfer_id, row.issuer_brand_id, { price: BigInt(row.price), termsId: row.terms_id });
  return owed;
}

export function noteOwed(owed: Map<Uuid, Map<Uuid, AgreedPrice>>, event: Uuid, issuer: Uuid, price: AgreedPrice): void {
  const byIssuer = owed.get(event);
  if (byIssuer) byIssuer.set(issuer, price);
  else owed.set(event, new Map([[issuer, price]]));
}

/** What the event reverses; null for what is no reversal. */
export function reversedBy(event: PointsEvent): BrandEvent['reverses'] {
  return 'reverses' in event ? event.reverses : null;
}

/** The event with what its original made each issuer owe. */
export function withOwed(event: PointsEvent, owed: ReadonlyMap<Uuid, ReadonlyMap<Uuid, AgreedPrice>>): PointsEvent {
  if (!('reverses' in event) || !event.reverses) return event;
  return { ...event, reverses: { ...event.reverses, owed: owed.get(event.reverses.transferId) ?? NOTHING_OWED } };
}

type LotsRow = RowOf<IssuerPoints> & { readonly transfer_id: Uuid };
type FillRow = RowOf<ArrearsFill> & { readonly transfer_id: Uuid };

async function readLots(client: ClientBase, ids: readonly Uuid[]): Promise<Map<Uuid, IssuerPoints[]>> {
  const { rows } = await client.query<LotsRow>({ name: 'clearing-lots', text: LOTS, values: [ids] });
  return groupByTransfer(rows, (row) => ({ issuerId: row.issuer_id, points: BigInt(row.points) }));
}

async function readFills(client: ClientBase, ids: readonly Uuid[]): Promise<Map<Uuid, ArrearsFill[]>> {
  const { rows } = await client.query<FillRow>({ name: 'clearing-fills', text: FILLS, values: [ids] });
  return groupByTransfer(rows, (row) => ({
    issuerId: row.issuer_id,
    points: BigInt(row.points),
    clawingBrandId: row.clawing_brand_id,
    termsId: row.terms_id,
    earnedAt: row.earned_at,
  }));
}

function groupByTransfer<Row extends { readonly transfer_id: Uuid }, Value>(rows: readonly Row[], toValue: (row: Row) => Value): Map<Uuid, Value[]> {
  const groups = new Map<Uuid, Value[]>();
  for (const row of rows) {
    const group = groups.get(row.transfer_id);
    if (group) group.push(toValue(row));
    else groups.set(row.transfer_id, [toValue(row)]);
  }
  return groups;
}
