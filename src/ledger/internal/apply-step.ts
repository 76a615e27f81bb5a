import type { Step } from '../posting';
import { capture, hold, release, settleHold } from './apply-hold';
import { clawBack, reinstate } from './apply-reversal';
import { counterKey } from './batch-state';
import { addToLot, consume, requireSpendable } from './lots';
import { type Posting, requireAmount } from './posting-in-progress';

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

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
    case 'move':
      return move(posting, step);
    case 'count':
      return count(posting, step);
  }
}

/** Whoever was late, an expired hold counts as released at the posting's occurredAt: it is booked so before the posting is planned. */
export function releaseExpiredHolds(posting: Posting): void {
  const { occurredAt, loads } = posting.request;
  for (const account of loads.wallets) {
    for (const open of posting.state.wallets.get(account)?.expiringHolds ?? []) {
      if (open.state === 'OPEN' && open.expiresAt <= occurredAt) settleHold(posting, open, 'EXPIRED', 0);
    }
  }
}

function credit(posting: Posting, step: StepOf<'credit'>): void {
  requireAmount(step.amount);
  const wallet = posting.wallet(step.to);
  posting.checkSummed(step.from, wallet.currencyId);
  posting.shiftWallet(wallet, { credits: step.amount });
  const creditAfter = posting.nextMovement(wallet);
  addToLot(posting, wallet, step.id, step.lot, step.amount);
  const { id, from: debitAccount, to: creditAccount, amount, code, lot, termsId } = step;
  const common = { reverses: null, holdId: null, debitAfter: null, creditAfter };
  posting.addTransfer({ id, debitAccount, creditAccount, currencyId: wallet.currencyId, amount, code, lot, termsId, ...common }, []);
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
  const key = counterKey(step.account, step.key);
  const counter = posting.state.counters.get(key);
  const value = (counter?.value ?? 0) + step.by;
  if (!Number.isSafeInteger(value)) throw new RangeError(`counter ${step.key} cannot become ${value}`);
  if (counter) return posting.change(counter, { value, changed: true });
  posting.state.counters.set(key, { account: step.account, key: step.key, value, existed: false, changed: true });
  posting.onUndo(() => posting.state.counters.delete(key));
}
