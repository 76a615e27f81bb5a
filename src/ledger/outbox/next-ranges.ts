import type { ClientBase } from 'pg';
import { only } from '../../platform/one-of';

/** Journal positions [from, to): every transfer whose xid is at least from and below to. */
export interface JournalRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** A range is cut at the first transaction that brings it to this many transfers; a transaction is never split. */
export const RANGE_SIZE = 1_000;

/** Most transfers that one look at the journal counts. */
const MOST_ROWS = 50_000;

/**
 * The position below which every transaction has ended: what is there now is all that there will ever be.
 * Read it before what is to be read up to it.
 */
export async function settledPosition(client: ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ position: string }>({
    name: 'settled-position',
    text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS position',
  });
  return BigInt(only(rows).position);
}

/**
 * The journal from a position on, up to what is settled, in ranges of about `size` transfers. Nothing new: no range.
 */
export async function nextRanges(client: ClientBase, from: bigint, size = RANGE_SIZE): Promise<JournalRange[]> {
  const until = await settledPosition(client);
  return until > from ? cutRanges(from, await countTransactions(client, from, until), size) : [];
}

/**
 * The whole journal from a position on, settled or not. Only for a journal that nobody writes to any more (see
 * restartEpoch).
 */
export async function remainingRanges(client: ClientBase, from: bigint, size = RANGE_SIZE): Promise<JournalRange[]> {
  return cutRanges(from, await countTransactions(client, from, MAX_POSITION), size);
}

export interface TransactionSize {
  readonly xid: bigint;
  readonly transfers: number;
}

const MAX_POSITION = 2n ** 64n - 1n;

async function countTransactions(client: ClientBase, from: bigint, until: bigint): Promise<TransactionSize[]> {
  // The inner LIMIT may count the last transaction short; ranges end after whole transactions all the same.
  const { rows } = await client.query<{ xid: string; transfers: number }>({
    name: 'journal-transactions',
    text: `SELECT xid::text, count(*)::int AS transfers
           FROM (SELECT xid FROM transfer WHERE xid >= $1::xid8 AND xid < $2::xid8 ORDER BY xid LIMIT ${MOST_ROWS}) AS journal
           GROUP BY journal.xid ORDER BY journal.xid`,
    values: [from.toString(), until.toString()],
  });
  return rows.map((row) => ({ xid: BigInt(row.xid), transfers: row.transfers }));
}

/** Cuts transactions, in order, into adjoining ranges that begin at `from`. */
export function cutRanges(from: bigint, transactions: readonly TransactionSize[], size: number): JournalRange[] {
  const ranges: JournalRange[] = [];
  let start = from;
  let gathered = 0;
  for (const [at, { xid, transfers }] of transactions.entries()) {
    gathered += transfers;
    if (gathered < size && at < transactions.length - 1) continue;
    ranges.push({ from: start, to: xid + 1n });
    start = xid + 1n;
    gathered = 0;
  }
  return ranges;
}
