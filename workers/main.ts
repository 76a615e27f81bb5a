import type { App } from '../src/app';
import { fillStandingArrears } from '../src/programme/expiry/fill-standing-arrears';
import { recoverRollUps } from '../src/settlement/books/roll-up-journal';
import { recoverJournal } from '../src/settlement/clearing/recover-journal';
import { runClearing } from './clear-events';
import { runClosing } from './close-period';
import { expirePointsJob, runExpirePoints } from './expire-points';
import { runBooks } from './keep-books';
import { startRelay } from './outbox-relay';
import { openQueues, type Queues } from './queues';
import { runReleaseHolds } from './release-holds';

export interface Workers {
  readonly queues: Queues;
  /** Finishes the jobs in hand, takes no further ones, gives its connections back. */
  close(): Promise<void>;
}

/** Takes jobs and relays the journal, in this process; any number of processes may do so at once. */
export async function startWorkers(app: App): Promise<Workers> {
  await recoverJournal(app);
  await recoverRollUps(app);
  await fillStandingArrears(app);
  const queues = openQueues(app.config, app.log);
  // Clearing goes in the journal's order, one range at a time: more at once would only wait for its cursor.
  queues.work('clearing', 1, ({ name, data }) => runClearing(app, name, data));
  queues.work('periods', 1, ({ data }) => runClosing(app, data));
  queues.work('holds', app.config.workerConcurrency, () => runReleaseHolds(app));
  queues.work('expiry', 1, async () => {
    const { name, data } = expirePointsJob();
    if (await runExpirePoints(app)) await queues.queue('expiry').add([{ name, data }]);
  });
  queues.work('books', 1, ({ name }) => runBooks(app, name));
  const relay = startRelay(app, queues);
  app.log.info({ backend: queues.backend }, 'workers take jobs');
  return {
    queues,
    async close() {
      await relay.close();
      await queues.close();
    },
  };
}
