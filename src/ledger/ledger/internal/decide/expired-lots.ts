import { NEVER } from '../../../points/calendar';
import type { AccountId } from '../../posting';
import { type ExpiredState, expiredKey } from './batch-state';
import { hasHadGrace, twinOf } from './graced-lot';
import type { Posting } from './posting-in-progress';
import type { LotKey } from './wallet-state';

/**
 * Whether points of a lot may be those of another, or what those became by grace. The end that came first tells it,
 * however often the points were given more days. Where the wallet slides, points end with it on whatever day.
 */
export function mayBeOf(key: LotKey, lot: LotKey): boolean {
  const slides = lot.expiresOn === NEVER;
  if (key.contributor !== lot.contributor) return false;
  if (key.originId === lot.originId) return key.availableOn === lot.availableOn && (slides || hasHadGrace(key) || key.expiresOn === lot.expiresOn);
  return !hasHadGrace(lot) && key.originId === twinOf(lot.originId) && (slides || key.availableOn === lot.expiresOn);
}

/** Points of a wallet have ended, and went to that account: they may have to be told from what was spent. */
export function noteExpired(posting: Posting, account: AccountId, to: AccountId, ended: readonly (LotKey & { amount: number })[]): void {
  const { expired } = posting.state;
  let there = expired.get(account);
  if (!there) expired.set(account, (there = new Map()));
  const lots = there;
  for (const { originId, expiresOn, availableOn, contributor, amount } of ended) {
    const key = expiredKey({ originId, expiresOn, availableOn, contributor });
    const known = lots.get(key);
    if (known) {
      posting.change(known, { left: known.left + amount, expired: known.expired + amount });
    } else {
      lots.set(key, { account, to, originId, expiresOn, availableOn, contributor, loaded: false, left: amount, expired: amount, returned: 0 });
      posting.onUndo(() => lots.delete(key));
    }
  }
}

/**
 * What has ended of a credit and was not taken back, in a fixed order: of its own lot, then of what had grace; where it
 * is now, then where it was.
 */
export function expiredOf(posting: Posting, accounts: readonly AccountId[], lot: LotKey): ExpiredState[] {
  const found = accounts.flatMap((account) => [...(posting.state.expired.get(account)?.values() ?? [])]).filter((each) => each.left > 0 && mayBeOf(each, lot));
  return found.sort(
    (a, b) =>
      Number(hasHadGrace(a)) - Number(hasHadGrace(b)) ||
      accounts.indexOf(a.account) - accounts.indexOf(b.account) ||
      a.expiresOn - b.expiresOn ||
      a.availableOn - b.availableOn,
  );
}
