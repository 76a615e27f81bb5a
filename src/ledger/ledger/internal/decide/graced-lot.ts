import type { Day } from '../../../points/calendar';
import type { Away } from '../../posting';
import type { LotKey } from './wallet-state';

/**
 * Points whose end passed while they were away get days of grace, once. What has had them lies in lots apart, under the
 * twin of its origin: that id is the origin's below zero. In the place of the day on which it became available, long
 * past, such a lot has the end that it had at first.
 */
export function hasHadGrace({ originId }: Pick<LotKey, 'originId'>): boolean {
  return originId < 0;
}

/** The other of an origin's two ids. */
export function twinOf(originId: number): number {
  return -originId;
}

/** The lot of points that get their grace: they live on to `expiresOn`. */
export function gracedLot<Key extends LotKey>(key: Key, end: Day, expiresOn: Day): Key {
  if (hasHadGrace(key)) return { ...key, expiresOn };
  return { ...key, originId: twinOf(key.originId), availableOn: end, expiresOn };
}

/**
 * Until when points live that come back on `day`. What has not ended by then, nor by the day on which that is booked,
 * keeps its end. What has ended gets the days of grace, from the later of that day and its end. If it has had them
 * before, it gets only the days that it was away, and no more than those of grace.
 */
export function endAfterAway(key: Pick<LotKey, 'originId'>, end: Day, day: Day, { since, bookedOn, graceDays }: Away): Day {
  if (end > Math.max(day, bookedOn)) return end;
  const graced = Math.max(day, end) + graceDays;
  return hasHadGrace(key) ? Math.min(graced, end + Math.max(day - since, 0)) : graced;
}
