import { z } from 'zod';
import type { App } from '../src/app';
import type { JournalRange } from '../src/outbox/next-ranges';
import { clearRange } from '../src/settlement/clear-events';
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

export async function runClearing(app: App, data: unknown): Promise<void> {
  const cleared = await clearRange(app, payload.parse(data));
  if (cleared.events > 0) app.log.debug({ events: cleared.events, obligations: cleared.obligations, position: cleared.position.toString() }, 'cleared');
}
