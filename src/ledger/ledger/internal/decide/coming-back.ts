import { type Day, NEVER } from '../../../points/calendar';
import type { Away } from '../../posting';
import { dateWhatLapsed } from './apply-dates';
import { endOf, type LotKey, type WalletState } from './batch-state';
import { endAfterAway, gracedLot } from './graced-lot';
import type { Posting } from './posting-in-progress';

/**
 * The lots of points that come back to a wallet on `day`, portion by portion. What has not ended keeps its end. What
 * has lives on as endAfterAway() says. Where the wallet slides and its day has not passed, nothing moves: its points go
 * on sliding with it. If that day has passed, what had lapsed stays so, and the wallet lives until the last of the new
 * ends, with only what comes back. `slides`: a wallet without an end slid away empty, since what is away ended with it.
 */
export function comeBack<Portion extends LotKey>(
  posting: Posting,
  wallet: WalletState,
  portions: readonly Portion[],
  day: Day,
  away: Away,
  slides = false,
): Portion[] {
  const { slidesUntil } = wallet;
  const unknown = slides && slidesUntil === NEVER;
  const ends = portions.map((portion) => (unknown && portion.expiresOn === NEVER ? day : endOf(portion, wallet)));
  const lives = portions.map((portion, at) => endAfterAway(portion, ends[at], day, away));
  const latest = Math.max(day, away.bookedOn);
  const lapsed = portions.length > 0 && (unknown ? portions.some(({ expiresOn }) => expiresOn === NEVER) : slidesUntil <= latest);
  if (!lapsed) return portions.map((portion, at) => (lives[at] === ends[at] ? portion : gracedLot(portion, ends[at], lives[at])));
  if (!unknown) dateWhatLapsed(posting, wallet, latest);
  const until = Math.max(...lives, ...(unknown ? ownEnds(wallet) : [slidesUntil]));
  if (until !== slidesUntil) posting.change(wallet, { slidesUntil: until, changed: true });
  return portions.map((portion, at) => {
    // What lives as long as its wallet goes on ending with it, whatever the wallet is used for meanwhile.
    const expiresOn = lives[at] === until && until > day ? Math.max(portion.expiresOn, until) : lives[at];
    return lives[at] === ends[at] ? { ...portion, expiresOn: lives[at] } : gracedLot(portion, ends[at], expiresOn);
  });
}

/** What was given to the wallet while it had no end keeps its own. */
function ownEnds({ lots }: WalletState): Day[] {
  return lots.filter((lot) => lot.remaining > 0 && lot.expiresOn !== NEVER).map((lot) => lot.expiresOn);
}
