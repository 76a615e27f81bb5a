import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { CLOCK_SKEW_MS, requireNotInFuture, requireNotSuspended, requireWithinBackdating, termsRefusals } from '../../coalition/coalition/terms-in-force';
import { type Day, dayOf } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { isRefusal, type RefusalData } from '../../platform/refusal';
import { termsById } from './terms-by-id';

/** When something happened, and when it is booked. */
export interface When {
  readonly occurredAt: Date;
  /** Local day of occurredAt. */
  readonly day: Day;
  readonly recordedAt: Date;
}

/** It happened when the request says so, or now. */
export function whenOf(told: { readonly occurredAt: Date | null }, now: Date, { timeZone }: { readonly timeZone: string }): When {
  const occurredAt = told.occurredAt ?? now;
  return { occurredAt, day: dayOf(occurredAt, timeZone), recordedAt: now };
}

/** What a reversal or capture refers to. */
interface Original {
  readonly brandId: Uuid;
  readonly termsId: Uuid;
  readonly occurredAt: Date;
}

/**
 * A reversal or capture happens under the terms of what it refers to: not before it, not in the future, no further back
 * than those terms allow, and not while the brand is suspended. That the terms have ended since does not matter. Throws
 * OCCURRED_AT_OUT_OF_RANGE, BRAND_SUSPENDED.
 */
export function requireFollowUpTime(snapshot: CoalitionSnapshot, original: Original, occurredAt: Date, now: Date): void {
  requireNotInFuture(occurredAt, now);
  if (occurredAt.getTime() < original.occurredAt.getTime() - CLOCK_SKEW_MS)
    // No clock and no terms make that right.
    throw termsRefusals.refuse('OCCURRED_AT_OUT_OF_RANGE', {
      retrySafe: false,
      message: `occurredAt ${occurredAt.toISOString()} is before what it refers to, which happened at ${original.occurredAt.toISOString()}.`,
    });
  requireNotSuspended(snapshot, original.brandId, occurredAt);
  requireWithinBackdating(termsById(snapshot, original.termsId), occurredAt, now);
}

/** What `work` gives, or the refusal it throws as data, which the ledger stores if it must. */
export function orRefusal<T>(work: () => T): { readonly is: T } | { readonly refused: RefusalData } {
  try {
    return { is: work() };
  } catch (error) {
    if (isRefusal(error)) return { refused: error.toData() };
    throw error;
  }
}
