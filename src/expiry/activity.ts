import type { ExpiryPolicy } from '../coalition/coalition-snapshot';
import type { AccountId, Step } from '../ledger/posting';
import type { Day } from '../points/calendar';
import { slidesUntil } from './expiry-date';

/**
 * The step that activity on `day` adds to a posting in a currency whose points expire by inactivity; none in any other. Put it FIRST: what had
 * lapsed by then must be told apart from what comes in now.
 * Activity: an earn that gives points, a burn, a hold, a capture; and whatever else brings points into the wallet (a gift, a conversion, goodwill,
 * an opening balance), which could otherwise lapse as it comes in. A void, a refund, a return, a look at the balance is none.
 * `pendingUntil`: points come in that are pending until then; the wallet does not lapse before, but is counted as active on that day.
 */
export function activity(policy: ExpiryPolicy, account: AccountId, day: Day, pendingUntil: Day = day): Step[] {
  if (policy.kind !== 'SLIDING') return [];
  const until = slidesUntil(policy, day);
  return [{ do: 'slide', account, until: until > pendingUntil ? until : slidesUntil(policy, pendingUntil) }];
}
