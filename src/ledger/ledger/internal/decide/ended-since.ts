import { derivedUuid } from '../../../../platform/ids';
import { NEVER } from '../../../points/calendar';
import { isToldLate } from '../../told-late';
import { type ExpiredState, expiredKey, type LapseState, type Loan } from './batch-state';
import { recordChange } from './lot-change';
import type { Posting } from './posting-in-progress';
import { compareLots, type LotKey, type LotState, sameLot, type WalletState } from './wallet-state';

/**
 * The clock decides what has expired; the booking of it must decide nothing. What is told late, and happened before an
 * end that was booked meanwhile, finds what it would have found. So points that ended after the posting's day are lent
 * to their wallet while it is decided, with the end that they had before their wallet lapsed. What takes of them calls
 * them in: an EXPIRY_CANCELLATION gives that many back, a change of dates their former end. The rest ends with the
 * posting, and nothing is written of it. A closed wallet has ended with all that was in it.
 */
export function lendEnded(posting: Posting): void {
  const { request, state } = posting;
  if (!isToldLate(request)) return;
  for (const account of request.loads.wallets) {
    const wallet = state.wallets.get(account);
    if (!wallet || wallet.closedAt !== null) continue;
    const day = posting.dayIn(wallet);
    const slidAway = wallet.slidesUntil === NEVER ? state.slidAway.get(account) : undefined;
    if (slidAway !== undefined && slidAway > day) posting.change(wallet, { slidesUntil: slidAway });
    const slid = wallet.slidesUntil !== NEVER && wallet.slidesUntil > day;
    const before: EndsByLot = slid ? endsBeforeLapse(posting, wallet) : new Map();
    const ended = [...(state.expired.get(account)?.values() ?? [])].filter(({ left, expiresOn }) => left > 0 && expiresOn > day);
    for (const expired of ended) {
      const { left } = expired;
      posting.change(expired, { left: 0 });
      const lapsed = lendLapsed(posting, wallet, expired, left, before);
      if (lapsed < left) lodge(posting, wallet, expired, expired, left - lapsed);
    }
    if (before.size === 0) continue;
    for (const lot of wallet.lots.filter(({ expiresOn, remaining }) => expiresOn === wallet.slidesUntil && remaining > 0)) {
      // Of what was lent to it there is no more than there was.
      const lent = posting.loans.reduce((sum, loan) => sum + (loan.lot === lot ? loan.left : 0), 0);
      posting.change(lot, { remaining: lot.remaining - lendLapsed(posting, wallet, lot, lot.remaining - lent, before) });
    }
  }
}

/**
 * Of so many points that have the end of their wallet, as many as had another before it lapsed: lends them with that
 * one, and says how many.
 */
function lendLapsed(posting: Posting, wallet: WalletState, from: ExpiredState | LotState, amount: number, before: EndsByLot): number {
  let left = amount;
  const ends = before.get(expiredKey(from)) ?? new Map<number, number>();
  for (const [expiresOn, lapsed] of [...ends].sort(([a], [b]) => b - a)) {
    const lent = Math.min(lapsed, left);
    if (lent <= 0) continue;
    ends.set(expiresOn, lapsed - lent);
    lodge(posting, wallet, from, { ...keyOf(from), expiresOn }, lent);
    left -= lent;
  }
  return amount - left;
}

function lodge(posting: Posting, wallet: WalletState, from: ExpiredState | LotState, key: LotKey, amount: number): void {
  const lot = posting.lotOf(wallet, key);
  posting.change(lot, { remaining: lot.remaining + amount });
  posting.loans.push({ wallet, from, lot, left: amount });
}

/** By lots of a wallet (see expiredKey) that have its end: how many points of them had which end before it lapsed. */
type EndsByLot = Map<string, Map<number, number>>;

/** None where it has lived again since: what had lapsed by then stays so. */
function endsBeforeLapse({ state }: Posting, { account, slidesUntil }: WalletState): EndsByLot {
  const found: EndsByLot = new Map();
  const note = ({ from, contributor }: LapseState, at: LapseState['to'], expiresOn: number, amount: number) => {
    const key = expiredKey({ ...from, expiresOn: at.expiresOn, contributor });
    const ends = found.get(key) ?? new Map<number, number>();
    found.set(key, ends.set(expiresOn, (ends.get(expiresOn) ?? 0) + amount));
  };
  const written = state.writes.lotChanges.filter((change) => change.account === account && change.creditId === null);
  for (const change of [...(state.lapses.get(account) ?? []), ...written]) {
    const { from, to, amount } = change;
    if (from.originId !== to.originId || from.availableOn !== to.availableOn) continue;
    if (to.expiresOn === slidesUntil && from.expiresOn > slidesUntil) note(change, to, from.expiresOn, amount);
    if (from.expiresOn === slidesUntil && to.expiresOn > slidesUntil) note(change, from, to.expiresOn, -amount);
  }
  return found;
}

