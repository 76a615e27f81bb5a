import type { ClientBase } from 'pg';
import type { App } from '../../app';
import { type JournalCursor, lockCursor, moveCursor } from '../../ledger/outbox/journal-cursor';
import { type JournalRange, nextRanges } from '../../ledger/outbox/next-ranges';
import { isBeyondServer } from '../../ledger/outbox/restart-epoch';

/** The roll-up's name among the consumers of the journal. */
export const ROLL_UPS = 'roll-ups';

/** Transfers that one transaction rolls up, about. */
const AT_ONCE = 5_000;

/** What became of a range. */
export interface RolledUp {
  /** The cursor's position now. */
  readonly position: bigint;
  /** Transfers rolled up by this call; 0 when all of it had been before. */
  readonly transfers: number;
}

/**
 * Adds the journal up to `range.to` to the totals of summed accounts and of each issuer's points, with the cursor in
 * one transaction. Ranges are only hints: what is done is skipped, what is missing before them is done too, and only
 * what is settled is taken.
 */
export async function rollUpJournal(app: App, range: JournalRange): Promise<RolledUp> {
  let transfers = 0;
  for (;;) {
    const done = await app.ledger.transaction((client) => rollUpNext(client, range.to));
    transfers += done.transfers;
    if (!done.more) return { position: done.position, transfers };
  }
}

async function rollUpNext(client: ClientBase, until: bigint): Promise<RolledUp & { more: boolean }> {
  // A process that stands still must not keep the others from the cursor for long.
  await client.query("SET LOCAL idle_in_transaction_session_timeout = '15s'");
  const cursor = await lockCursor(client, ROLL_UPS);
  const [next] = cursor.position >= until ? [] : await nextRanges(client, cursor.position, AT_ONCE);
  if (!next) return { position: cursor.position, transfers: 0, more: false };
  const transfers = await addRange(client, cursor.epoch, { from: cursor.position, to: next.to });
  await moveCursor(client, ROLL_UPS, { epoch: cursor.epoch, position: next.to });
  return { position: next.to, transfers, more: next.to < until };
}

async function addRange(client: ClientBase, epoch: number, { from, to }: JournalRange): Promise<number> {
  const range = [from.toString(), to.toString(), epoch];
  const { rows } = await client.query<{ bucket_id: string; transfers: string }>({ name: 'roll-up-bucket', text: BUCKET, values: range });
  const [bucket] = rows;
  if (!bucket) return 0;
  await client.query({ name: 'roll-up-accounts', text: ACCOUNTS, values: [...range, bucket.bucket_id] });
  await client.query({ name: 'roll-up-issuers', text: ISSUERS, values: range });
  return Number(bucket.transfers);
}

/** What was written in this cluster, not restored into it: only after a restore do the two differ. */
const NATIVE = '($3::int = 1 OR t.xmin = t.xid::xid)';
const IN_RANGE = `t.xid >= $1::xid8 AND t.xid < $2::xid8 AND ${NATIVE}`;

/** Transfers in a bucket, and the UTC day that it stays in, are bounds: what a balance within it must look through. */
const MOST_IN_BUCKET = 10_000;

// The range goes into the last bucket while that is small and of the same UTC day, else into a new one. No transfers,
// no bucket.
const BUCKET = `
  WITH range AS (SELECT count(*) AS transfers, min(t.recorded_at) AS first, max(t.recorded_at) AS last FROM transfer t WHERE ${IN_RANGE}),
  open AS (
    SELECT b.id FROM roll_up_bucket b, range r
    WHERE b.id = (SELECT max(id) FROM roll_up_bucket) AND b.epoch = $3 AND b.to_xid <= $1::xid8 AND b.transfers + r.transfers <= ${MOST_IN_BUCKET}
      AND date_trunc('day', b.first_recorded_at, 'UTC') = date_trunc('day', r.last, 'UTC')
  ), extended AS (
    UPDATE roll_up_bucket b SET to_xid = $2::xid8, transfers = b.transfers + r.transfers,
      first_recorded_at = least(b.first_recorded_at, r.first), last_recorded_at = greatest(b.last_recorded_at, r.last)
    FROM range r WHERE b.id IN (SELECT id FROM open) AND r.transfers > 0 RETURNING b.id
  ), made AS (
    INSERT INTO roll_up_bucket (epoch, from_xid, to_xid, transfers, first_recorded_at, last_recorded_at)
    SELECT $3, $1::xid8, $2::xid8, r.transfers, r.first, r.last FROM range r WHERE r.transfers > 0 AND NOT EXISTS (SELECT FROM open) RETURNING id
  )
  SELECT id AS bucket_id, (SELECT transfers FROM range) FROM extended UNION ALL SELECT id, (SELECT transfers FROM range) FROM made`;

