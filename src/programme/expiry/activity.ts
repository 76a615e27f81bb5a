import type { ExpiryPolicy } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, Step } from '../../ledger/ledger/posting';
import type { Day } from '../../ledger/points/calendar';
import { slidesUntil } from './expiry-date';

/**
 * The step that activity on `day` adds to a posting in a currency whose points expire by inactivity; none in any other.
 * Put it FIRST: what had lapsed by then must be told apart from what comes in now. Activity is an earn that gives
 * points, a burn, a hold, a capture, and the confirmation of a purchase. So is what brings new points into the wallet
 * (a conversion, goodwill, an opening balance): they would otherwise lapse as they come in. No activity is a void, a
 * refund, a return or a look at the balance. Nor are gifts and a household's pool: handed round, points must not live
 * longer. `pendingUntil`: points are pending, or held, until then. The wallet does not lapse before, but is counted as
 * active on that day.
 */
export function activity(policy: ExpiryPolicy, account: AccountId, day: Day, pendingUntil: Day = day): Step[] {
  if (policy.kind !== 'SLIDING') return [];
  const until = slidesUntil(policy, day);
  return [{ do: 'slide', account, until: until > pendingUntil ? until : slidesUntil(policy, pendingUntil) }];
}
