import type { ClientBase } from 'pg';
import type { RowOf } from '../../platform/database/row-of';

/** How far a consumer of the journal has come: every transfer with an xid below position is done. */
export interface JournalCursor {
  /** Rises by one when the journal goes on in another cluster: see restartEpoch. */
  readonly epoch: number;
  readonly position: bigint;
}

/**
 * True when `one` came into the journal before `other`: in an earlier epoch, or in the same one at a lower transaction
 * id.
 */
export function isBefore(one: JournalCursor, other: JournalCursor): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.position < other.position);
}

/** The consumer's cursor as last committed; the journal's beginning for one that has never run. */
export async function readCursor(client: ClientBase, consumer: string): Promise<JournalCursor> {
  const { rows } = await client.query<RowOf<JournalCursor>>({
    name: 'read-journal-cursor',
    text: 'SELECT epoch, position::text FROM journal_cursor WHERE consumer = $1',
    values: [consumer],
  });
  const [row] = rows;
  return row ? toCursor(row) : { epoch: 1, position: 0n };
}

/**
 * Locks the consumer's cursor until the transaction ends, making it at first use: whoever else consumes waits.
 * The transaction's role must be tessera_kernel.
 */
export async function lockCursor(client: ClientBase, consumer: string): Promise<JournalCursor> {
  const locked = await tryLock(client, consumer);
  if (locked) return locked;
  await client.query('INSERT INTO journal_cursor (consumer) VALUES ($1) ON CONFLICT DO NOTHING', [consumer]);
  const made = await tryLock(client, consumer);
  if (!made) throw new Error(`the journal cursor of ${consumer} cannot be made`);
  return made;
}

async function tryLock(client: ClientBase, consumer: string): Promise<JournalCursor | null> {
  const { rows } = await client.query<RowOf<JournalCursor>>({
    name: 'lock-journal-cursor',
    text: 'SELECT epoch, position::text FROM journal_cursor WHERE consumer = $1 FOR UPDATE',
    values: [consumer],
  });
  const [row] = rows;
  return row ? toCursor(row) : null;
}

function toCursor({ epoch, position }: RowOf<JournalCursor>): JournalCursor {
  return { epoch, position: BigInt(position) };
}

/**
 * Sets a cursor that this transaction has locked. The consumer's effect is in the same transaction: both happen or
 * neither.
 */
export async function moveCursor(client: ClientBase, consumer: string, to: JournalCursor): Promise<void> {
  // moved_at tells operators and the relay how long nothing has moved: the server's clock, the same for every process.
  const { rowCount } = await client.query({
    name: 'move-journal-cursor',
    text: 'UPDATE journal_cursor SET epoch = $2, position = $3::xid8, moved_at = clock_timestamp() WHERE consumer = $1',
    values: [consumer, to.epoch, to.position.toString()],
  });
  if (rowCount !== 1) throw new Error(`the journal cursor of ${consumer} is not there to be moved`);
}
