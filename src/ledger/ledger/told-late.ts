import type { PostingRequest } from './posting';

/**
 * How long after midnight expiry is booked: a till tells a burn of the last minute some time after it, and its points
 * have not been booked meanwhile. So what is told within that time need not look for them.
 */
export const LATE_TILLS_MS = 15 * 60_000;

/** An end that has been booked meanwhile may lie after it: see lendEnded() of the ledger. */
export function isToldLate({ occurredAt, recordedAt, booksEnds = false }: Pick<PostingRequest, 'occurredAt' | 'recordedAt' | 'booksEnds'>): boolean {
  return recordedAt - occurredAt > LATE_TILLS_MS && !booksEnds;
}
