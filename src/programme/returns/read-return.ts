import type { PoolClient } from 'pg';
import type { AccountId } from '../../ledger/ledger/posting';
import { parseDecimal } from '../../ledger/points/decimal';
import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';
import { type PurchaseFact, readPurchase } from '../purchases/read-purchase';

/** A return as it was recorded, with what became of it. */
export interface ReturnFact {
  readonly id: Uuid;
  readonly brandId: Uuid;
  readonly occurredAt: Date;
  /** Earned points that had expired unspent, and went back to where they were issued. */
  readonly expired: number;
  /** It moved points on from a household's pool to members who have left it. */
  readonly leftPool: boolean;
  /** What came back of each line: thousandths, and billionths of a unit of money. */
  readonly lines: readonly { readonly lineNo: number; readonly quantity: bigint; readonly reduction: bigint }[];
  /** The transfers that it made, and what each of them reversed. */
  readonly clawback: ReversingTransfer | null;
  readonly reinstatements: readonly ReversingTransfer[];
  /** The latest return of the purchase that counts; null: there is none. */
  readonly last: Uuid | null;
  /** What of the purchase's lines has come back by the returns that count, by line number. */
  readonly standing: ReadonlyMap<number, { readonly quantity: bigint; readonly reduction: bigint }>;
}

export interface ReversingTransfer {
  readonly id: Uuid;
  readonly reverses: Uuid;
  /** Of the wallet or pool that points were taken from, or came back to. */
  readonly account: AccountId;
}

/** A return that the transaction's principal may see with its purchase, or null. */
export async function readReturn(client: PoolClient, id: Uuid): Promise<{ readonly fact: ReturnFact; readonly purchase: PurchaseFact } | null> {
  const { rows } = await client.query<ReturnRow>({ name: 'read-return', text: RETURN, values: [id] });
  const [row] = rows;
  if (!row) return null;
  const purchase = await readPurchase(client, row.purchase_id);
  if (!purchase) return null;
  const lines = await client.query<RowOf<ReturnedLine>>({ name: 'read-return-lines', text: LINES, values: [row.wallet_id, id] });
  const standing = await client.query<RowOf<ReturnedLine>>({ name: 'read-standing-returns', text: STANDING, values: [row.wallet_id, row.purchase_id] });
  const reversed = [...(purchase.earnTransferId === null ? [] : [purchase.earnTransferId]), ...purchase.paidBy.map(({ spentBy }) => spentBy)];
  const transfers = await client.query<Omit<ReversingTransfer, 'account'> & { account_id: string; code: string }>({
    name: 'read-return-transfers',
    text: TRANSFERS,
    values: [reversed, row.posting_id],
  });
  const made = transfers.rows.map((each) => ({ id: each.id, reverses: each.reverses, account: Number(each.account_id), code: each.code }));
  const fact: ReturnFact = {
    id,
    brandId: row.brand_id,
    occurredAt: row.occurred_at,
    expired: Number(row.expired),
    leftPool: row.left_pool,
    lines: lines.rows.map(toLine),
    clawback: made.find(({ code }) => code === 'CLAWBACK') ?? null,
    reinstatements: made.filter(({ code }) => code === 'REINSTATEMENT'),
    last: row.last,
    standing: new Map(standing.rows.map(toLine).map(({ lineNo, ...line }) => [lineNo, line])),
  };
  return { fact, purchase };
}

type ReturnRow = RowOf<Pick<ReturnFact, 'brandId' | 'occurredAt' | 'expired' | 'leftPool' | 'last'>, 'expired'> & {
  readonly wallet_id: Uuid;
  readonly purchase_id: Uuid;
  readonly posting_id: Uuid;
};

interface ReturnedLine {
  readonly lineNo: number;
  readonly quantity: bigint;
  readonly reduction: bigint;
}

function toLine(row: RowOf<ReturnedLine>): ReturnedLine {
  return { lineNo: row.line_no, quantity: exact(row.quantity, 3), reduction: exact(row.reduction, 9) };
}

function exact(text: string, scale: number): bigint {
  const scaled = parseDecimal(text, scale);
  if (scaled === null) throw new Error(`${text} is no decimal`);
  return scaled;
}

const COUNTS = 'NOT EXISTS (SELECT FROM purchase_return_cancellation c WHERE c.wallet_id = o.wallet_id AND c.return_id = o.id)';
const RETURN = `
  SELECT r.wallet_id, r.purchase_id, r.brand_id, r.posting_id, r.occurred_at, r.expired, last.id AS last,
    EXISTS (SELECT FROM transfer t WHERE t.posting_id = r.posting_id AND t.code = 'POOL_RETURN') AS left_pool
  FROM purchase_return r LEFT JOIN LATERAL (
    SELECT o.id FROM purchase_return o WHERE o.wallet_id = r.wallet_id AND o.purchase_id = r.purchase_id AND ${COUNTS}
    ORDER BY o.recorded_at DESC, o.id DESC LIMIT 1) last ON true
  WHERE r.id = $1`;
const LINES = 'SELECT line_no, quantity::text, reduction::text FROM purchase_return_line WHERE wallet_id = $1 AND return_id = $2 ORDER BY line_no';
const STANDING = `
  SELECT l.line_no, sum(l.quantity)::text AS quantity, sum(l.reduction)::text AS reduction
  FROM purchase_return o JOIN purchase_return_line l ON l.wallet_id = o.wallet_id AND l.return_id = o.id
  WHERE o.wallet_id = $1 AND o.purchase_id = $2 AND ${COUNTS} GROUP BY l.line_no`;
// By what they reverse, which there is an index for.
const TRANSFERS = `
  SELECT t.id, t.reverses, t.code, CASE WHEN t.code = 'CLAWBACK' THEN t.debit_account ELSE t.credit_account END AS account_id
  FROM transfer t WHERE t.posting_id = $2 AND t.reverses = ANY ($1::uuid[])`;
