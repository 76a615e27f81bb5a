import type { App } from '../src/app';
import { cancelAwards } from '../src/earning/cancel-awards';
import { expirePoints } from '../src/expiry/expire-points';
import { giveNotices } from '../src/expiry/give-notices';
import type { NewJob } from './queues';

/** A job that books what the calendar has decided: awards not confirmed in time, points that have expired; and tells of those that soon will. */
export function expirePointsJob(): NewJob {
  return { name: 'expire-points', data: {}, once: { id: 'expire-points', forMs: 10_000 } };
}

export async function runExpirePoints(app: App): Promise<void> {
  await cancelAwards(app);
  while ((await expirePoints(app)).more) {
    // The next run: each one leaves fewer.
  }
  await giveNotices(app);
}
