import { isNotNow } from '../not-now';
import { kindOfFailure } from './failure-kind';

export interface CoalesceBounds {
  /** Asks in one run. What one caller asks is never split. */
  readonly most?: number;
  /** Asks that may wait, of all keys, and what callers beyond them get. */
  readonly waiting?: { readonly most: number; readonly full: () => Error };
}

interface Waiting<Ask, Answer> {
  readonly asks: readonly Ask[];
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Many callers, one run: what is asked under a key while a run of that key is under way goes together in the next.
 * Never two keys in one. There is no timer: a lone caller goes at once. `run` answers in the order of its asks, and
 * each caller gets the answers to its own. An outage fails all of a run, and so does a run that answers more or fewer
 * asks than it got: nobody knows whose answer is whose. Any other failure may lie in one caller's asks: each then has a
 * run of its own. `what` names the run, in errors.
 */
export function coalesce<Key, Ask, Answer>(
  what: string,
  run: (key: Key, asks: readonly Ask[]) => Promise<readonly Answer[]>,
  { most = Number.POSITIVE_INFINITY, waiting }: CoalesceBounds = {},
): (key: Key, asks: readonly Ask[]) => Promise<readonly Answer[]> {
  /** Of the keys for which a run is under way. */
  const queues = new Map<Key, Waiting<Ask, Answer>[]>();
  let asksWaiting = 0;

  async function runQueue(key: Key, queue: Waiting<Ask, Answer>[]): Promise<void> {
    // Callers of this turn of the event loop go together.
    await new Promise(setImmediate);
    while (queue.length > 0) await runBatch(key, take(queue));
    queues.delete(key);
  }

  function take(queue: Waiting<Ask, Answer>[]): Waiting<Ask, Answer>[] {
    let [count, asks] = [0, 0];
    for (const each of queue) {
      if (count > 0 && asks + each.asks.length > most) break;
      asks += each.asks.length;
      count++;
    }
    asksWaiting -= asks;
    return queue.splice(0, count);
  }

  async function runBatch(key: Key, batch: readonly Waiting<Ask, Answer>[]): Promise<void> {
    const all = batch.flatMap(({ asks }) => asks);
    try {
      const answers = await run(key, all);
      if (answers.length !== all.length) return rejectAll(batch, new Error(`${what} gave ${answers.length} answers to ${all.length} asks`));
      let at = 0;
      for (const { asks, resolve } of batch) resolve(answers.slice(at, (at += asks.length)));
    } catch (error) {
      const isOutage = isNotNow(error) || kindOfFailure(error) !== 'defect';
      if (batch.length > 1 && !isOutage) for (const each of batch) await runBatch(key, [each]);
      else rejectAll(batch, error);
    }
  }

  function rejectAll(batch: readonly Waiting<Ask, Answer>[], error: unknown): void {
    for (const { reject } of batch) reject(error);
  }

  return (key, asks) => {
    if (asks.length === 0) return Promise.resolve([]);
    if (waiting && asksWaiting + asks.length > waiting.most) return Promise.reject(waiting.full());
    asksWaiting += asks.length;
    return new Promise((resolve, reject) => {
      const queue = queues.get(key);
      if (queue) queue.push({ asks, resolve, reject });
      else {
        const started = [{ asks, resolve, reject }];
        queues.set(key, started);
        void runQueue(key, started);
      }
    });
  };
}
