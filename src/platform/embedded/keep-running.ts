import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

const LOOK_EVERY_MS = 500;
const PAUSE_MS = 5_000;

/**
 * Looks after the embedded database. Where it ends though nobody here stopped it (killed by hand, or for want of
 * memory), it is started again; what was acknowledged is on the disk. Processes that use it wait meanwhile. Gives a
 * function that ends the looking after, and waits for a start under way.
 */
export function keepRunning(isRunning: () => boolean, startAgain: () => Promise<void>, log: Logger): () => Promise<void> {
  const ended = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
  async function look(): Promise<void> {
    for (; !ended.signal.aborted; await pause(LOOK_EVERY_MS)) {
      if (isRunning()) continue;
      log.error('the embedded database ended; starting it again');
      try {
        await startAgain();
        log.warn('the embedded database is running again');
      } catch (error) {
        log.error({ err: error, againInMs: PAUSE_MS }, 'the embedded database could not be started again');
        await pause(PAUSE_MS);
      }
    }
  }
  const looking = look();
  return async () => {
    ended.abort();
    await looking;
  };
}
