import type { ClientBase } from 'pg';
import type { JournalCursor } from '../../ledger/outbox/journal-cursor';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import type { UnreadableEvent } from './read-events';

/** A points event that could not be priced, and why; it goes once it is cleared. */
export interface SetAsideEvent {
  readonly transferId: Uuid;
  readonly currencyId: number;
  readonly occurredAt: Date;
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly setAsideAt: Date;
  readonly triedAt: Date;
}

/** Sets events aside, or notes that they were tried once more. The role must be tessera_kernel. */
export async function setAside(client: ClientBase, failed: readonly UnreadableEvent[], now: Date): Promise<void> {
  for (const { place, reason } of failed)
    await client.query(
      `INSERT INTO set_aside_event (event_transfer_id, currency_id, epoch, position, occurred_at, reason, set_aside_at, tried_at)
       VALUES ($1, $2, $3, $4::xid8, $5, $6, $7, $7)
       ON CONFLICT (event_transfer_id) DO UPDATE SET reason = excluded.reason, attempts = set_aside_event.attempts + 1, tried_at = excluded.tried_at`,
      [place.transferId, place.currencyId, place.posted.epoch, place.posted.position.toString(), place.occurredAt, reason.slice(0, 1_000), now],
    );
}

/** What was set aside is cleared now. The role must be tessera_kernel. */
export async function takeUp(client: ClientBase, cleared: readonly Uuid[]): Promise<void> {
  await client.query('DELETE FROM set_aside_event WHERE event_transfer_id = ANY ($1::uuid[])', [cleared]);
}

/** Events to be tried again with the epochs in which they were posted: those longest untried first. */
export async function epochsOfSetAside(client: ClientBase, currencyId: number | null, most: number): Promise<Map<Uuid, number>> {
  const { rows } = await client.query<{ event_transfer_id: Uuid; epoch: number }>(
    `SELECT event_transfer_id, epoch FROM set_aside_event WHERE $1::smallint IS NULL OR currency_id = $1::smallint
     ORDER BY tried_at, epoch, position, event_transfer_id LIMIT $2`,
    [currencyId, most],
  );
  return new Map(rows.map((row) => [row.event_transfer_id, row.epoch]));
}

/** How many set-aside events of a currency came into the journal before a place, and why the first of them is one. */
export async function setAsideBefore(client: ClientBase, currencyId: number, place: JournalCursor): Promise<{ events: number; reason: string } | null> {
  const { rows } = await client.query<{ events: number; reason: string }>(
    `SELECT count(*)::int AS events, (array_agg(reason ORDER BY epoch, position, event_transfer_id))[1] AS reason FROM set_aside_event
     WHERE currency_id = $1 AND (epoch < $2 OR (epoch = $2 AND position < $3::xid8))`,
    [currencyId, place.epoch, place.position.toString()],
  );
  const aside = only(rows);
  return aside.events > 0 ? aside : null;
}

/** How many events of each points currency are set aside; currencies without any are left out. */
export async function countSetAside(client: ClientBase): Promise<{ currency: string; events: number }[]> {
  const { rows } = await client.query<{ currency: string; events: number }>(
    'SELECT c.code AS currency, count(*)::int AS events FROM set_aside_event s JOIN currency c ON c.id = s.currency_id GROUP BY c.code ORDER BY c.code',
  );
  return rows;
}

/** What is set aside of a currency, oldest first; `limit` of them after a place. */
export async function readSetAside(
  client: ClientBase,
  currencyId: number,
  { limit, after }: { limit: number; after: { setAsideAt: Date; transferId: Uuid } | null },
): Promise<SetAsideEvent[]> {
  const { rows } = await client.query<SetAsideEvent>(
    `SELECT event_transfer_id AS "transferId", currency_id AS "currencyId", occurred_at AS "occurredAt", reason, attempts,
       set_aside_at AS "setAsideAt", tried_at AS "triedAt"
     FROM set_aside_event WHERE currency_id = $1 AND ($2::timestamptz IS NULL OR (set_aside_at, event_transfer_id) > ($2, $3::uuid))
     ORDER BY set_aside_at, event_transfer_id LIMIT $4`,
    [currencyId, after?.setAsideAt ?? null, after?.transferId ?? null, limit],
  );
  return rows;
}
