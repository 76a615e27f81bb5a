import type { PoolClient } from 'pg';
import type { AccountId } from '../../ledger/ledger/posting';
import { type Day, dayFromIso } from '../../ledger/points/calendar';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { SPENT_BY } from '../postings/attached-redemptions';
import type { ExactAmount } from './exact-amount';
import type { LineKind, PricedLine } from './line-worth';

/** A line as it was bought. */
interface PurchaseLineFact extends PricedLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly category: string | null;
  readonly kind: LineKind;
  /** Why the line earned nothing; null when it earned. */
  readonly exclusion: string | null;
}

/** Points that could not be spent at once. */
export interface PurchaseAward {
  /** First local day on which they can be spent; null: once they are confirmed. */
  readonly availableOn: Day | null;
  /** Last local day on which they can be confirmed; null: they need not be. */
  readonly deadline: Day | null;
  /** What was booked; null: nothing yet, or it need not be confirmed. */
  readonly resolution: { readonly state: 'CONFIRMED' | 'CANCELLED'; readonly points: number; readonly occurredAt: Date } | null;
}

/** Points of one redemption that paid for a purchase. */
export interface PaidByPoints {
  readonly redemptionId: Uuid;
  /** The transfer that spent them. */
  readonly spentBy: Uuid;
  /** Of the wallet or the pool that they were in. */
  readonly account: AccountId;
  /** The household pool whose points these were; null: the member's own. */
  readonly poolId: Uuid | null;
  /** How many they were then. */
  readonly points: number;
  /** What they paid. */
  readonly value: ExactAmount;
  /** When they were burned or held. */
  readonly spentAt: Date;
}

/** A purchase as it was recorded; what came back since is not in it. */
export interface PurchaseFact {
  readonly id: Uuid;
  readonly walletId: Uuid;
  readonly memberId: Uuid;
  readonly brandId: Uuid;
  readonly account: AccountId;
  readonly currencyId: number;
  /** null: nothing was earned. */
  readonly earnTransferId: Uuid | null;
  readonly points: number;
  readonly moneyCurrency: string;
  readonly amount: ExactAmount;
  readonly eligibleAmount: ExactAmount;
  readonly paidWithPoints: ExactAmount;
  readonly channel: string | null;
  readonly instrument: string | null;
  readonly reference: string | null;
  readonly ruleId: Uuid;
  readonly termsId: Uuid;
  /** What its returns are worked out by; see the migration. */
  readonly arithmetic: 1 | 2;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  /** null: its points could be spent at once, or there were none. */
  readonly award: PurchaseAward | null;
  /** By line number. */
  readonly lines: readonly PurchaseLineFact[];
  /** What points paid, in the order in which the purchase named the redemptions; in arithmetic 1 that is not known. */
  readonly paidBy: readonly PaidByPoints[];
}

/** A purchase that the transaction's principal may see, or null. */
export async function readPurchase(client: PoolClient, id: Uuid): Promise<PurchaseFact | null> {
  return (await readPurchases(client, [id])).get(id) ?? null;
}

/** Purchases that the transaction's principal may see, by id; three statements, however many there are. */
export async function readPurchases(client: PoolClient, ids: readonly Uuid[]): Promise<Map<Uuid, PurchaseFact>> {
  const { rows } = await client.query<PurchaseRow>({ name: 'read-purchases', text: PURCHASE, values: [ids] });
  if (rows.length === 0) return new Map();
  const keys = [rows.map((row) => row.wallet_id), rows.map((row) => row.id)];
  const lines = await client.query<OfPurchase & LineRow>({ name: 'read-purchase-lines', text: LINES, values: keys });
  const paidBy = await client.query<OfPurchase & PaidByRow>({ name: 'read-purchase-redemptions', text: PAID_BY, values: keys });
  const [linesOf, paidByOf] = [byPurchase(lines.rows), byPurchase(paidBy.rows)];
  return new Map(rows.map((row) => [row.id, toFact(row, linesOf.get(row.id) ?? [], paidByOf.get(row.id) ?? [])]));
}

export interface OfPurchase {
  readonly purchase_id: Uuid;
}

/** Rows by the purchase that they are of, each in its order. */
export function byPurchase<Row extends OfPurchase>(rows: readonly Row[]): Map<Uuid, Row[]> {
  const groups = new Map<Uuid, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.purchase_id);
    if (group) group.push(row);
    else groups.set(row.purchase_id, [row]);
  }
  return groups;
}

