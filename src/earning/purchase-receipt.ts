import { type JudgedReference, judgeReference } from '../purchases/claim-reference';
import { type ExactAmount, formatExact, lineAmount, sumAmounts } from '../purchases/exact-amount';
import type { Found } from '../purchases/look-up';
import { minorUnitOf, roundedLineAmount } from '../purchases/minor-unit';
import type { RecordPurchase } from './purchase-command';

type AskedLine = RecordPurchase['lines'][number];

/** What a purchase comes to by its reference; null: it has none, or nobody is named that the brand can know. */
export function purchaseReceipt(command: RecordPurchase, { member, reference }: Found): JudgedReference | null {
  if (!member || !reference) return null;
  return judgeReference(reference, { memberId: member.memberId, moneyCurrency: command.moneyCurrency, comesTo: (total) => comesTo(command, total) });
}

/** Lines round to the minor unit; those of purchases that were recorded before they did, do not. */
function comesTo({ lines, moneyCurrency }: RecordPurchase, total: string): boolean {
  const minorUnit = minorUnitOf(moneyCurrency);
  const sum = (amountOf: (line: AskedLine) => ExactAmount) => formatExact(sumAmounts(lines.map(amountOf)));
  const rounded = sum(({ quantity, unitPrice }) => roundedLineAmount(quantity, unitPrice, minorUnit));
  return total === rounded || total === sum(({ quantity, unitPrice }) => lineAmount(quantity, unitPrice));
}
