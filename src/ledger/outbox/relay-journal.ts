import type { ClientBase } from 'pg';
import { LOCKS, tryLock } from '../../platform/locks';
import { only } from '../../platform/one-of';
import { type JournalCursor, readCursor } from './journal-cursor';
import { type JournalRange, nextRanges } from './next-ranges';

/** Where the relay and the consumer it works for have come to. */
export interface RelayView {
  readonly consumed: JournalCursor;
  /** Up to where ranges have been handed to the queue. */
  readonly relayed: JournalCursor;
  /** Settled transfers lie beyond what was relayed. */
  readonly more: boolean;
  /** Seconds since either of the two has moved; null while neither ever has. */
  readonly idleSeconds: number | null;
}

/** Name of the relay's own cursor for a consumer. It is only a hint: the consumer's cursor is what counts. */
export function relayOf(consumer: string): string {
  return `relay-${consumer}`;
}

const VIEW = `
  SELECT c.epoch, coalesce(c.position, '0')::text AS position, r.epoch AS relay_epoch, coalesce(r.position, '0')::text AS relay_position,
    EXISTS (SELECT FROM transfer t WHERE t.xid >= coalesce(r.position, '0') AND t.xid < pg_snapshot_xmin(pg_current_snapshot())) AS more,
    extract(epoch FROM clock_timestamp() - greatest(c.moved_at, r.moved_at))::float8 AS idle_seconds
  FROM (VALUES (true)) AS one (row)
  LEFT JOIN journal_cursor c ON c.consumer = $1 LEFT JOIN journal_cursor r ON r.consumer = $2`;

/** Without epochs where there is no cursor yet. */
interface ViewRow {
  readonly epoch: number | null;
  readonly position: string;
  readonly relay_epoch: number | null;
  readonly relay_position: string;
  readonly more: boolean;
  readonly idle_seconds: number | null;
}

/** One cheap look, taken several times a second: takes no locks and writes nothing. */
export async function lookAtJournal(client: ClientBase, consumer: string): Promise<RelayView> {
  const { rows } = await client.query<ViewRow>({ name: 'look-at-journal', text: VIEW, values: [consumer, relayOf(consumer)] });
  const row = only(rows);
  return {
    consumed: { epoch: row.epoch ?? 1, position: BigInt(row.position) },
    relayed: { epoch: row.relay_epoch ?? 1, position: BigInt(row.relay_position) },
    more: row.more,
    idleSeconds: row.idle_seconds,
  };
}

/**
 * Hands the next ranges to `enqueue`, and notes how far it has handed out. Broken off in between, it hands the same
 * ranges out again, which does no harm. Returns how many; 0 when another process is at it. The transaction's role must
 * be tessera_kernel.
 */
export async function relayRanges(client: ClientBase, consumer: string, enqueue: (ranges: readonly JournalRange[]) => Promise<void>): Promise<number> {
  if (!(await isMyTurn(client, consumer))) return 0;
  const { consumed, relayed } = await lookAtJournal(client, consumer);
  const isBehind = relayed.epoch !== consumed.epoch || relayed.position < consumed.position;
  const ranges = await nextRanges(client, isBehind ? consumed.position : relayed.position);
  const last = ranges.at(-1);
  if (!last) return 0;
  await enqueue(ranges);
  await noteRelayed(client, consumer, { epoch: consumed.epoch, position: last.to });
  return ranges.length;
}

/** Begins again where the consumer is: what was handed out since may be lost. Role tessera_kernel. */
export async function relayAgain(client: ClientBase, consumer: string): Promise<void> {
  if (await isMyTurn(client, consumer)) await noteRelayed(client, consumer, await readCursor(client, consumer));
}

/** An advisory lock takes no transaction id, so that a queue that answers slowly does not hold the journal back. */
function isMyTurn(client: ClientBase, consumer: string): Promise<boolean> {
  return tryLock(client, LOCKS.RELAY, consumer);
}

async function noteRelayed(client: ClientBase, consumer: string, { epoch, position }: JournalCursor): Promise<void> {
  await client.query(
    `INSERT INTO journal_cursor (consumer, epoch, position, moved_at) VALUES ($1, $2, $3::xid8, clock_timestamp())
     ON CONFLICT (consumer) DO UPDATE SET epoch = excluded.epoch, position = excluded.position, moved_at = excluded.moved_at`,
    [relayOf(consumer), epoch, position.toString()],
  );
}
