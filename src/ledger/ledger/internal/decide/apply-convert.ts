import { itemAt } from '../../../../platform/one-of';
import { ALWAYS, monthStart } from '../../../points/calendar';
import type { StepOf } from '../../posting';
import { StateMoved } from '../../state-moved';
import { conversionShares } from './conversion-shares';
import { consume, mergeLots, receive, requireOpenWallet, requireSpendable } from './lots';
import { type Posting, requireAmount } from './posting-in-progress';
import { type AllocationState, endOf, OWN, type WalletState } from './wallet-state';

type ConvertStep = StepOf<'convert'>;

/**
 * Points leave the wallet for the route's account, and points of another currency come out of it: two transfers, one
 * posting.
 */
export function convert(posting: Posting, step: ConvertStep): void {
  requireAmount(step.out.amount);
  requireAmount(step.in.amount);
  const [source, target] = [posting.wallet(step.out.from), posting.wallet(step.in.to)];
  if (source.currencyId === target.currencyId) throw new Error(`currency ${source.currencyId} does not convert into itself`);
  posting.checkSummed(step.out.to, source.currencyId);
  posting.checkSummed(step.in.from, target.currencyId);
  requireOpenWallet(target);
  requireSpendable(posting, source, step.out.amount);
  const consumed = consume(posting, source, step.out.amount, 'spend');
  const arriving = converted(posting, step, source, consumed);

  posting.shiftWallet(source, { debits: step.out.amount });
  const debitAfter = posting.nextMovement(source);
  posting.shiftWallet(target, { credits: step.in.amount });
  const creditAfter = posting.nextMovement(target);
  const filled = receive(posting, target, step.in.id, arriving);
  const common = { reverses: null, holdId: null, lot: null, termsId: step.termsId };
  const out = { id: step.out.id, debitAccount: source.account, creditAccount: step.out.to, currencyId: source.currencyId, amount: step.out.amount };
  posting.addTransfer({ ...out, code: 'CONVERSION_OUT', debitAfter, creditAfter: null, ...common }, consumed);
  posting.addAllocations(step.out.id, source.account, consumed);
  const into = { id: step.in.id, debitAccount: step.in.from, creditAccount: target.account, currencyId: target.currencyId, amount: step.in.amount };
  posting.addTransfer({ ...into, code: 'CONVERSION_IN', debitAfter: null, creditAfter, ...common }, [], filled);
  posting.addFilled(step.in.id, target.account, arriving);
}

/** The consumed points in the target currency, lot by lot. */
function converted(posting: Posting, step: ConvertStep, source: WalletState, consumed: readonly AllocationState[]): AllocationState[] {
  const shares = conversionShares(
    consumed.map((portion) => portion.amount),
    step.in.amount,
  );
  const arriving: AllocationState[] = [];
  for (const [at, portion] of consumed.entries()) {
    const amount = itemAt(shares, at);
    if (amount === 0) continue;
    const issueMonth = posting.state.origins.get(portion.originId)?.issueMonth;
    if (issueMonth === undefined) throw new Error(`lot origin ${portion.originId} is unknown here`);
    const originId = step.origins.get(monthStart(issueMonth));
    if (originId === undefined) throw new StateMoved(`the wallet has points of another month than those that were prepared for`);
    const expiresOn = step.expiry === 'OWN' ? step.notAfter : Math.min(endOf(portion, source), step.notAfter);
    arriving.push({ originId, expiresOn, availableOn: ALWAYS, contributor: OWN, amount });
  }
  return mergeLots(arriving);
}
