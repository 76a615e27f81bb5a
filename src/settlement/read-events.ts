import type { ClientBase } from 'pg';
import type { Uuid } from '../ids';
import type { JournalRange } from '../outbox/next-ranges';
import type { AgreedPrice, ArrearsFill, IssuerPoints, PointsEvent, ReversedEvent } from './points-event';

/** A points event with its place in the journal. */
export interface JournalEvent extends PointsEvent {
  readonly xid: bigint;
}

// The brand's account is the summed side: where earned points come from, where burned and clawed-back ones go to.
// A reversal is priced by the terms of what it reverses, whatever it carries itself. What was cleared before (in an earlier epoch) is left out.
const EVENTS = `
  SELECT t.id, t.code, t.currency_id, t.amount::text AS points, t.reverses, t.occurred_at, t.xid::text, brand.owner_id AS brand_id,
    coalesce(original.terms_id, t.terms_id) AS terms_id, original.occurred_at AS original_at
  FROM transfer t
  JOIN account brand ON brand.id = CASE WHEN t.code IN ('BURN', 'CAPTURE', 'CLAWBACK') THEN t.credit_account ELSE t.debit_account END
  LEFT JOIN transfer original ON original.id = t.reverses
  WHERE t.xid >= $1::xid8 AND t.xid < $2::xid8
    AND t.code IN ('EARN', 'BONUS', 'BURN', 'CAPTURE', 'CLAWBACK', 'REFUND', 'REINSTATEMENT')
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

/** The points events of a range that are still to be cleared, in the journal's order. The role must be tessera_kernel. */
export async function readEvents(client: ClientBase, range: JournalRange): Promise<JournalEvent[]> {
  const { rows } = await client.query({ name: 'clearing-events', text: EVENTS, values: [range.from.toString(), range.to.toString()] });
  if (rows.length === 0) return [];
  const isEarned = (row: { code: string }) => row.code === 'EARN' || row.code === 'BONUS';
  const isCredit = (row: { code: string }) => isEarned(row) || row.code === 'REFUND' || row.code === 'REINSTATEMENT';
  // Earns take nothing out of lots, debits fill no arrears.
  const lots = await readLots(
    client,
    rows.filter((row) => !isEarned(row)).map((row) => row.id),
  );
  const fills = await readFills(
    client,
    rows.filter(isCredit).map((row) => row.id),
  );
  return rows.map((row) => ({
    transferId: row.id,
    code: row.code,
    currencyId: row.currency_id,
    points: BigInt(row.points),
    brandId: row.brand_id,
    termsId: requireTermsId(row),
    occurredAt: row.occurred_at,
    reverses: row.reverses ? { transferId: row.reverses, occurredAt: row.original_at, owed: NOTHING_OWED } : null,
    lots: lots.get(row.id) ?? [],
    fills: fills.get(row.id) ?? [],
    xid: BigInt(row.xid),
  }));
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

/** The event with what its original made each issuer owe. */
export function withOwed(event: JournalEvent, owed: ReadonlyMap<Uuid, ReadonlyMap<Uuid, AgreedPrice>>): JournalEvent {
  if (!event.reverses) return event;
  const reverses: ReversedEvent = { ...event.reverses, owed: owed.get(event.reverses.transferId) ?? NOTHING_OWED };
  return { ...event, reverses };
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
