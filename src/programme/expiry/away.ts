import type { Away } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';

/**
 * What the ledger is told of points that went away at an instant (a burn's, a hold's) and whose coming back is booked
 * now.
 */
export function awaySince(since: Date, now: Date, { timeZone, graceDays }: { readonly timeZone: string; readonly graceDays: number }): Away {
  return { since: dayOf(since, timeZone), bookedOn: dayOf(now, timeZone), graceDays };
}
