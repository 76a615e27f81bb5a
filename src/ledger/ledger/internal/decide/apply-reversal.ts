import { type Day, NEVER } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import type { AccountId, StepOf } from '../../posting';
import type { TransferState } from './batch-state';
import { comeBack } from './coming-back';
import { mayBeOf } from './expired-lots';
import { inOrder, mergeLots, receive, requireOpenWallet, takeFrom } from './lots';
import { type Posting, RefusedStep, requireAmount } from './posting-in-progress';
import { takeBackExpired } from './take-back-expired';
import { type AllocationState, type ArrearsState, endOf, type LotKey, type LotState, type WalletState } from './wallet-state';

/** The transfer a reversal refers to; RefusedStep REVERSAL_EXCEEDS_ORIGINAL when less of it is left. */
function requireReversible(posting: Posting, id: string, amount: number): TransferState {
  requireAmount(amount);
  const original = posting.state.transfers.get(id);
  if (!original) throw new Error(`transfer ${id} was not loaded or does not exist`);
  const left = original.amount - original.reversed;
  if (amount > left) throw new RefusedStep(ledgerRefusals.refused('REVERSAL_EXCEEDS_ORIGINAL', { left, requested: amount, of: original.amount }));
  return original;
}

/**
 * Own lot first, then the same issuer's, then any, each in order of consumption. Expired points are gone already.
 * Points that wait to be confirmed are nobody's yet, and do not expire (see end). Only their own clawback finds them,
 * however late.
 */
function clawbackOrder(wallet: WalletState, own: LotKey, issuer: string, day: Day): LotState[] {
  const rank = (lot: LotState) => (mayBeOf(lot, own) ? 0 : lot.issuer === issuer ? 1 : 2);
  const live = wallet.lots.filter((lot) => (lot.availableOn === NEVER ? rank(lot) === 0 : day < endOf(lot, wallet)));
  return [0, 1, 2].flatMap((wanted) => live.filter((lot) => rank(lot) === wanted));
}

export function clawBack(posting: Posting, step: StepOf<'clawBack'>): void {
  const original = requireReversible(posting, step.reverses, step.amount);
  if (!original.lot) throw new Error(`transfer ${original.id} credited no lot and cannot be clawed back`);
  const { request, state } = posting;
  const wallet = posting.wallet(step.wallet ?? original.creditAccount);
  const issuer = state.origins.get(original.lot.originId)?.issuer;
  if (issuer === undefined) throw new Error(`lot origin ${original.lot.originId} is unknown here`);
  posting.change(original, { reversed: original.reversed + step.amount });
  const amount = step.amount - (step.expired ? takeBackExpired(posting, original, wallet, step.expired, step.amount) : 0);
  if (amount === 0) return;
  const { allocations, left } = takeFrom(posting, clawbackOrder(wallet, original.lot, issuer, posting.dayIn(wallet)), amount, 'spend');
  posting.shiftWallet(wallet, { debits: amount, arrears: left });
  const debitAfter = posting.nextMovement(wallet);
  if (left > 0) {
    const { termsId } = original;
    const row: ArrearsState = {
      account: wallet.account,
      id: step.id,
      party: original.party,
      amount: left,
      remaining: left,
      loadedRemaining: null,
      seq: debitAfter.seq,
      termsId,
      occurredAt: request.occurredAt,
    };
    wallet.arrearsRows.push(row);
    state.writes.arrears.push(row);
    posting.onUndo(() => wallet.arrearsRows.pop());
  }
  const { debitAccount: creditAccount, currencyId, termsId } = original;
  const common = { code: 'CLAWBACK' as const, holdId: null, lot: null, creditAfter: null };
  posting.addTransfer(
    { id: step.id, debitAccount: wallet.account, creditAccount, currencyId, amount, reverses: original.id, termsId, debitAfter, ...common },
    allocations,
  );
  posting.addAllocations(step.id, wallet.account, allocations);
}

/**
 * What a debit consumed last comes back first. What earlier reversals gave back is passed over. The answer is in the
 * order of consumption.
 */
export function portionsToReinstate(original: Pick<TransferState, 'id' | 'reversed' | 'allocations'>, amount: number): AllocationState[] {
  const portions: AllocationState[] = [];
  let passOver = original.reversed;
  let left = amount;
  for (const allocation of [...original.allocations].reverse()) {
    const passed = Math.min(passOver, allocation.amount);
    passOver -= passed;
    const give = Math.min(left, allocation.amount - passed);
    left -= give;
    if (give > 0) portions.push({ ...allocation, amount: give });
  }
  if (left > 0) throw new Error(`transfer ${original.id} has fewer allocations than its amount`);
  return portions.reverse();
}

/**
 * The portions as they would have come to the surviving wallet. Those of a wallet that had an end of its own when it
 * was merged have it as theirs (see giveAll).
 */
function ledToSurvivor(posting: Posting, portions: readonly AllocationState[], spentFrom: AccountId, survivor: WalletState): AllocationState[] {
  let slidesUntil = NEVER;
  const seen = new Set<AccountId>([survivor.account]);
  for (let at: AccountId | null = spentFrom; at !== null && !seen.has(at); ) {
    seen.add(at);
    const merged = posting.state.wallets.get(at);
    if (merged) slidesUntil = Math.min(slidesUntil, merged.slidesUntil);
    at = merged?.mergedInto ?? null;
  }
  return portions.map((portion) => ({ ...portion, expiresOn: Math.min(portion.expiresOn, slidesUntil) }));
}

export function reinstate(posting: Posting, step: StepOf<'reinstate'>): void {
  const original = requireReversible(posting, step.reverses, step.amount);
  if (original.code !== 'BURN' && original.code !== 'CAPTURE') throw new Error(`a ${original.code} cannot be reinstated`);
  const wallet = posting.wallet(step.wallet ?? original.debitAccount);
  requireOpenWallet(wallet);
  const consumed = ledToSurvivor(posting, portionsToReinstate(original, step.amount), original.debitAccount, wallet);
  const portions = inOrder(posting, mergeLots(comeBack(posting, wallet, consumed, posting.dayIn(wallet), step)));
  posting.shiftWallet(wallet, { credits: step.amount });
  const creditAfter = posting.nextMovement(wallet);
  const filled = receive(posting, wallet, step.id, portions);
  posting.change(original, { reversed: original.reversed + step.amount });
  const { creditAccount: debitAccount, currencyId, termsId } = original;
  const common = { code: step.code, holdId: null, lot: null, debitAfter: null };
  posting.addTransfer(
    { id: step.id, debitAccount, creditAccount: wallet.account, currencyId, amount: step.amount, reverses: original.id, termsId, creditAfter, ...common },
    [],
    filled,
  );
  posting.addFilled(step.id, wallet.account, portions);
}
