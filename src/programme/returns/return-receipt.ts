import { parseDecimal } from '../../ledger/points/decimal';
import type { Uuid } from '../../platform/ids';
import { type FoundReference, type JudgedReference, judgeReference } from '../postings/claim-reference';
import type { PurchaseFact } from '../purchases/read-purchase';
import type { ReturnAnswer } from './plan-return';
import type { ReturnedGoods } from './returned-goods';

interface AskedReturn {
  readonly purchaseId: string;
  readonly lines: readonly ReturnedGoods[];
  /** Of its content. */
  readonly hash: Buffer;
}

/**
 * What a return comes to by its reference: the same is of the same purchase, and brings the same goods back.
 * `memberId`: who bought, or who that was merged into.
 */
export function returnReceipt(command: AskedReturn, purchase: PurchaseFact, memberId: Uuid, reference: FoundReference): JudgedReference {
  return judgeReference(reference, {
    memberId,
    moneyCurrency: purchase.moneyCurrency,
    comesTo: (_total, { contentHash, outcome }) => contentHash.equals(command.hash) || bringsBack(command, purchase, outcome.answer as ReturnAnswer),
  });
}

/** The same goods, whether named by line or by sku. Money without goods is the same only in the same words. */
function bringsBack({ purchaseId, lines }: AskedReturn, purchase: PurchaseFact, first: ReturnAnswer): boolean {
  if (first.purchaseId !== purchaseId) return false;
  const left = new Map(first.lines.map(({ lineNo, quantity }) => [lineNo, parseDecimal(quantity, 3) ?? 0n]));
  for (const { lineNo, sku, quantity } of lines) {
    const named = purchase.lines.filter((line) => (sku === null ? line.lineNo === lineNo : line.sku === sku)).map((line) => line.lineNo);
    const returned = named.reduce((sum, each) => sum + (left.get(each) ?? 0n), 0n);
    if (quantity === undefined || returned !== quantity) return false;
    for (const each of named) left.delete(each);
  }
  return left.size === 0;
}
