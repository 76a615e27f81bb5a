import type { App } from '../src/app';
import { cancelAwards } from '../src/programme/earning/cancel-awards';
import { expirePoints } from '../src/programme/expiry/expire-points';
import { giveNotices } from '../src/programme/expiry/give-notices';
import type { NewJob } from './queues';

/**
 * A job that books what the calendar has decided: awards that were not confirmed in time, points that have expired. It
 * also tells members what soon will.
 */
export function expirePointsJob(): NewJob {
  return { name: 'expire-points', data: {}, once: { id: 'expire-points', forMs: 10_000 } };
}

/** True when there is more to be booked than one job does. What stops one of the three stops none of the others. */
export async function runExpirePoints(app: App): Promise<boolean> {
  let more = false;
  const tasks = [() => cancelAwards(app), async () => (more = (await expirePoints(app)).more), () => giveNotices(app)];
  const problems: unknown[] = [];
  for (const task of tasks) await task().catch((error: unknown) => problems.push(error));
  if (problems.length > 0) throw problems.length === 1 ? problems[0] : new AggregateError(problems, 'several of what the calendar decides could not be done');
  return more;
}
