import { lesser, MAX_POINTS } from '../../ledger/points/amount';
import { MOST_TRANSFERS, mostPerTransfer } from '../../ledger/points/clearable';
import type { CoalitionSnapshot, PointCurrency } from './coalition-snapshot';

const known = new WeakMap<CoalitionSnapshot, Map<number, bigint>>();

/**
 * Most points of a currency (smallest units) that one purchase may earn or one redemption may spend. At the highest
 * price that anybody has agreed on, they are still money that can be cleared. Beyond it an event would stand in the
 * journal for good, and nothing after it would ever be cleared.
 */
export function mostClearable(snapshot: CoalitionSnapshot, currency: Pick<PointCurrency, 'id' | 'scale'>): bigint {
  let byCurrency = known.get(snapshot);
  if (!byCurrency) known.set(snapshot, (byCurrency = new Map()));
  const found = byCurrency.get(currency.id);
  if (found !== undefined) return found;
  let highest = 0n;
  for (const partnership of snapshot.partnerships) {
    if (partnership.currencyId !== currency.id) continue;
    for (const { issuancePrice, reimbursementPrice, openingPrice } of partnership.terms)
      for (const price of [issuancePrice, reimbursementPrice, openingPrice ?? 0n]) if (price > highest) highest = price;
  }
  const most = lesser(MAX_POINTS, mostPerTransfer(highest, currency.scale) * MOST_TRANSFERS);
  byCurrency.set(currency.id, most);
  return most;
}
