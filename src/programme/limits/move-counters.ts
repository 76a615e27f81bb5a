import type { ClientBase } from 'pg';
import type { AccountId } from '../../ledger/ledger/posting';

/**
 * What a duplicate has used of its limits counts as used by the survivor from then on: one person has them once.
 * Velocity limits, and what a card burns in a day. In the ledger's transaction that merges the wallets, whose locks it
 * holds; again it finds nothing to move.
 */
export async function moveVelocityCounters(client: ClientBase, from: readonly AccountId[], to: readonly AccountId[]): Promise<void> {
  await client.query({ text: MOVE, values: [from, to] });
}

const MOVE = `
  WITH pair AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS p (duplicate, survivor)),
  used AS (DELETE FROM counter c USING pair p WHERE c.account_id = p.duplicate AND c.key ^@ 'velocity:' RETURNING p.survivor, c.key, c.value)
  INSERT INTO counter (account_id, key, value) SELECT survivor, key, value FROM used
  ON CONFLICT (account_id, key) DO UPDATE SET value = counter.value + excluded.value`;
