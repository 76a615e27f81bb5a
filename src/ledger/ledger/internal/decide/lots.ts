import type { Uuid } from '../../../../platform/ids';
import { NEVER } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import { callIn } from './ended-since';
import { type Posting, RefusedStep } from './posting-in-progress';
import { type AllocationState, compareLots, endOf, hasLapsed, isSpendable, type LotKey, type LotState, sameLot, type WalletState } from './wallet-state';

/** Throws RefusedStep WALLET_CLOSED for a wallet that takes part in nothing new. */
export function requireOpenWallet(wallet: WalletState): void {
  if (wallet.closedAt !== null) throw new RefusedStep(ledgerRefusals.refused('WALLET_CLOSED'));
}

/**
 * What a debit may take on that day. Points that a hold gave back to a wallet in arrears fill the arrears before they
 * can be spent.
 */
export function spendable(wallet: WalletState, day: number): number {
  let active = 0;
  for (const lot of wallet.lots) if (isSpendable(lot, wallet, day)) active += lot.remaining;
  return Math.max(0, active - wallet.arrears);
}

/**
 * Throws RefusedStep WALLET_CLOSED, WALLET_LOCKED or INSUFFICIENT_POINTS unless the wallet can spend the amount on the
 * posting's day.
 */
export function requireSpendable(posting: Posting, wallet: WalletState, amount: number): void {
  requireOpenWallet(wallet);
  if (wallet.spendLocked) throw new RefusedStep(ledgerRefusals.refused('WALLET_LOCKED'));
  const available = spendable(wallet, posting.dayIn(wallet));
  if (amount > available) throw new RefusedStep(ledgerRefusals.refused('INSUFFICIENT_POINTS', { available, requested: amount }));
}

/**
 * Takes points out of spendable lots in order of consumption, to be spent or held. The wallet must be able to pay: see
 * requireSpendable.
 */
export function consume(posting: Posting, wallet: WalletState, amount: number, to: 'spend' | 'hold'): AllocationState[] {
  const day = posting.dayIn(wallet);
  const taken = takeFrom(
    posting,
    wallet.lots.filter((lot) => isSpendable(lot, wallet, day)),
    amount,
    to,
  );
  if (taken.left > 0) throw new Error(`lots of account ${wallet.account} hold less than its balance`);
  return taken.allocations;
}

/** Takes up to `amount` out of the lots, in the order given. */
export function takeFrom(posting: Posting, lots: readonly LotState[], amount: number, to: 'spend' | 'hold'): { allocations: AllocationState[]; left: number } {
  const allocations: AllocationState[] = [];
  let left = amount;
  for (const lot of lots) {
    if (left === 0) break;
    const take = Math.min(lot.remaining, left);
    if (take === 0) continue;
    callIn(posting, lot, take);
    posting.shiftLot(lot, -take, to === 'hold' ? take : 0);
    const { originId, expiresOn, availableOn, contributor } = lot;
    allocations.push({ originId, expiresOn, availableOn, contributor, amount: take });
    left -= take;
  }
  return { allocations, left };
}

/** Points of a lot fill arrears, oldest first. Returns how many did. */
export function fillArrearsWith(posting: Posting, wallet: WalletState, transferId: Uuid, lot: LotKey, amount: number): number {
  let left = amount;
  for (const arrears of wallet.arrearsRows) {
    if (left === 0) break;
    const fill = Math.min(arrears.remaining, left);
    if (fill === 0) continue;
    posting.fillArrears(wallet, arrears, transferId, lot, fill);
    left -= fill;
  }
  return amount - left;
}

/**
 * Adds points that come with a transfer to a lot, after arrears have had their part, oldest first. Returns how much
 * those had. Points that are over already, or wait to be confirmed, fill none.
 */
export function addToLot(posting: Posting, wallet: WalletState, transferId: Uuid, key: LotKey, amount: number): number {
  const live = key.availableOn !== NEVER && key.expiresOn > posting.dayIn(wallet);
  const filled = live && wallet.arrears > 0 ? fillArrearsWith(posting, wallet, transferId, key, amount) : 0;
  if (filled < amount) posting.shiftLot(posting.lotOf(wallet, key), amount - filled, 0);
  return filled;
}

/** What fills the same lot is one. */
export function mergeLots(portions: readonly AllocationState[]): AllocationState[] {
  const merged: AllocationState[] = [];
  for (const portion of portions) {
    const same = merged.find((other) => sameLot(other, portion));
    if (same) same.amount += portion.amount;
    else merged.push({ ...portion });
  }
  return merged;
}

/** Portions in the order in which their lots are consumed. */
export function inOrder(posting: Posting, portions: readonly AllocationState[]): AllocationState[] {
  if (portions.length < 2) return [...portions];
  const placed = portions.map((portion) => {
    const origin = posting.state.origins.get(portion.originId);
    if (!origin) throw new Error(`lot origin ${portion.originId} is unknown here`);
    return { ...portion, ...origin };
  });
  return placed.sort(compareLots);
}

/**
 * Puts points with their dates into a wallet. One that has lapsed lives again, as long as they do. What had lapsed is
 * dated already.
 */
export function receive(posting: Posting, wallet: WalletState, transferId: Uuid, portions: readonly AllocationState[]): number {
  if (hasLapsed(wallet, posting.dayIn(wallet))) {
    const until = Math.max(...portions.map((portion) => portion.expiresOn));
    if (until > wallet.slidesUntil) posting.change(wallet, { slidesUntil: until, changed: true });
  }
  let filled = 0;
  for (const portion of portions) filled += addToLot(posting, wallet, transferId, portion, portion.amount);
  return filled;
}

/** Portions as they arrive elsewhere: the dates that their wallet gave them go with them. */
export function dated(portions: readonly AllocationState[], from: Pick<WalletState, 'slidesUntil'>, contributor: number): AllocationState[] {
  return mergeLots(portions.map((portion) => ({ ...portion, expiresOn: endOf(portion, from), contributor })));
}
