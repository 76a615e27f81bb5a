import type { ClientBase } from 'pg';
import { only } from '../../platform/one-of';
import { type JournalCursor, moveCursor } from './journal-cursor';

/**
 * Whether a cursor lies beyond every id that this server has given out; it would wait for ages. After a restore into
 * another cluster (pg_dump, logical replication) transaction ids start again, lower than those that the restored
 * transfers carry.
 */
export async function isBeyondServer(client: ClientBase, position: bigint): Promise<boolean> {
  const { rows } = await client.query<{ beyond: boolean }>('SELECT pg_snapshot_xmax(pg_current_snapshot()) < $1::xid8 AS beyond', [position.toString()]);
  return only(rows).beyond;
}

/**
 * Starts the next epoch of a consumer whose cursor this transaction has locked, once nothing restored is left beyond
 * its position. The new epoch reads the journal from its beginning, since what was written after the restore may be
 * anywhere below. What was consumed before is recognised by its own id, and does nothing.
 */
export async function restartEpoch(client: ClientBase, consumer: string, cursor: JournalCursor): Promise<JournalCursor> {
  if (!(await isBeyondServer(client, cursor.position))) throw new Error(`the journal of ${consumer} goes on in this cluster: no new epoch is needed`);
  const { rows } = await client.query('SELECT 1 FROM transfer WHERE xid >= $1::xid8 LIMIT 1', [cursor.position.toString()]);
  if (rows.length > 0) throw new Error(`transfers beyond position ${cursor.position} are still to be consumed by ${consumer}`);
  const restarted = { epoch: cursor.epoch + 1, position: 0n };
  await moveCursor(client, consumer, restarted);
  return restarted;
}
