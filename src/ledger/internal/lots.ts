import type { Uuid } from '../../ids';
import { type AllocationState, isSpendable, type LotKey, type LotState, type WalletState } from './batch-state';
import { type Posting, RefusedStep } from './posting-in-progress';

/** Throws RefusedStep WALLET_LOCKED or INSUFFICIENT_POINTS unless the wallet can spend the amount on the posting's day. */
export function requireSpendable(posting: Posting, wallet: WalletState, amount: number): void {
  if (wallet.spendLocked) throw new RefusedStep('WALLET_LOCKED', 'This wallet is locked against spending. Unlock it first.');
  let active = 0;
  for (const lot of wallet.lots) if (isSpendable(lot, posting.request.day)) active += lot.remaining;
  // Points that a hold gave back to a wallet in arrears do not become spendable before the arrears are filled.
  const available = Math.max(0, active - wallet.arrears);
  if (amount > available)
    throw new RefusedStep('INSUFFICIENT_POINTS', `${amount} points were asked for, ${available} can be spent.`, { available, requested: amount });
}

/** Takes points out of spendable lots in order of consumption, to be spent or to be held. The wallet must be able to pay: see requireSpendable. */
export function consume(posting: Posting, wallet: WalletState, amount: number, to: 'spend' | 'hold'): AllocationState[] {
  const taken = takeFrom(
    posting,
    wallet.lots.filter((lot) => isSpendable(lot, posting.request.day)),
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
    posting.shiftLot(lot, -take, to === 'hold' ? take : 0);
    allocations.push({ originId: lot.originId, expiresOn: lot.expiresOn, availableOn: lot.availableOn, amount: take });
    left -= take;
  }
  return { allocations, left };
}

/** Adds credited points to a lot, after arrears have had their part, oldest first. */
export function addToLot(posting: Posting, wallet: WalletState, transferId: Uuid, key: LotKey, amount: number): void {
  let left = amount;
  for (const arrears of wallet.arrearsRows) {
    if (left === 0) break;
    const fill = Math.min(arrears.remaining, left);
    if (fill === 0) continue;
    posting.change(arrears, { remaining: arrears.remaining - fill });
    posting.shiftWallet(wallet, { arrears: -fill });
    const { originId, expiresOn, availableOn } = key;
    posting.state.writes.fills.push({ transferId, arrearsId: arrears.id, account: wallet.account, originId, expiresOn, availableOn, amount: fill });
    left -= fill;
  }
  if (left > 0) posting.shiftLot(posting.lotOf(wallet, key), left, 0);
}
