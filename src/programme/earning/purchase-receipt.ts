import { isFound } from '../../members/identification/resolve-members';
import { type JudgedReference, judgeReference } from '../postings/claim-reference';
import type { LookedUp } from '../postings/look-up';
import { type ExactAmount, formatExact, lineAmount, sumAmounts } from '../purchases/exact-amount';
import { minorUnitOf } from '../purchases/minor-unit';
import { grossOf } from './basket';
import type { RecordPurchase } from './purchase-command';

/** What a purchase comes to by its reference; null: it has none, or nobody is named that the brand can know. */
export function purchaseReceipt(command: RecordPurchase, { member, reference }: LookedUp): JudgedReference | null {
  if (!isFound(member) || !reference) return null;
  return judgeReference(reference, { memberId: member.memberId, moneyCurrency: command.moneyCurrency, comesTo: (total) => comesTo(command, total) });
}

/**
 * Lines round to the minor unit. Those of purchases from before that do not: their lines said a price, and nothing
 * else.
 */
function comesTo({ lines, moneyCurrency }: RecordPurchase, held: string): boolean {
  const [total, unrounded] = held.split(' ');
  if (total === formatExact(grossOf(lines, minorUnitOf(moneyCurrency)))) return true;
  if (unrounded === undefined || lines.some(({ amount, kind, tax }) => amount !== undefined || kind !== undefined || tax !== undefined)) return false;
  return total === formatExact(sumAmounts(lines.map(({ quantity, unitPrice = 0n }): ExactAmount => lineAmount(quantity, unitPrice))));
}
