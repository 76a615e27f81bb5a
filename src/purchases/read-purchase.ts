import type { PoolClient } from 'pg';
import type { Uuid } from '../ids';
import type { AccountId } from '../ledger/posting';
import type { ExactAmount } from './exact-amount';

/** A line as it was bought. */
interface PurchaseLineFact {
  readonly lineNo: number;
  readonly sku: string;
  readonly category: string | null;
  /** Thousandths of a unit of goods. */
  readonly quantity: bigint;
  /** Micro-units of money each. */
  readonly unitPrice: bigint;
  /** Why the line earned nothing; null when it earned. */
  readonly exclusion: string | null;
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
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  /** By line number. */
  readonly lines: readonly PurchaseLineFact[];
  /** What points paid: the transfer that spent them, and how many they were then. */
  readonly paidBy: readonly { readonly redemptionId: Uuid; readonly spentBy: Uuid; readonly points: number }[];
}

/** A purchase that the transaction's principal may see, or null. */
export async function readPurchase(client: PoolClient, id: Uuid): Promise<PurchaseFact | null> {
  const { rows } = await client.query({ name: 'read-purchase', text: PURCHASE, values: [id] });
  if (rows.length === 0) return null;
  const key = [rows[0].wallet_id, id];
  const lines = await client.query({ name: 'read-purchase-lines', text: LINES, values: key });
  const paidBy = await client.query({ name: 'read-purchase-redemptions', text: PAID_BY, values: key });
  return toFact(rows[0], lines.rows, paidBy.rows);
}

const PURCHASE = `
  SELECT id, wallet_id, member_id, brand_id, account_id, currency_id, earn_transfer_id, points, money_currency, amount, eligible_amount, paid_with_points,
    channel, instrument, reference, rule_id, terms_id, occurred_at, recorded_at
  FROM purchase WHERE id = $1`;
const LINES = 'SELECT line_no, sku, category, quantity, unit_price, exclusion FROM purchase_line WHERE wallet_id = $1 AND purchase_id = $2 ORDER BY line_no';
const PAID_BY = `
  SELECT p.redemption_id, p.points, CASE WHEN r.kind = 'BURN' THEN r.id ELSE t.id END AS spent_by
  FROM purchase_redemption p JOIN redemption r ON r.wallet_id = p.wallet_id AND r.id = p.redemption_id LEFT JOIN transfer t ON t.hold_id = r.id
  WHERE p.wallet_id = $1 AND p.purchase_id = $2 ORDER BY p.redemption_id`;

// biome-ignore-start lint/suspicious/noExplicitAny: rows of pg
function toFact(row: any, lines: any[], paidBy: any[]): PurchaseFact {
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
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    lines: lines.map((line) => ({
      lineNo: line.line_no,
      sku: line.sku,
      category: line.category,
      quantity: scaled(line.quantity, 3),
      unitPrice: scaled(line.unit_price, 6),
      exclusion: line.exclusion,
    })),
    paidBy: paidBy.map((each) => ({ redemptionId: each.redemption_id, spentBy: each.spent_by, points: Number(each.points) })),
  };
}
// biome-ignore-end lint/suspicious/noExplicitAny: rows of pg

function exact(text: string): ExactAmount {
  return scaled(text, 9) as ExactAmount;
}

/** As parseDecimal, but a numeric(38, 9) may have more digits than an input. */
function scaled(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
