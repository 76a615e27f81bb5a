import { itemAt } from '../../../../platform/one-of';
import type { Day } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import type { PostingRequest, StepOf } from '../../posting';
import { dateWhatLapsed } from './apply-dates';
import { comeBack } from './coming-back';
import { recordChange } from './lot-change';
import { consume, requireSpendable } from './lots';
import { type Posting, RefusedStep, requireAmount } from './posting-in-progress';
import { type AllocationState, type HoldState, OWN, sameLot } from './wallet-state';

/**
 * A hold is over when its end has passed as a posting is told, whenever that happened: the answer must not hang on
 * whether a worker has booked the end meanwhile. A till whose clock runs ahead frees nothing that another set aside.
 */
export function isOver({ state, expiresAt }: Pick<HoldState, 'state' | 'expiresAt'>, { recordedAt }: Pick<PostingRequest, 'recordedAt'>): boolean {
  return state === 'OPEN' && expiresAt <= recordedAt;
}

export function hold(posting: Posting, step: StepOf<'hold'>): void {
  requireAmount(step.amount);
  if (!(step.expiresAt > posting.request.occurredAt)) throw new RangeError(`a hold cannot expire before it is placed: ${step.expiresAt}`);
  const wallet = posting.wallet(step.from);
  posting.checkSummed(step.to, wallet.currencyId);
  requireSpendable(posting, wallet, step.amount);
  const allocations = consume(posting, wallet, step.amount, 'hold');
  posting.shiftWallet(wallet, { held: step.amount });
  const { request, state } = posting;
  const made: HoldState = {
    id: step.id,
    postingId: request.id,
    party: request.party,
    account: wallet.account,
    creditAccount: step.to,
    currencyId: wallet.currencyId,
    amount: step.amount,
    captured: 0,
    state: 'OPEN',
    termsId: step.termsId,
    occurredAt: request.occurredAt,
    expiresAt: step.expiresAt,
    heldOn: posting.dayIn(wallet),
    expiresOn: step.expiresOn,
    graceDays: step.graceDays,
    settledAt: null,
    awaitsRelease: false,
    allocations,
    isNew: true,
    changed: false,
  };
  posting.addAllocations(made.id, wallet.account, allocations);
  state.writes.holds.push(made);
  state.holds.set(made.id, made);
  wallet.expiringHolds.push(made);
  posting.onUndo(() => {
    state.holds.delete(made.id);
    wallet.expiringHolds.splice(wallet.expiringHolds.indexOf(made), 1);
  });
}

/** The hold, if it is open; otherwise RefusedStep HOLD_EXPIRED or HOLD_NOT_OPEN. */
function requireOpen(posting: Posting, holdId: string): HoldState {
  const found = posting.state.holds.get(holdId);
  if (!found) throw new Error(`hold ${holdId} was not loaded or does not exist`);
  if (found.state === 'EXPIRED' || isOver(found, posting.request))
    throw new RefusedStep(ledgerRefusals.refused('HOLD_EXPIRED', { expiredAt: new Date(found.expiresAt) }));
  if (found.state !== 'OPEN') throw new RefusedStep(ledgerRefusals.refused('HOLD_NOT_OPEN', { state: found.state }));
  return found;
}

export function capture(posting: Posting, step: StepOf<'capture'>): void {
  requireAmount(step.amount);
  const open = requireOpen(posting, step.holdId);
  if (step.amount > open.amount) throw new RefusedStep(ledgerRefusals.refused('CAPTURE_EXCEEDS_HOLD', { held: open.amount, requested: step.amount }));
  const captured = settleHold(posting, open, 'CAPTURED', step.amount, step.bookedOn);
  const wallet = posting.wallet(open.account);
  posting.shiftWallet(wallet, { debits: step.amount });
  const debitAfter = posting.nextMovement(wallet);
  const { creditAccount, currencyId, termsId } = open;
  const common = { code: 'CAPTURE' as const, reverses: null, lot: null, creditAfter: null };
  posting.addTransfer(
    { id: step.id, debitAccount: wallet.account, creditAccount, currencyId, amount: step.amount, holdId: open.id, termsId, debitAfter, ...common },
    captured,
  );
  posting.addAllocations(step.id, wallet.account, captured);
}

export function release(posting: Posting, step: StepOf<'release'>): void {
  if (step.as === 'EXPIRED') {
    // The worker books what the clock has decided; whoever was first, the outcome is the same.
    const found = posting.state.holds.get(step.holdId);
    if (found?.state === 'EXPIRED') {
      if (found.awaitsRelease) posting.change(found, { awaitsRelease: false, changed: true });
      return;
    }
  }
  const open = requireOpen(posting, step.holdId);
  // What has expired by now was released before the posting was planned.
  if (step.as === 'EXPIRED') throw new Error(`hold ${open.id} does not expire before ${new Date(open.expiresAt).toISOString()}`);
  settleHold(posting, open, step.as, 0, step.bookedOn);
}

/** The clock has ended a hold. Its points are back since then, and judged by that day, however late it is booked. */
export function expireHold(posting: Posting, open: HoldState): void {
  const wallet = posting.wallet(open.account);
  dateWhatLapsed(posting, wallet, open.expiresOn);
  settleHold(posting, open, 'EXPIRED', 0, open.expiresOn);
  if (open.allocations.some(({ contributor }) => contributor !== OWN)) posting.change(open, { awaitsRelease: true });
}

/**
 * Ends a hold: the first `captured` points that it consumed are spent, the rest come back. Returns what was spent of
 * which lot.
 */
function settleHold(posting: Posting, open: HoldState, as: 'CAPTURED' | 'VOIDED' | 'EXPIRED', captured: number, bookedOn: Day): AllocationState[] {
  const wallet = posting.wallet(open.account);
  const day = as === 'EXPIRED' ? open.expiresOn : posting.dayIn(wallet);
  const spent: AllocationState[] = [];
  const back: AllocationState[] = [];
  let left = captured;
  for (const allocation of open.allocations) {
    const spend = Math.min(left, allocation.amount);
    posting.shiftLot(posting.lotOf(wallet, allocation), 0, -allocation.amount);
    if (spend > 0) spent.push({ ...allocation, amount: spend });
    if (spend < allocation.amount) back.push({ ...allocation, amount: allocation.amount - spend });
    left -= spend;
  }
  posting.shiftWallet(wallet, { held: -open.amount });
  const lots = comeBack(posting, wallet, back, day, { away: { since: open.heldOn, bookedOn, graceDays: open.graceDays } });
  for (const [position, was] of back.entries()) {
    const { amount } = was;
    const lot = itemAt(lots, position);
    posting.shiftLot(posting.lotOf(wallet, lot), amount, 0);
    if (!sameLot(was, lot)) recordChange(posting, wallet, { from: was, to: lot, amount }, { id: open.id, position, creditId: null });
  }
  posting.change(open, { state: as, captured, settledAt: posting.request.recordedAt, changed: true });
  return spent;
}
