import { type Day, NEVER } from '../../../points/calendar';
import type { Away } from '../../posting';
import { dateWhatLapsed } from './apply-dates';
import { endAfterAway, gracedLot } from './graced-lot';
import type { Posting } from './posting-in-progress';
import { endOf, type LotKey, type WalletState } from './wallet-state';

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
  { away, slides = false }: { readonly away: Away; readonly slides?: boolean },
): Portion[] {
  const { slidesUntil } = wallet;
  const unknown = slides && slidesUntil === NEVER;
  const coming = portions.map((portion) => {
    const end = unknown && portion.expiresOn === NEVER ? day : endOf(portion, wallet);
    return { portion, end, lives: endAfterAway(portion, end, day, away) };
  });
  const latest = Math.max(day, away.bookedOn);
  const lapsed = portions.length > 0 && (unknown ? portions.some(({ expiresOn }) => expiresOn === NEVER) : slidesUntil <= latest);
  if (!lapsed) return coming.map(({ portion, end, lives }) => (lives === end ? portion : gracedLot(portion, end, lives)));
  if (!unknown) dateWhatLapsed(posting, wallet, latest);
  const until = Math.max(...coming.map(({ lives }) => lives), ...(unknown ? ownEnds(wallet) : [slidesUntil]));
  if (until !== slidesUntil) posting.change(wallet, { slidesUntil: until, changed: true });
  return coming.map(({ portion, end, lives }) => {
    // What lives as long as its wallet goes on ending with it, whatever the wallet is used for meanwhile.
    const expiresOn = lives === until && until > day ? Math.max(portion.expiresOn, until) : lives;
    return lives === end ? { ...portion, expiresOn: lives } : gracedLot(portion, end, expiresOn);
  });
}

/** What was given to the wallet while it had no end keeps its own. */
function ownEnds({ lots }: WalletState): Day[] {
  return lots.filter((lot) => lot.remaining > 0 && lot.expiresOn !== NEVER).map((lot) => lot.expiresOn);
}
