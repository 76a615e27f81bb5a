import type { ExpiryPolicy } from '../../coalition/coalition/coalition-snapshot';
import { ALWAYS, type Day, NEVER } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { expiryDate, lifeOf } from '../expiry/expiry-date';
import type { Availability } from './availability';

/** When points of a purchase can be spent, and until when. */
export interface AwardDates {
  /** The lot that they come into. */
  readonly lot: { readonly availableOn: Day; readonly expiresOn: Day };
  /** First local day on which they can be spent; ALWAYS: at once; NEVER: once they are confirmed. */
  readonly availableOn: Day;
  /** Last local day on which they can be confirmed; null: they need not be. */
  readonly deadline: Day | null;
  /** First local day on which they can no longer be spent; of points to be confirmed, as it will be. */
  readonly expiresOn: Day;
}

/**
 * Dates of points earned on a local day. What waits to be confirmed lies in a lot that is never available and ends the
 * day after its deadline. It is pending until then and nothing afterwards, whoever is late in cancelling it.
 */
export function awardDates(policy: ExpiryPolicy, availability: Availability, day: Day): AwardDates {
  switch (availability.kind) {
    case 'ON_EVENT': {
      const deadline = day + availability.days;
      return { lot: { availableOn: NEVER, expiresOn: deadline + 1 }, availableOn: NEVER, deadline, expiresOn: expiryDate(policy, day) };
    }
    case 'DELAY':
      return pendingUntil(policy, day, day + availability.days);
    case 'FIXED_DATE':
      return pendingUntil(policy, day, availability.date);
    case 'IMMEDIATE':
      return pendingUntil(policy, day, ALWAYS);
  }
}

function pendingUntil(policy: ExpiryPolicy, day: Day, from: Day): AwardDates {
  const lot = lifeOf(policy, day, from > day ? from : ALWAYS);
  return { lot, availableOn: lot.availableOn, deadline: null, expiresOn: lot.expiresOn };
}

/** Dates of an award confirmed on a local day: by the policy from the day of purchase. */
export function confirmedLot(policy: ExpiryPolicy, earnedOn: Day, confirmedOn: Day): { readonly availableOn: Day; readonly expiresOn: Day } {
  return { availableOn: ALWAYS, expiresOn: lifeOf(policy, earnedOn, confirmedOn).expiresOn };
}

/** Under the wallet's lock: what became of an award that waits to be confirmed. */
export function awardCounter(purchaseId: Uuid): string {
  return `award:${purchaseId}`;
}

/** Values of the counter; 0 is neither. */
export const CONFIRMED = 1;
export const CANCELLED = 2;

/**
 * Whether an award whose counter says so is taken back on that local day: once its deadline has passed, whether or not
 * that is booked yet.
 */
export function isTakenBack(counter: number, deadline: Day, on: Day): boolean {
  return counter === CANCELLED || (counter !== CONFIRMED && on > deadline);
}
