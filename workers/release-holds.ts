import type { App } from '../src/app';
import { releaseExpiredHolds } from '../src/programme/redemption/release-expired-holds';
import type { NewJob } from './queues';

/** A job that books the release of expired holds. */
export function releaseHoldsJob(): NewJob {
  return { name: 'release-holds', data: {}, once: { id: 'release-holds', forMs: 2_000 } };
}

const LIMIT = 500;

export async function runReleaseHolds(app: App): Promise<void> {
  while ((await releaseExpiredHolds(app, LIMIT)) === LIMIT) {
    // The next batch: each one leaves fewer.
  }
}
