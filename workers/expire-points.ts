import type { App } from '../src/app';
import { cancelAwards } from '../src/programme/earning/cancel-awards';
import { expirePoints } from '../src/programme/expiry/expire-points';
import { giveNotices } from '../src/programme/expiry/give-notices';
import type { NewJob } from './queues';

/** A job that books what the calendar has decided: awards not confirmed in time, points that have expired; and tells of those that soon will. */
export function expirePointsJob(): NewJob {
  return { name: 'expire-points', data: {}, once: { id: 'expire-points', forMs: 10_000 } };
}

/** True when there is more to be booked than one job does. What stands in the way of one of them keeps none of the others from being done. */
export async function runExpirePoints(app: App): Promise<boolean> {
  let more = false;
  const tasks = [() => cancelAwards(app), async () => (more = (await expirePoints(app)).more), () => giveNotices(app)];
  const problems: unknown[] = [];
  for (const task of tasks) await task().catch((error: unknown) => problems.push(error));
  if (problems.length > 0) throw problems.length === 1 ? problems[0] : new AggregateError(problems, 'several of what the calendar decides could not be done');
  return more;
}
