import { derivedUuid } from '../../../../platform/ids';
import { type Day, NEVER } from '../../../points/calendar';
import { fillArrearsWith, takeFrom } from './lots';
import type { Posting } from './posting-in-progress';
import { endOf, type WalletState } from './wallet-state';

/**
 * Live points never lie beside arrears, whichever road brought them. What comes with a transfer fills them as it comes
 * (see addToLot). What else a lot gained, as from an ended hold or a confirmed award, fills them here: in order of
 * consumption, by a transfer from the wallet to itself. Live is what has not ended by that day, is not held, and does
 * not wait to be confirmed. `name` says which step of the posting it follows.
 */
export function fillArrearsFromLots(posting: Posting, wallet: WalletState, day: Day, name: string): void {
  if (wallet.arrears === 0) return;
  const live = wallet.lots.filter((lot) => lot.availableOn !== NEVER && day < endOf(lot, wallet));
  // Nothing may keep a hold from ending. So a wallet whose totals have come to the end of what can be counted keeps
  // what it has.
  const most = Math.min(wallet.arrears, Number.MAX_SAFE_INTEGER - Math.max(wallet.credits, wallet.debits));
  const { allocations, left } = takeFrom(posting, live, most, 'spend');
  const amount = most - left;
  if (amount === 0) return;
  const id = derivedUuid('arrears-fill', name, String(wallet.account));
  posting.shiftWallet(wallet, { debits: amount });
  const debitAfter = posting.nextMovement(wallet);
  posting.shiftWallet(wallet, { credits: amount });
  const creditAfter = posting.nextMovement(wallet);
  for (const allocation of allocations) fillArrearsWith(posting, wallet, id, allocation, allocation.amount);
  const { account, currencyId } = wallet;
  const common = { code: 'ARREARS_FILL' as const, reverses: null, holdId: null, lot: null, termsId: null };
  posting.addTransfer({ id, debitAccount: account, creditAccount: account, currencyId, amount, debitAfter, creditAfter, ...common }, [], amount);
}

/** After a step of the posting: in all its wallets. */
export function keepArrearsFilled(posting: Posting, step: number): void {
  for (const account of posting.request.loads.wallets) {
    const wallet = posting.state.wallets.get(account);
    if (wallet && wallet.arrears > 0) fillArrearsFromLots(posting, wallet, posting.dayIn(wallet), `${posting.request.id} ${step}`);
  }
}
