import type { App } from '../../app';
import { lockCursor, readCursor } from '../../ledger/outbox/journal-cursor';
import { remainingRanges } from '../../ledger/outbox/next-ranges';
import { isBeyondServer, restartEpoch } from '../../ledger/outbox/restart-epoch';
import { CLEARING, clearRestored } from './clear-events';

/**
 * After a restore into another cluster transaction ids start again. This clears what the restored journal still holds
 * beyond the cursor, then starts a new epoch that reads the journal from its beginning. Events cleared before are
 * recognised and left alone, so nothing is lost or cleared twice. Returns the new epoch, or null when the journal
 * simply goes on. Workers call it when they start.
 */
export async function recoverJournal(app: App): Promise<number | null> {
  const beyond = await app.database.transaction({ kind: 'worker' }, async ({ client }) =>
    isBeyondServer(client, (await readCursor(client, CLEARING)).position),
  );
  if (!beyond) return null;
  app.log.warn(
    'The clearing cursor is beyond every transaction of this server: the database was restored into another cluster. The journal goes on in a new epoch.',
  );
  for (;;) {
    const [range] = await app.ledger.transaction(async (client) => remainingRanges(client, (await readCursor(client, CLEARING)).position));
    if (!range) break;
    await clearRestored(app, range);
  }
  const epoch = await app.ledger.transaction(async (client) => {
    const cursor = await lockCursor(client, CLEARING);
    // Another process may have been faster.
    if (!(await isBeyondServer(client, cursor.position))) return cursor.epoch;
    const restarted = await restartEpoch(client, CLEARING, cursor);
    // Cut-offs are positions too: those of months that are closing start anew.
    await client.query("UPDATE period SET close_horizon = pg_current_xact_id() WHERE status = 'CLOSING'");
    return restarted.epoch;
  });
  app.log.warn({ epoch }, 'a new epoch of the journal has begun');
  return epoch;
}
