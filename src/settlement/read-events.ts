import type { ClientBase } from 'pg';
import type { Uuid } from '../ids';
import type { JournalRange } from '../outbox/next-ranges';
import { type AgreedPrice, ARRIVALS, type ArrearsFill, type ArrivalEvent, type BrandEvent, type IssuerPoints, type PointsEvent } from './points-event';

/** A points event with its place in the journal. */
export type JournalEvent = PointsEvent & { readonly xid: bigint };

// The brand's account is the summed side: where earned points come from, where burned and clawed-back ones go to.
// A reversal is priced by the terms of what it reverses, whatever it carries itself. What was cleared before (in an earlier epoch) is left out.
// Points that only changed hands are read when they filled arrears: otherwise nobody owes anything for them.
const EVENTS = `
  SELECT t.id, t.code, t.currency_id, t.amount::text AS points, t.reverses, t.occurred_at, t.xid::text, brand.owner_id AS brand_id,
    coalesce(original.terms_id, t.terms_id) AS terms_id, original.occurred_at AS original_at, rate.transfer_price::text, rate.to_currency_id
  FROM transfer t
  JOIN account brand ON brand.id = CASE WHEN t.code IN ('BURN', 'CAPTURE', 'CLAWBACK') THEN t.credit_account ELSE t.debit_account END
  LEFT JOIN transfer original ON original.id = t.reverses
  LEFT JOIN conversion_rate rate ON t.code = 'CONVERSION_OUT' AND rate.id = t.terms_id
  WHERE t.xid >= $1::xid8 AND t.xid < $2::xid8
    AND (t.code IN ('EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'CLAWBACK', 'REFUND', 'REINSTATEMENT', 'CONVERSION_OUT')
      OR (t.code IN (${ARRIVALS.map((code) => `'${code}'`).join(', ')}) AND EXISTS (SELECT FROM arrears_fill filled WHERE filled.transfer_id = t.id)))
    AND NOT EXISTS (SELECT FROM obligation done WHERE done.event_transfer_id = t.id)
  ORDER BY t.xid, t.id`;

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

const OWED = `
  SELECT event_transfer_id, issuer_brand_id, price::text, terms_id FROM obligation
  WHERE event_transfer_id = ANY($1::uuid[]) AND kind = 'REIMBURSEMENT' AND issuer_brand_id IS NOT NULL`;

/** Codes whose points come out of lots, or go back to those that they came from. */
const FROM_LOTS: ReadonlySet<string> = new Set(['BURN', 'CAPTURE', 'CLAWBACK', 'REFUND', 'REINSTATEMENT', 'CONVERSION_OUT']);
/** Codes whose points leave a wallet, and so fill no arrears in it. */
const LEAVING: ReadonlySet<string> = new Set(['BURN', 'CAPTURE', 'CLAWBACK', 'CONVERSION_OUT']);

/** The points events of a range that are still to be cleared, in the journal's order. The role must be tessera_kernel. */
export async function readEvents(client: ClientBase, range: JournalRange): Promise<JournalEvent[]> {
  const { rows } = await client.query({ name: 'clearing-events', text: EVENTS, values: [range.from.toString(), range.to.toString()] });
  if (rows.length === 0) return [];
  const lots = await readLots(
    client,
    rows.filter((row) => FROM_LOTS.has(row.code)).map((row) => row.id),
  );
  const fills = await readFills(
    client,
    rows.filter((row) => !LEAVING.has(row.code)).map((row) => row.id),
  );
  return rows.map((row) => ({ ...toEvent(row, lots.get(row.id) ?? [], fills.get(row.id) ?? []), xid: BigInt(row.xid) }));
}

// biome-ignore lint/suspicious/noExplicitAny: a row of pg
function toEvent(row: any, lots: readonly IssuerPoints[], fills: readonly ArrearsFill[]): PointsEvent {
  const facts = { transferId: row.id, currencyId: row.currency_id, points: BigInt(row.points), occurredAt: row.occurred_at, lots, fills };
  const code: PointsEvent['code'] = row.code;
  if (code === 'CONVERSION_OUT') {
    if (row.transfer_price === null) throw new Error(`conversion ${row.id} names no rate and cannot be priced`);
    return { ...facts, code, rate: { rateId: row.terms_id, transferPrice: BigInt(row.transfer_price), toCurrencyId: row.to_currency_id } };
  }
  if (isArrival(code)) return { ...facts, code };
  return {
    ...facts,
    code,
    brandId: row.brand_id,
    termsId: requireTermsId(row),
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
  const { rows } = await client.query({ name: 'clearing-owed', text: OWED, values: [originals] });
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
export function withOwed(event: JournalEvent, owed: ReadonlyMap<Uuid, ReadonlyMap<Uuid, AgreedPrice>>): JournalEvent {
  if (!('reverses' in event) || !event.reverses) return event;
  return { ...event, reverses: { ...event.reverses, owed: owed.get(event.reverses.transferId) ?? NOTHING_OWED } };
}

async function readLots(client: ClientBase, ids: readonly Uuid[]): Promise<Map<Uuid, IssuerPoints[]>> {
  const { rows } = await client.query({ name: 'clearing-lots', text: LOTS, values: [ids] });
  return groupByTransfer(rows, (row) => ({ issuerId: row.issuer_id, points: BigInt(row.points) }));
}

async function readFills(client: ClientBase, ids: readonly Uuid[]): Promise<Map<Uuid, ArrearsFill[]>> {
  const { rows } = await client.query({ name: 'clearing-fills', text: FILLS, values: [ids] });
  return groupByTransfer(rows, (row) => ({
    issuerId: row.issuer_id,
    points: BigInt(row.points),
    clawingBrandId: row.clawing_brand_id,
    termsId: row.terms_id,
    earnedAt: row.earned_at,
  }));
}

// biome-ignore lint/suspicious/noExplicitAny: rows of pg
function groupByTransfer<Value>(rows: readonly any[], toValue: (row: any) => Value): Map<Uuid, Value[]> {
  const groups = new Map<Uuid, Value[]>();
  for (const row of rows) {
    const group = groups.get(row.transfer_id);
    if (group) group.push(toValue(row));
    else groups.set(row.transfer_id, [toValue(row)]);
  }
  return groups;
}

function requireTermsId(row: { id: Uuid; code: string; terms_id: Uuid | null }): Uuid {
  if (row.terms_id === null) throw new Error(`transfer ${row.id} (${row.code}) names no terms and cannot be priced`);
  return row.terms_id;
}
