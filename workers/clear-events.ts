import { z } from 'zod';
import type { App } from '../src/app';
import type { JournalRange } from '../src/ledger/outbox/next-ranges';
import { clearRange, retrySetAside } from '../src/settlement/clearing/clear-events';
import type { NewJob } from './queues';

const position = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform(BigInt);
const payload = z.object({ from: position, to: position });

/** A job that clears a range of the journal: one job carries about a thousand events. */
export function clearingJob(range: JournalRange): NewJob {
  return { name: 'clear-events', data: { from: range.from.toString(), to: range.to.toString() } };
}

const RETRY = 'retry-set-aside';

/** A job that tries again to clear what could not be priced. */
export function retrySetAsideJob(): NewJob {
  return { name: RETRY, data: {}, once: { id: RETRY, forMs: 30_000 }, attempts: 1 };
}

/** The jobs of the queue "clearing". */
export async function runClearing(app: App, name: string, data: unknown): Promise<void> {
  if (name === RETRY) {
    const { cleared, failed } = await retrySetAside(app, null);
    if (cleared + failed > 0) app.log.info({ cleared, failed }, 'events that had been set aside were tried again');
    return;
  }
  const cleared = await clearRange(app, payload.parse(data));
  if (cleared.events > 0) app.log.debug({ events: cleared.events, obligations: cleared.obligations, position: cleared.position.toString() }, 'cleared');
}
