import { NEVER } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import type { StepOf } from '../../posting';
import { consume, dated, receive, requireOpenWallet, requireSpendable, spendable, takeFrom } from './lots';
import { type Posting, RefusedStep, requireAmount } from './posting-in-progress';
import { type AllocationState, OWN, type WalletState } from './wallet-state';

/**
 * Points change hands: out of the giver's lots in order of consumption, into the receiver's with their issuer, month
 * and end.
 */
export function give(posting: Posting, step: StepOf<'give'>): void {
  requireAmount(step.amount);
  const wallets = parties(posting, step);
  const { from, to } = wallets;
  requireOpenWallet(to);
  requireSpendable(posting, from, step.amount);
  const consumed = consume(posting, from, step.amount, 'spend');
  move(posting, step, wallets, consumed, dated(consumed, from, step.code === 'POOL_CONTRIBUTION' ? from.account : OWN));
}

export function giveAll(posting: Posting, step: StepOf<'giveAll'>): void {
  const wallets = parties(posting, step);
  const { from, to } = wallets;
  requireOpenWallet(to);
  if (step.code === 'MERGE') requireNothingHeld(from);
  // Where both wallets end on one day, ending with the other one changes nothing for the points. Nor does it for those
  // that come back later.
  const slidesOn = step.code === 'MERGE' && from.slidesUntil === to.slidesUntil;
  const end = slidesOn ? { slidesUntil: NEVER } : { slidesUntil: from.slidesUntil };
  if (slidesOn && from.slidesUntil !== NEVER) posting.change(from, { ...end, changed: true });
  const contributor = step.contributor ?? to.account;
  const lots = from.lots.filter((lot) => lot.remaining > 0 && (step.code === 'MERGE' || lot.contributor === contributor));
  const amount = lots.reduce((sum, lot) => sum + lot.remaining, 0);
  if (amount === 0) return;
  const { allocations } = takeFrom(posting, lots, amount, 'spend');
  move(posting, { ...step, termsId: null }, wallets, allocations, dated(allocations, end, OWN));
}

export function fillArrears(posting: Posting, step: StepOf<'fillArrears'>): void {
  const wallets = parties(posting, step);
  const { from, to } = wallets;
  const amount = Math.min(spendable(from, posting.dayIn(from)), to.arrears);
  if (amount === 0) return;
  const consumed = consume(posting, from, amount, 'spend');
  move(posting, { ...step, termsId: null }, wallets, consumed, dated(consumed, from, OWN));
}

/** Throws RefusedStep WALLET_HAS_HOLDS while points are set aside in a wallet that is to end. */
export function requireNothingHeld(wallet: WalletState): void {
  if (wallet.held > 0) throw new RefusedStep(ledgerRefusals.refused('WALLET_HAS_HOLDS', { held: wallet.held }));
}

interface Wallets {
  readonly from: WalletState;
  readonly to: WalletState;
}

function parties(posting: Posting, step: { from: number; to: number }): Wallets {
  const [from, to] = [posting.wallet(step.from), posting.wallet(step.to)];
  if (from === to) throw new Error(`account ${from.account} cannot give to itself`);
  if (from.currencyId !== to.currencyId) throw new Error(`account ${to.account} is of another currency than account ${from.account}`);
  return { from, to };
}

function move(
  posting: Posting,
  { id, code, termsId }: Pick<StepOf<'give'>, 'id' | 'termsId'> & { code: StepOf<'give' | 'giveAll'>['code'] },
  { from, to }: Wallets,
  consumed: readonly AllocationState[],
  arriving: readonly AllocationState[],
): void {
  const amount = consumed.reduce((sum, portion) => sum + portion.amount, 0);
  posting.shiftWallet(from, { debits: amount });
  const debitAfter = posting.nextMovement(from);
  posting.shiftWallet(to, { credits: amount });
  const creditAfter = posting.nextMovement(to);
  const filled = receive(posting, to, id, arriving);
  const [debitAccount, creditAccount, currencyId] = [from.account, to.account, from.currencyId];
  const common = { reverses: null, holdId: null, lot: null };
  posting.addTransfer({ id, debitAccount, creditAccount, currencyId, amount, code, termsId, debitAfter, creditAfter, ...common }, consumed, filled);
  posting.addAllocations(id, debitAccount, consumed);
  posting.addFilled(id, creditAccount, arriving, consumed.length);
}
