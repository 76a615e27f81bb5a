import type { ClientBase } from 'pg';
import { only } from '../../platform/one-of';
import { readCursor } from './journal-cursor';

/** How far a consumer is behind the journal, and what holds the journal back. */
export interface JournalLag {
  readonly consumer: string;
  readonly epoch: number;
  readonly position: bigint;
  /** Transfers not consumed yet, counted up to 100,000. */
  readonly rows: number;
  /** Age of the oldest of them; 0 when there is none. */
  readonly seconds: number;
  /**
   * The oldest transaction that is still writing; consumers wait for it. Null when there is none. Its pid is null for a
   * prepared one. Its age is null where the schema's owner may not see the activity of its login.
   */
  readonly heldBackBy: { readonly pid: number | null; readonly seconds: number | null } | null;
}

/** Most rows that are counted: beyond it, it is late enough. */
const MOST_ROWS = 100_000;

/**
 * Reads the lag of one consumer; for metrics and for operators. Of the holding transaction it shows process id and age,
 * never its query. `aheadMs`: how far a test clock, by which transfers are recorded, is ahead of the machine's.
 */
export async function journalLag(client: ClientBase, consumer: string, aheadMs = 0): Promise<JournalLag> {
  const { epoch, position } = await readCursor(client, consumer);
  // Ages are by the server's clock: they say how long machines have waited, not when something happened at a brand.
  const lag = only(
    (
      await client.query<{ rows: number; seconds: number | null }>({
        name: 'journal-lag',
        text: `SELECT (SELECT count(*)::int FROM (SELECT FROM transfer WHERE xid >= $1::xid8 LIMIT ${MOST_ROWS}) AS behind) AS rows,
               (SELECT extract(epoch FROM clock_timestamp() + $2 * interval '1 ms' - recorded_at)::float8 FROM transfer WHERE xid >= $1::xid8 ORDER BY xid LIMIT 1) AS seconds`,
        values: [position.toString(), aheadMs],
      })
    ).rows,
  );
  const writer = (await client.query<{ pid: number; seconds: number }>({ name: 'journal-held-back', text: 'SELECT pid, seconds FROM oldest_writer()' }))
    .rows[0];
  return {
    consumer,
    epoch,
    position,
    rows: lag.rows,
    seconds: Math.max(0, lag.seconds ?? 0),
    heldBackBy: writer ? { pid: writer.pid, seconds: writer.seconds } : null,
  };
}
