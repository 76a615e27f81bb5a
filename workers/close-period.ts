import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { App } from '../src/app';
import type { Uuid } from '../src/ids';
import { completeClose } from '../src/settlement/complete-close';
import type { NewJob } from './queues';

const payload = z.object({ periodId: z.uuid() });

/** A job that draws up the statements of a closing month; asked for again and again until it is closed. */
export function closingJob(periodId: Uuid): NewJob {
  return { name: 'close-period', data: { periodId }, once: { id: `close-${periodId}`, forMs: 2_000 } };
}

const LOOKS = 20;
const PAUSE_MS = 100;

/** Waits a moment for transactions older than the cut-off; after that the relay asks again. */
export async function runClosing(app: App, data: unknown): Promise<void> {
  const { periodId } = payload.parse(data);
  for (let look = 1; look <= LOOKS; look++) {
    if ((await completeClose(app, periodId)) === 'CLOSED') return;
    await sleep(PAUSE_MS);
  }
  app.log.info({ periodId }, 'a period waits to be closed: a transaction older than its cut-off is still writing');
}
