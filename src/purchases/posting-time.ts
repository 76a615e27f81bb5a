import type { TermsVersion } from '../coalition/coalition-snapshot';
import { CLOCK_SKEW_MS, OccurredAtOutOfRange, requireNotInFuture, requireWithinBackdating } from '../coalition/terms-in-force';
import { Refusal, type RefusalData } from '../refusal';

/**
 * A reversal or capture happens under the terms of what it refers to: not before it, not in the future, and no further back than those
 * terms allow. That the terms have ended since does not matter. Throws OccurredAtOutOfRange.
 */
export function requireFollowUpTime(terms: Pick<TermsVersion, 'backdatingDays'>, original: Date, occurredAt: Date, now: Date): void {
  requireNotInFuture(occurredAt, now);
  if (occurredAt.getTime() < original.getTime() - CLOCK_SKEW_MS)
    throw new OccurredAtOutOfRange(`occurredAt ${occurredAt.toISOString()} is before what it refers to, which happened at ${original.toISOString()}.`);
  requireWithinBackdating(terms, occurredAt, now);
}

/** What `work` gives, or the refusal it throws as data: refusals that come from terms and rules are stored like any other outcome. */
export function orRefusal<T>(work: () => T): { readonly is: T } | { readonly refused: RefusalData } {
  try {
    return { is: work() };
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.toData() };
    throw error;
  }
}