const ACCOUNT_SIDES = (where: string) => `
  SELECT t.debit_account AS account_id, t.amount AS debit, 0 AS credit, t.recorded_at FROM transfer t WHERE ${where} AND t.debit_seq IS NULL
  UNION ALL SELECT t.credit_account, 0, t.amount, t.recorded_at FROM transfer t WHERE ${where} AND t.credit_seq IS NULL`;

const ACCOUNTS = `
  INSERT INTO account_roll_up AS kept (account_id, bucket_id, debits, credits)
  SELECT s.account_id, $4, sum(s.debit), sum(s.credit) FROM (${ACCOUNT_SIDES(IN_RANGE)}) s GROUP BY s.account_id
  ON CONFLICT (account_id, bucket_id) DO UPDATE SET debits = kept.debits + excluded.debits, credits = kept.credits + excluded.credits`;

/**
 * What left lots, by origin. Credits come in (below zero). Allocations say what went out or, below zero, came back.
 * Filled arrears never reached a lot.
 */
export const LEFT_LOTS = (where: string) => `
  SELECT t.origin_id, t.code, false AS at_issuer, -t.amount AS points FROM transfer t WHERE ${where} AND t.origin_id IS NOT NULL
  UNION ALL
  SELECT l.origin_id, t.code, coalesce(a.owner_id = o.issuer_id, false), l.amount FROM transfer t JOIN allocation l ON l.transfer_id = t.id
    JOIN lot_origin o ON o.id = l.origin_id
    LEFT JOIN account a ON a.kind = 'REDEEMED' AND a.id = CASE WHEN t.code IN ('REFUND', 'REINSTATEMENT') THEN t.debit_account ELSE t.credit_account END
  WHERE ${where}
  UNION ALL
  SELECT f.origin_id, 'FILL', false, f.amount FROM transfer t JOIN arrears_fill f ON f.transfer_id = t.id WHERE ${where}`;

const ADD_ISSUERS = (where: string) => `
  INSERT INTO issuer_roll_up AS kept (origin_id, code, at_issuer, left_lots)
  SELECT m.origin_id, m.code, m.at_issuer, sum(m.points) FROM (${LEFT_LOTS(where)}) m GROUP BY m.origin_id, m.code, m.at_issuer
  ON CONFLICT (origin_id, code, at_issuer) DO UPDATE SET left_lots = kept.left_lots + excluded.left_lots`;

const ISSUERS = ADD_ISSUERS(IN_RANGE);

/**
 * Works all totals out again from the journal, from its beginning; the workers go on from there. For whoever finds them
 * wrong: see `npm run verify`.
 */
export async function rebuildRollUps(app: App): Promise<RolledUp> {
  await app.ledger.transaction(async (client) => {
    const cursor = await lockCursor(client, ROLL_UPS);
    await begin(client, cursor, cursor.epoch);
  });
  return rollUpJournal(app, { from: 0n, to: 2n ** 63n });
}

/**
 * After a restore into another cluster transaction ids start again. What was restored is summed anew, a bucket for each
 * UTC day, and the journal of this cluster is read from its beginning. Workers call it when they start. Returns the new
 * epoch, or null when the journal simply goes on.
 */
export async function recoverRollUps(app: App): Promise<number | null> {
  return app.ledger.transaction(async (client) => {
    const cursor = await lockCursor(client, ROLL_UPS);
    if (!(await isBeyondServer(client, cursor.position))) return null;
    await begin(client, cursor, cursor.epoch + 1);
    return cursor.epoch + 1;
  });
}

async function begin(client: ClientBase, cursor: JournalCursor, epoch: number): Promise<void> {
  for (const table of ['roll_up_bucket', 'account_roll_up', 'issuer_roll_up']) await client.query(`DELETE FROM ${table}`);
  if (epoch > 1) {
    await client.query(RESTORED_BUCKETS, [epoch]);
    await client.query(RESTORED_ACCOUNTS);
    await client.query(ADD_ISSUERS(RESTORED));
  }
  await moveCursor(client, ROLL_UPS, { ...cursor, epoch, position: 0n });
}

const RESTORED = 't.xmin <> t.xid::xid';
const RESTORED_BUCKETS = `
  INSERT INTO roll_up_bucket (epoch, transfers, first_recorded_at, last_recorded_at)
  SELECT $1, count(*), min(t.recorded_at), max(t.recorded_at) FROM transfer t WHERE ${RESTORED}
  GROUP BY date_trunc('day', t.recorded_at, 'UTC') ORDER BY 3`;
const RESTORED_ACCOUNTS = `
  INSERT INTO account_roll_up (account_id, bucket_id, debits, credits)
  SELECT s.account_id, b.id, sum(s.debit), sum(s.credit) FROM (${ACCOUNT_SIDES(RESTORED)}) s
  JOIN roll_up_bucket b ON b.from_xid IS NULL AND s.recorded_at BETWEEN b.first_recorded_at AND b.last_recorded_at
  GROUP BY s.account_id, b.id`;
