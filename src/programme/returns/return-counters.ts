import type { AccountId, Step } from '../../ledger/ledger/posting';
import type { Uuid } from '../../platform/ids';
import { awardCounter } from '../earning/award';
import type { PurchaseFact } from '../purchases/read-purchase';

/** Thousandths of a line's quantity that came back; under the wallet's lock. */
export function returnedCounter(purchaseId: Uuid, lineNo: number): string {
  return `returned:${purchaseId}:${lineNo}`;
}

/**
 * Micro-units of money that were given back on a line without goods, and lie on those that are left; under the wallet's
 * lock.
 */
export function reducedCounter(purchaseId: Uuid, lineNo: number): string {
  return `reduced:${purchaseId}:${lineNo}`;
}

/** 1 once a return was cancelled; under the wallet's lock. */
export function cancelledCounter(returnId: Uuid): string {
  return `return-cancelled:${returnId}`;
}

/** The counters of what came back of a purchase's lines, and of its award where that waits to be confirmed. */
export function returnCounters({ id, account, lines, award }: Pick<PurchaseFact, 'id' | 'account' | 'lines' | 'award'>) {
  const keys = lines.flatMap(({ lineNo }) => [returnedCounter(id, lineNo), reducedCounter(id, lineNo)]);
  if (award?.deadline != null) keys.push(awardCounter(id));
  return keys.map((key) => ({ account, key }));
}

/**
 * Counts what came back of a line. `quantity` in thousandths, `reduction` in billionths of a unit of money; both below
 * zero count it back.
 */
export function countReturned(account: AccountId, purchaseId: Uuid, line: { lineNo: number; quantity: bigint; reduction: bigint }): Step[] {
  const steps: Step[] = [];
  if (line.quantity !== 0n) steps.push({ do: 'count', account, key: returnedCounter(purchaseId, line.lineNo), by: Number(line.quantity) });
  if (line.reduction !== 0n) steps.push({ do: 'count', account, key: reducedCounter(purchaseId, line.lineNo), by: Number(line.reduction / 1_000n) });
  return steps;
}