const PURCHASE = `
  SELECT p.id, p.wallet_id, p.member_id, p.brand_id, p.account_id, p.currency_id, p.earn_transfer_id, p.points, p.money_currency, p.amount, p.eligible_amount,
    p.paid_with_points, p.channel, p.instrument, p.reference, p.rule_id, p.terms_id, p.arithmetic, p.occurred_at, p.recorded_at, a.purchase_id IS NOT NULL AS awarded,
    a.available_on::text, a.deadline::text, r.state AS award_state, r.points AS award_points, r.occurred_at AS award_at
  FROM purchase p LEFT JOIN purchase_award a ON a.wallet_id = p.wallet_id AND a.purchase_id = p.id
  LEFT JOIN award_resolution r ON r.wallet_id = a.wallet_id AND r.purchase_id = a.purchase_id
  WHERE p.id = ANY ($1::uuid[])`;
/** Each purchase's rows by its key. */
const KEYS = 'FROM unnest($1::uuid[], $2::uuid[]) AS k (wallet_id, purchase_id)';
const LINES = `
  SELECT k.purchase_id, line_no, sku, category, kind, quantity, unit_price, amount, coalesce(discount, 0)::numeric(38, 9) AS discount, coalesce(tax, 0)::numeric(38, 9) AS tax, exclusion
  ${KEYS} CROSS JOIN LATERAL (SELECT * FROM purchase_line l WHERE l.wallet_id = k.wallet_id AND l.purchase_id = k.purchase_id OFFSET 0) l ORDER BY k.purchase_id, line_no`;
const PAID_BY = `
  SELECT k.purchase_id, p.redemption_id, p.points, r.occurred_at, coalesce(p.value, trunc(r.money_value * p.points / r.points) / 1000000)::numeric(38, 9) AS value, r.account_id, r.pool_id, ${SPENT_BY} AS spent_by
  ${KEYS} JOIN purchase_redemption p ON p.wallet_id = k.wallet_id AND p.purchase_id = k.purchase_id
  JOIN redemption r ON r.id = p.redemption_id LEFT JOIN transfer t ON t.hold_id = r.id
  ORDER BY k.purchase_id, p.position, p.redemption_id`;

type PurchaseRow = RowOf<Omit<PurchaseFact, 'account' | 'award' | 'lines' | 'paidBy'>, 'points'> &
  AwardRow & { readonly account_id: string; readonly awarded: boolean };
type LineRow = RowOf<PurchaseLineFact>;
interface PaidByRow {
  readonly redemption_id: Uuid;
  readonly spent_by: Uuid;
  readonly account_id: string;
  readonly pool_id: Uuid | null;
  readonly points: string;
  readonly value: string;
  readonly occurred_at: Date;
}
/** Days as text. */
interface AwardRow {
  readonly available_on: string | null;
  readonly deadline: string | null;
  readonly award_state: 'CONFIRMED' | 'CANCELLED' | null;
  readonly award_points: string;
  readonly award_at: Date;
}

function toFact(row: PurchaseRow, lines: readonly LineRow[], paidBy: readonly PaidByRow[]): PurchaseFact {
  return {
    id: row.id,
    walletId: row.wallet_id,
    memberId: row.member_id,
    brandId: row.brand_id,
    account: Number(row.account_id),
    currencyId: row.currency_id,
    earnTransferId: row.earn_transfer_id,
    points: Number(row.points),
    moneyCurrency: row.money_currency,
    amount: exact(row.amount),
    eligibleAmount: exact(row.eligible_amount),
    paidWithPoints: exact(row.paid_with_points),
    channel: row.channel,
    instrument: row.instrument,
    reference: row.reference,
    ruleId: row.rule_id,
    termsId: row.terms_id,
    arithmetic: row.arithmetic,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    award: row.awarded ? toAward(row) : null,
    lines: lines.map((line) => ({
      lineNo: line.line_no,
      sku: line.sku,
      category: line.category,
      quantity: scaled(line.quantity, 3),
      kind: line.kind,
      unitPrice: line.unit_price === null ? null : scaled(line.unit_price, 6),
      amount: line.amount === null ? null : exact(line.amount),
      discount: exact(line.discount),
      tax: exact(line.tax),
      exclusion: line.exclusion,
    })),
    paidBy: paidBy.map((each) => ({
      redemptionId: each.redemption_id,
      spentBy: each.spent_by,
      account: Number(each.account_id),
      poolId: each.pool_id,
      points: Number(each.points),
      value: exact(each.value),
      spentAt: each.occurred_at,
    })),
  };
}

function toAward(row: AwardRow): PurchaseAward {
  return {
    availableOn: row.available_on === null ? null : dayFromIso(row.available_on),
    deadline: row.deadline === null ? null : dayFromIso(row.deadline),
    resolution: row.award_state && { state: row.award_state, points: Number(row.award_points), occurredAt: row.award_at },
  };
}

function exact(text: string): ExactAmount {
  return scaled(text, 9) as ExactAmount;
}

/** As parseDecimal, but a numeric(38, 9) may have more digits than an input. */
function scaled(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
