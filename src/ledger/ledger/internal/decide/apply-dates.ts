import { type Day, NEVER } from '../../../points/calendar';
import type { EndCode, EndTarget, StepOf } from '../../posting';
import { requireNothingHeld } from './apply-move';
import { callIn, endWithWallet, keepAlive } from './ended-since';
import { noteExpired } from './expired-lots';
import { type ChangeName, type DateChange, recordChange } from './lot-change';
import { takeFrom } from './lots';
import type { Posting } from './posting-in-progress';
import { endOf, hasLapsed, type LotState, OWN, sameLot, type WalletState } from './wallet-state';

/**
 * Points end: one transfer for each issuer. Points that could never be spent (available NEVER) do not expire. Those
 * that nobody confirmed by their end are clawed back.
 */
export function end(posting: Posting, { account, code, ends }: StepOf<'end'>): void {
  const wallet = posting.wallet(account);
  if (code === 'CLOSURE') requireNothingHeld(wallet);
  const day = posting.dayIn(wallet);
  // What ends is known by the day on which it did.
  if (code === 'EXPIRY') dateWhatLapsed(posting, wallet, day);
  const over = wallet.lots.filter((lot) => lot.remaining > 0 && (code === 'CLOSURE' || (lot.availableOn !== NEVER && endOf(lot, wallet) <= day)));
  for (const { issuer, id, to } of ends) {
    const lots = over.filter((lot) => lot.issuer === issuer);
    const amount = lots.reduce((sum, lot) => sum + lot.remaining, 0);
    if (amount === 0) continue;
    endLots(posting, wallet, lots, amount, { id, to, code });
  }
}

/** So many points of these lots of a wallet end, in their order: to the account of expired points of their issuer. */
export function endLots(
  posting: Posting,
  wallet: WalletState,
  lots: readonly LotState[],
  amount: number,
  { id, to, code }: Pick<EndTarget, 'id' | 'to'> & { readonly code: EndCode },
): void {
  posting.checkSummed(to, wallet.currencyId);
  const { allocations } = takeFrom(posting, lots, amount, 'spend');
  posting.shiftWallet(wallet, { debits: amount });
  const debitAfter = posting.nextMovement(wallet);
  const { account, currencyId } = wallet;
  const common = { reverses: null, holdId: null, lot: null, termsId: null, creditAfter: null };
  posting.addTransfer({ id, debitAccount: account, creditAccount: to, currencyId, amount, code, debitAfter, ...common }, allocations);
  posting.addAllocations(id, account, allocations);
  noteExpired(posting, account, to, allocations);
}

/**
 * Gives what is left of a credit other dates, where it is. What is over by the posting's day is gone, whether or not
 * its end is booked. A plan that gives that other dates is in error: it answers that the points can be spent.
 */
export function redate(posting: Posting, step: StepOf<'redate'>): void {
  const credit = posting.state.transfers.get(step.credit);
  if (!credit?.lot) throw new Error(`transfer ${step.credit} was not loaded, does not exist or credited no lot`);
  const wallet = posting.wallet(step.wallet ?? credit.creditAccount);
  const from = wallet.lots.find((lot) => credit.lot && sameLot(lot, credit.lot));
  const amount = Math.min(from?.remaining ?? 0, credit.amount - credit.reversed - credit.filled);
  const to = { originId: credit.lot.originId, expiresOn: step.expiresOn, availableOn: step.availableOn, contributor: OWN };
  if (!from || amount <= 0 || sameLot(from, to)) return;
  if (endOf(from, wallet) <= posting.dayIn(wallet)) throw new Error(`what transfer ${credit.id} credited is over and can get no other dates`);
  changeDates(posting, wallet, { from, to, amount }, { id: step.id, position: 0, creditId: credit.id });
  posting.change(credit, { lot: to });
}

/**
 * Sliding expiry: what had lapsed by a day keeps the day on which it did, whatever the wallet is used for from then on.
 */
export function dateWhatLapsed(posting: Posting, wallet: WalletState, by: Day): void {
  if (!hasLapsed(wallet, by)) return;
  endWithWallet(posting, wallet);
  const lapsed = wallet.lots.filter((lot) => lot.remaining > 0 && lot.expiresOn > wallet.slidesUntil);
  const { id } = posting.request;
  // Several wallets of one posting may have lapsed.
  let position = lapsed.length === 0 ? 0 : posting.state.writes.lotChanges.filter((change) => change.id === id).length;
  for (const lot of lapsed) {
    const { originId, availableOn, contributor } = lot;
    const key = { originId, availableOn, contributor, expiresOn: wallet.slidesUntil };
    changeDates(posting, wallet, { from: lot, to: key, amount: lot.remaining }, { id, position: position++, creditId: null });
  }
}

export function slide(posting: Posting, { account, until }: StepOf<'slide'>): void {
  const wallet = posting.wallet(account);
  const slidesUntil = wallet.slidesUntil === NEVER ? until : Math.max(wallet.slidesUntil, until);
  if (slidesUntil === wallet.slidesUntil) return;
  keepAlive(posting, wallet);
  posting.change(wallet, { slidesUntil, changed: true });
}

export function close(posting: Posting, { account, mergedInto }: StepOf<'close'>): void {
  const wallet = posting.wallet(account);
  posting.change(wallet, { closedAt: posting.request.recordedAt, mergedInto, changed: true });
}

function changeDates(posting: Posting, wallet: WalletState, change: DateChange<LotState>, name: ChangeName): void {
  const { from, to, amount } = change;
  callIn(posting, from, amount);
  posting.shiftLot(from, -amount, 0);
  posting.shiftLot(posting.lotOf(wallet, to), amount, 0);
  posting.change(wallet, { changed: true });
  recordChange(posting, wallet, change, name);
}
