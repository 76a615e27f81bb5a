import type { App } from '../src/app';
import { pruneCounters } from '../src/programme/limits/prune-counters';
import { ROLL_UPS, rollUpJournal } from '../src/settlement/books/roll-up-journal';
import type { NewJob } from './queues';

/** Jobs of the queue "books" by their names; each finds by itself what is to be done. */
const JOBS: Readonly<Record<string, (app: App) => Promise<void>>> = {
  'roll-up': async (app) => {
    const { transfers, position } = await rollUpJournal(app, { from: 0n, to: 2n ** 63n });
    if (transfers > 0) app.log.debug({ transfers, position: position.toString() }, 'rolled up');
  },
  'prune-counters': async (app) => {
    const removed = await pruneCounters(app);
    if (removed > 0) app.log.info({ removed }, 'old counters of velocity limits were removed');
  },
};

/** A job that adds the settled journal to the totals of accounts and issuers. */
export function rollUpJob(): NewJob {
  return { name: 'roll-up', data: {}, once: { id: 'roll-up', forMs: 2_000 } };
}

/** A job that removes what velocity limits counted long ago. */
export function pruneCountersJob(): NewJob {
  return { name: 'prune-counters', data: {}, once: { id: 'prune-counters', forMs: 60_000 } };
}

export async function runBooks(app: App, name: string): Promise<void> {
  const run = JOBS[name];
  if (!run) throw new Error(`the queue "books" knows no job "${name}"`);
  await run(app);
}

/** One cheap look: settled transfers lie beyond what is rolled up. */
export const ROLL_UP_DUE = `
  SELECT EXISTS (SELECT FROM transfer t WHERE t.xid >= coalesce((SELECT position FROM journal_cursor WHERE consumer = '${ROLL_UPS}'), '0')
    AND t.xid < pg_snapshot_xmin(pg_current_snapshot())) AS due`;