/**
 * So many points are about to leave the lot: what of them is lent comes back into the wallet for good, after all that
 * is there anyway.
 */
export function callIn(posting: Posting, lot: LotState, amount: number): void {
  if (posting.loans.length === 0) return;
  const own = posting.loans.filter((loan) => loan.lot === lot && loan.left > 0);
  // Of a lot first, for which no expiry has to be cancelled.
  own.sort((a, b) => Number('to' in a.from) - Number('to' in b.from));
  let short = amount - (lot.remaining - own.reduce((sum, { left }) => sum + left, 0));
  for (const loan of own) {
    if (short <= 0) return;
    const called = Math.min(short, loan.left);
    callInOf(posting, loan, called);
    short -= called;
  }
}

function callInOf(posting: Posting, loan: Loan, amount: number): void {
  const { wallet, from, lot } = loan;
  posting.change(loan, { left: loan.left - amount });
  let { id } = posting.request;
  if ('to' in from) id = cancelExpiry(posting, wallet, from, amount);
  else posting.state.writes.lots.push(from);
  posting.state.writes.lots.push(lot);
  posting.change(wallet, { changed: true });
  if (sameLot(from, lot)) return;
  const position = posting.state.writes.lotChanges.filter((change) => change.id === id).length;
  recordChange(posting, wallet, { from, to: lot, amount }, { id, position, creditId: null });
}

function cancelExpiry(posting: Posting, wallet: WalletState, expired: ExpiredState, amount: number): string {
  posting.change(expired, { expired: expired.expired - amount });
  posting.shiftWallet(wallet, { credits: amount });
  const creditAfter = posting.nextMovement(wallet);
  const { account, currencyId } = wallet;
  const id = derivedUuid('expiry-cancellation', posting.request.id, String(account), String(wallet.seq));
  const common = { code: 'EXPIRY_CANCELLATION' as const, reverses: null, holdId: null, lot: null, termsId: null, debitAfter: null };
  posting.addTransfer({ id, debitAccount: expired.to, creditAccount: account, currencyId, amount, creditAfter, ...common });
  posting.addFilled(id, account, [{ ...keyOf(expired), amount }]);
  return id;
}

/**
 * Activity that was told late keeps a wallet alive that has lapsed meanwhile: all that is lent because it lapsed has
 * its own end again.
 */
export function keepAlive(posting: Posting, wallet: WalletState): void {
  if (posting.loans.length === 0) return;
  const lapsed = posting.loans.filter((loan) => loan.wallet === wallet && loan.left > 0 && loan.lot.expiresOn > loan.from.expiresOn);
  for (const loan of lapsed.sort((a, b) => compareLots(a.lot, b.lot))) callInOf(posting, loan, loan.left);
}

/** The wallet has lapsed in spite of it: what is lent of what ended with it has that end again. */
export function endWithWallet(posting: Posting, wallet: WalletState): void {
  for (const loan of posting.loans) {
    const { from, lot, left } = loan;
    if (loan.wallet !== wallet || left === 0 || lot.expiresOn <= wallet.slidesUntil) continue;
    posting.change(lot, { remaining: lot.remaining - left });
    const ended = 'to' in from ? posting.lotOf(wallet, { ...keyOf(from), expiresOn: wallet.slidesUntil }) : from;
    posting.change(ended, { remaining: ended.remaining + left });
    posting.change(loan, 'to' in from ? { lot: ended } : { left: 0 });
  }
}

/** The posting is decided: what it did not need has ended, as it had before. */
export function returnLoans(posting: Posting): void {
  const { request, state } = posting;
  if (!isToldLate(request)) return;
  for (const { from, lot, left } of posting.loans) {
    lot.remaining -= left;
    if ('to' in from) from.left += left;
    else from.remaining += left;
  }
  for (const account of request.loads.wallets) {
    const wallet = state.wallets.get(account);
    if (!wallet) continue;
    // Lots that were made for a loan.
    wallet.lots = wallet.lots.filter(({ remaining, held, loaded }) => remaining > 0 || held > 0 || loaded);
    // A wallet in which nothing is left needs no end, and has none again; any other has slid away on that day.
    if (wallet.slidesUntil !== state.slidAway.get(account)) continue;
    const isEmpty = wallet.lots.every(({ remaining, held }) => remaining === 0 && held === 0);
    if (isEmpty) wallet.slidesUntil = NEVER;
    else wallet.changed = true;
  }
}

function keyOf({ originId, expiresOn, availableOn, contributor }: LotKey): LotKey {
  return { originId, expiresOn, availableOn, contributor };
}
