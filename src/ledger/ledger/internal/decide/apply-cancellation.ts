import { NEVER } from '../../../points/calendar';
import { ledgerRefusals } from '../../ledger-refusals';
import type { StepOf } from '../../posting';
import { portionsToReinstate } from './apply-reversal';
import type { TransferState } from './batch-state';
import { comeBack } from './coming-back';
import { mayBeOf } from './expired-lots';
import { inOrder, mergeLots, receive, requireOpenWallet, takeFrom } from './lots';
import { type Posting, RefusedStep } from './posting-in-progress';
import { isSpendable, type LotState, sameLot } from './wallet-state';

/**
 * Finds a reversal that is to be undone, and what it reversed, where it no longer counts. The plan has made sure that
 * it is undone once.
 */
function undoReversal(posting: Posting, id: string, code: TransferState['code'], of: string): { reversal: TransferState; original: TransferState } {
  const { transfers } = posting.state;
  const [reversal, original] = [transfers.get(id), transfers.get(of)];
  if (!reversal || !original) throw new Error(`transfers ${id} and ${of} were not loaded, or do not exist`);
  if (reversal.code !== code || reversal.reversed > 0 || original.reversed < reversal.amount) throw new Error(`transfer ${id} is no ${code} to be cancelled`);
  posting.change(reversal, { reversed: reversal.amount });
  posting.change(original, { reversed: original.reversed - reversal.amount });
  return { reversal, original };
}

export function cancelClawback(posting: Posting, step: StepOf<'cancelClawback'>): void {
  const { reversal, original } = undoReversal(posting, step.cancels, 'CLAWBACK', step.credit);
  if (!original.lot) throw new Error(`transfer ${original.id} credited no lot`);
  const wallet = posting.wallet(step.wallet ?? reversal.debitAccount);
  requireOpenWallet(wallet);
  const { amount, creditAccount: debitAccount, currencyId, termsId } = reversal;
  const arrears = wallet.arrearsRows.find(({ id }) => id === reversal.id);
  const owed = { ...original.lot, amount: arrears?.remaining ?? 0 };
  const taken = [...reversal.allocations, ...reversal.arrearsFilledBy];
  if (owed.amount + taken.reduce((sum, each) => sum + each.amount, 0) !== amount) throw new Error(`clawback ${reversal.id} took less than its amount`);
  // What waited to be confirmed has the dates that its award has now.
  const waited = taken.filter(({ availableOn }) => availableOn === NEVER).map((each) => ({ ...each, ...original.lot }));
  const gone = taken.filter(({ availableOn }) => availableOn !== NEVER);
  const portions = inOrder(posting, mergeLots([...waited, ...comeBack(posting, wallet, gone, posting.dayIn(wallet), step)]));
  posting.shiftWallet(wallet, { credits: amount });
  const creditAfter = posting.nextMovement(wallet);
  // What is left of its own arrears is filled by points of the lot that it would have taken.
  if (arrears && owed.amount > 0) posting.fillArrears(wallet, arrears, step.id, owed, owed.amount);
  const filled = owed.amount + receive(posting, wallet, step.id, portions);
  const common = { code: 'CLAWBACK_CANCELLATION' as const, holdId: null, lot: null, debitAfter: null };
  posting.addTransfer(
    { id: step.id, debitAccount, creditAccount: wallet.account, currencyId, amount, reverses: reversal.id, termsId, creditAfter, ...common },
    [],
    filled,
  );
  posting.addFilled(step.id, wallet.account, owed.amount > 0 ? [owed, ...portions] : portions);
}

export function cancelReinstatement(posting: Posting, step: StepOf<'cancelReinstatement'>): void {
  const { reversal, original } = undoReversal(posting, step.cancels, 'REINSTATEMENT', step.debit);
  const wallet = posting.wallet(step.wallet ?? reversal.creditAccount);
  requireOpenWallet(wallet);
  const { amount, debitAccount: creditAccount, currencyId, termsId } = reversal;
  const day = posting.dayIn(wallet);
  const spendable = wallet.lots.filter((lot) => isSpendable(lot, wallet, day));
  const available = spendable.reduce((sum, { remaining }) => sum + remaining, 0);
  if (available < amount)
    throw new RefusedStep(
      ledgerRefusals.refused('INSUFFICIENT_POINTS', {
        available,
        requested: amount,
        message: `${amount} points that came back are to be taken again, ${available} can be.`,
      }),
    );
  let left = amount;
  const take = (lots: readonly LotState[], most: number) => {
    const { allocations: taken } = takeFrom(posting, lots, Math.min(most, left), 'spend');
    left -= taken.reduce((sum, each) => sum + each.amount, 0);
    return taken;
  };
  // Lots of one origin that came back on other days end on other days: none is made younger by taking another.
  const came = reversal.filledLots.flatMap((filled) =>
    take(
      spendable.filter((lot) => sameLot(lot, filled)),
      filled.amount,
    ),
  );
  const own = portionsToReinstate(original, amount).flatMap((portion) =>
    take(
      spendable.filter((lot) => mayBeOf(lot, portion)),
      portion.amount,
    ),
  );
  const allocations = mergeLots([...came, ...own, ...take(spendable, left)]);
  posting.shiftWallet(wallet, { debits: amount });
  const debitAfter = posting.nextMovement(wallet);
  const common = { code: 'REINSTATEMENT_CANCELLATION' as const, holdId: null, lot: null, creditAfter: null };
  posting.addTransfer(
    { id: step.id, debitAccount: wallet.account, creditAccount, currencyId, amount, reverses: reversal.id, termsId, debitAfter, ...common },
    allocations,
  );
  posting.addAllocations(step.id, wallet.account, allocations);
}
