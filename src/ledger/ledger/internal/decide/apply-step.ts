import type { PostingRequest, Step, StepOf } from '../../posting';
import { cancelClawback, cancelReinstatement } from './apply-cancellation';
import { convert } from './apply-convert';
import { close, dateWhatLapsed, end, redate, slide } from './apply-dates';
import { capture, expireHold, hold, isOver, release } from './apply-hold';
import { fillArrears, give, giveAll } from './apply-move';
import { clawBack, reinstate } from './apply-reversal';
import { counterKey } from './batch-state';
import { lendEnded } from './ended-since';
import { fillArrearsFromLots } from './fill-arrears';
import { addToLot, consume, requireOpenWallet, requireSpendable } from './lots';
import { type Posting, requireAmount } from './posting-in-progress';
import { type HoldState, OWN, type WalletState } from './wallet-state';

/** Carries one step out, or throws RefusedStep. */
export function applyStep(posting: Posting, step: Step): void {
  switch (step.do) {
    case 'credit':
      return credit(posting, step);
    case 'debit':
      return debit(posting, step);
    case 'hold':
      return hold(posting, step);
    case 'capture':
      return capture(posting, step);
    case 'release':
      return release(posting, step);
    case 'clawBack':
      return clawBack(posting, step);
    case 'reinstate':
      return reinstate(posting, step);
    case 'cancelClawback':
      return cancelClawback(posting, step);
    case 'cancelReinstatement':
      return cancelReinstatement(posting, step);
    case 'give':
      return give(posting, step);
    case 'giveAll':
      return giveAll(posting, step);
    case 'fillArrears':
      return fillArrears(posting, step);
    case 'convert':
      return convert(posting, step);
    case 'end':
      return end(posting, step);
    case 'redate':
      return redate(posting, step);
    case 'slide':
      return slide(posting, step);
    case 'close':
      return close(posting, step);
    case 'move':
      return move(posting, step);
    case 'count':
      return count(posting, step);
  }
}

/**
 * Whoever was late: holds that are over are released, one after the other, as a worker would have done. Then what has
 * ended since the posting happened is there again, as long as it is decided, and what had lapsed by then is dated.
 */
export function catchUp(posting: Posting): void {
  const { request, state } = posting;
  for (const account of request.loads.wallets) {
    const wallet = state.wallets.get(account);
    if (!wallet || wallet.expiringHolds.length === 0) continue;
    for (const open of dueHolds(wallet, request)) {
      expireHold(posting, open);
      fillArrearsFromLots(posting, wallet, open.expiresOn, open.id);
    }
  }
  lendEnded(posting);
  for (const account of request.loads.wallets) {
    const wallet = state.wallets.get(account);
    if (wallet) dateWhatLapsed(posting, wallet, posting.dayIn(wallet));
  }
}

/** Those that are over, in the order in which they ended. */
function dueHolds({ expiringHolds }: WalletState, request: Pick<PostingRequest, 'recordedAt'>): HoldState[] {
  const due = expiringHolds.filter((hold) => isOver(hold, request));
  return due.sort((a, b) => a.expiresAt - b.expiresAt || (a.id < b.id ? -1 : 1));
}

function credit(posting: Posting, step: StepOf<'credit'>): void {
  requireAmount(step.amount);
  const wallet = posting.wallet(step.to);
  posting.checkSummed(step.from, wallet.currencyId);
  requireOpenWallet(wallet);
  posting.shiftWallet(wallet, { credits: step.amount });
  const creditAfter = posting.nextMovement(wallet);
  const { originId, expiresOn, availableOn } = step.lot;
  const lot = { originId, expiresOn, availableOn, contributor: OWN };
  const filled = addToLot(posting, wallet, step.id, lot, step.amount);
  const { id, from: debitAccount, to: creditAccount, amount, code, termsId } = step;
  const common = { reverses: null, holdId: null, debitAfter: null, creditAfter };
  posting.addTransfer({ id, debitAccount, creditAccount, currencyId: wallet.currencyId, amount, code, lot, termsId, ...common }, [], filled);
}

function debit(posting: Posting, step: StepOf<'debit'>): void {
  requireAmount(step.amount);
  const wallet = posting.wallet(step.from);
  posting.checkSummed(step.to, wallet.currencyId);
  requireSpendable(posting, wallet, step.amount);
  const allocations = consume(posting, wallet, step.amount, 'spend');
  posting.shiftWallet(wallet, { debits: step.amount });
  const debitAfter = posting.nextMovement(wallet);
  const { id, from: debitAccount, to: creditAccount, amount, code, termsId } = step;
  const common = { reverses: null, holdId: null, lot: null, debitAfter, creditAfter: null };
  posting.addTransfer({ id, debitAccount, creditAccount, currencyId: wallet.currencyId, amount, code, termsId, ...common }, allocations);
  posting.addAllocations(id, wallet.account, allocations);
}

function move(posting: Posting, step: StepOf<'move'>): void {
  requireAmount(step.amount);
  const currencyId = posting.state.summed.get(step.from);
  if (currencyId === undefined) throw new Error(`account ${step.from} is no summed account that has been opened here`);
  posting.checkSummed(step.to, currencyId);
  if (step.from === step.to) throw new Error(`account ${step.from} cannot pay itself`);
  const { id, from: debitAccount, to: creditAccount, amount, code, termsId } = step;
  const common = { reverses: null, holdId: null, lot: null, debitAfter: null, creditAfter: null };
  posting.addTransfer({ id, debitAccount, creditAccount, currencyId, amount, code, termsId, ...common }, []);
}

function count(posting: Posting, step: StepOf<'count'>): void {
  if (!posting.request.loads.counters?.some((each) => each.account === step.account && each.key === step.key))
    throw new Error(`${posting.request.kind} counts ${step.key} without declaring it`);
  posting.change(posting.wallet(step.account), { changed: true });
  const key = counterKey(step.account, step.key);
  const counter = posting.state.counters.get(key);
  const value = (counter?.value ?? 0) + step.by;
  if (!Number.isSafeInteger(value)) throw new RangeError(`counter ${step.key} cannot become ${value}`);
  if (counter) return posting.change(counter, { value, changed: true });
  posting.state.counters.set(key, { account: step.account, key: step.key, value, existed: false, changed: true });
  posting.onUndo(() => posting.state.counters.delete(key));
}
