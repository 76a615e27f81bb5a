import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { type FoundPurchase, foundPurchases, LOOKS_AT_PURCHASES } from './find-purchase';
import { type FactFilter, type FactPage, pageOfFacts } from './page-of-facts';

/** A page of purchases; see pageOfFacts. */
export function listPurchases(app: App, principal: Principal, filter: FactFilter, page: FactPage): Promise<FoundPurchase[]> {
  return pageOfFacts(app, principal, 'PURCHASE', LOOKS_AT_PURCHASES, { filter, page, read: ({ client }, ids) => foundPurchases(app, client, ids) });
}
