import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, QueryConfig } from 'pg';
import type { App } from '../src/app';
import { lookAtJournal, type RelayView, relayAgain, relayRanges } from '../src/ledger/outbox/relay-journal';
import { only } from '../src/platform/one-of';
import { HOLDS_DUE } from '../src/programme/redemption/release-expired-holds';
import { CLEARING } from '../src/settlement/clearing/clear-events';
import { type DueClose, dueCloses } from '../src/settlement/months/attempt-close';
import { clearingJob, retrySetAsideJob } from './clear-events';
import { closingJob } from './close-period';
import { expirePointsJob } from './expire-points';
import { pruneCountersJob, ROLL_UP_DUE, rollUpJob } from './keep-books';
import type { Queues } from './queues';
import { releaseHoldsJob } from './release-holds';

/**
 * How often the journal is looked at: short polling with one cheap query. A NOTIFY in every posting would make all
 * commits queue for one lock.
 */
const LOOK_MS = 100;
const IDLE_LOOK_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** How often it is asked whether a hold has ended. Its points can be spent before that is booked. */
const HOLDS_MS = 1_000;
/** How often expiry is looked after: what is due is found by the job itself. */
const EXPIRY_MS = 15_000;
/** Totals lag the journal by about this: what is not rolled up yet is read from it. */
const ROLL_UP_MS = 5_000;
/** How often counters of windows long past are removed: the job itself finds them. */
const PRUNING_MS = 3_600_000;
/** How often events that could not be priced are tried again. */
const SET_ASIDE_MS = 60_000;

/** What was handed to the queue counts as lost when nothing has moved for this long and nothing waits in the queue. */
const PATIENCE_SECONDS = 2;

/** Beyond it, no further ranges are handed out: the consumer's cursor will ask for them. */
const MOST_WAITING = 200;

/**
 * Turns what the database says is to be done into jobs, until it is stopped. It keeps nothing but hints: whatever
 * becomes of the queue, jobs are derived again from the consumers' cursors, the closing periods and the expired holds.
 * Any number of processes may relay at once.
 */
export function startRelay(app: App, queues: Queues): { close(): Promise<void> } {
  const stop = new AbortController();
  const running = relayUntilStopped(app, queues, stop.signal);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function relayUntilStopped(app: App, queues: Queues, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let holdsLookedAt = Number.NEGATIVE_INFINITY;
  let expiryLookedAt = Number.NEGATIVE_INFINITY;
  let rolledUpAt = Number.NEGATIVE_INFINITY;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let setAsideTriedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    let pause = IDLE_LOOK_MS;
    try {
      const looksAtHolds = performance.now() - holdsLookedAt > HOLDS_MS;
      if (looksAtHolds) holdsLookedAt = performance.now();
      const looksAtBooks = performance.now() - rolledUpAt > ROLL_UP_MS;
      if (looksAtBooks) rolledUpAt = performance.now();
      const view = await look(app, looksAtHolds, looksAtBooks);
      if (await relayJournal(app, queues, view.journal)) pause = LOOK_MS;
      if (view.closing.length > 0) await queues.queue('periods').add(view.closing.map(closingJob));
      if (view.holdsAreDue) await queues.queue('holds').add([releaseHoldsJob()]);
      if (performance.now() - expiryLookedAt > EXPIRY_MS) {
        await queues.queue('expiry').add([expirePointsJob()]);
        expiryLookedAt = performance.now();
      }
      if (view.rollUpIsDue) await queues.queue('books').add([rollUpJob()]);
      if (performance.now() - prunedAt > PRUNING_MS) {
        await queues.queue('books').add([pruneCountersJob()]);
        prunedAt = performance.now();
      }
      if (performance.now() - setAsideTriedAt > SET_ASIDE_MS) {
        await queues.queue('clearing').add([retrySetAsideJob()]);
        setAsideTriedAt = performance.now();
      }
      failures = 0;
    } catch (error) {
      pause = Math.min(LONGEST_PAUSE_MS, LOOK_MS * 2 ** ++failures);
      app.log.warn({ err: error, againInMs: pause }, 'the journal could not be relayed');
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

interface View {
  readonly journal: RelayView;
  readonly closing: readonly DueClose[];
  readonly holdsAreDue: boolean;
  readonly rollUpIsDue: boolean;
}

function look(app: App, looksAtHolds: boolean, looksAtBooks: boolean): Promise<View> {
  return app.database.transaction({ kind: 'worker' }, async ({ client }) => ({
    journal: await lookAtJournal(client, CLEARING),
    closing: await dueCloses(client),
    holdsAreDue: looksAtHolds && (await isDue(client, { name: 'holds-due', text: HOLDS_DUE, values: [app.clock.now()] })),
    rollUpIsDue: looksAtBooks && (await isDue(client, { name: 'roll-up-due', text: ROLL_UP_DUE })),
  }));
}

async function isDue(client: ClientBase, query: QueryConfig): Promise<boolean> {
  return only((await client.query<{ due: boolean }>(query)).rows).due;
}

/** True while there is something under way. */
async function relayJournal(app: App, queues: Queues, view: RelayView): Promise<boolean> {
  const clearing = queues.queue('clearing');
  const isOutstanding = view.relayed.position > view.consumed.position || view.relayed.epoch !== view.consumed.epoch;
  if (isOutstanding && (view.idleSeconds ?? 0) > PATIENCE_SECONDS) {
    const { waiting, delayed } = await clearing.counts();
    if (waiting + delayed === 0) {
      await app.ledger.transaction((client) => relayAgain(client, CLEARING));
      app.log.info({ from: view.consumed.position.toString() }, 'jobs were lost; the journal is relayed again');
      return true;
    }
  }
  if (!view.more) return isOutstanding;
  if (isOutstanding && (await clearing.counts()).waiting > MOST_WAITING) return true;
  await app.ledger.transaction((client) => relayRanges(client, CLEARING, (ranges) => clearing.add(ranges.map(clearingJob))));
  return true;
}
