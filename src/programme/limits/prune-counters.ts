import type { App } from '../../app';
import { dayOf, dayToIso } from '../../ledger/points/calendar';

const AT_ONCE = 5_000;
/** Longest window, and a day for time zones. */
const LONGEST_WINDOW_DAYS = 367;

/**
 * Removes what velocity limits counted in windows that ended further back than any terms of the coalition allow:
 * nothing can be told into them any more. So a wallet keeps, for each limit, at most the windows within that reach.
 * Returns how many it removed. Safe to run at any time.
 */
export async function pruneCounters(app: App): Promise<number> {
  const { reach } = await app.database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { partnerships } = await app.coalition.snapshot(client);
    return { reach: Math.max(0, ...partnerships.flatMap(({ terms }) => terms.map(({ backdatingDays }) => backdatingDays))) };
  });
  const before = dayToIso(dayOf(app.clock.now(), 'UTC') - reach - LONGEST_WINDOW_DAYS);
  let removed = 0;
  for (;;) {
    const gone = await app.ledger.transaction(async (client) => (await client.query(PRUNE, [before, AT_ONCE])).rowCount ?? 0);
    removed += gone;
    if (gone < AT_ONCE) return removed;
  }
}

// Found by counter_velocity: the end of the key is the window's first day.
const PRUNE = `
  DELETE FROM counter c USING (
    SELECT account_id, key FROM counter WHERE key LIKE 'velocity:%' AND right(key, 10) < $1 ORDER BY right(key, 10) LIMIT $2
  ) old WHERE c.account_id = old.account_id AND c.key = old.key`;
