import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { App } from '../src/app';
import { attemptClose, type DueClose, noteObstacle } from '../src/settlement/months/attempt-close';
import type { NewJob } from './queues';

const payload = z.object({ periodId: z.uuid() });

/** While a try is under way, no second job is added for it; a job that was lost is added again after this long. */
const JOB_LOST_MS = 30_000;

/**
 * A job for one try to close a month, which the queue does not repeat. The relay asks again when the next try is due.
 */
export function closingJob({ id, attempts }: DueClose): NewJob {
  return { name: 'close-period', data: { periodId: id }, once: { id: `close-${id}-${attempts}`, forMs: JOB_LOST_MS }, attempts: 1 };
}

const LOOKS = 20;
const PAUSE_MS = 100;

/**
 * Waits a moment for transactions older than the cut-off. What stands in the way then is written down with the month.
 */
export async function runClosing(app: App, data: unknown): Promise<void> {
  const { periodId } = payload.parse(data);
  for (let look = 1; ; look++) {
    const obstacle = await attemptClose(app, periodId);
    if (!obstacle) return;
    if (obstacle.for !== 'OLDER_TRANSACTION' || look === LOOKS) return noteObstacle(app, periodId, obstacle);
    await sleep(PAUSE_MS);
  }
}
