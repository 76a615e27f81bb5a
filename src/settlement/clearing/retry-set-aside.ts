import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { type RetriedEvents, retrySetAside } from './clear-events';
import { readSetAside, type SetAsideEvent } from './set-aside-events';

/**
 * Points events of a currency that could not be priced, oldest first; `limit` of them after a place. For the operator's
 * finance. Throws NotFound.
 */
export async function listSetAsideEvents(
  app: App,
  principal: Principal,
  currency: string,
  page: { limit: number; after: { setAsideAt: Date; transferId: Uuid } | null },
): Promise<SetAsideEvent[]> {
  requireOperator(principal, ['FINANCE']);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) =>
    readSetAside(client, requireCurrency(await app.coalition.snapshot(client), currency, 'currency').id, page),
  );
}

/**
 * Tries at once to clear what was set aside of a currency. For the operator's finance. Throws NotFound where nothing is
 * set aside, InvalidInput (currency).
 */
export async function retrySetAsideEvents(app: App, principal: Principal, currency: string): Promise<RetriedEvents> {
  requireOperator(principal, ['FINANCE']);
  const currencyId = await app.database.transaction(databasePrincipal(principal), async (tx) => {
    const { id } = requireCurrency(await app.coalition.snapshot(tx.client), currency);
    // What the asking principal does not see is not tried for it: the database refuses by itself too.
    if ((await readSetAside(tx.client, id, { limit: 1, after: null })).length === 0)
      throw new NotFound('Set-aside events', `Nothing of ${currency} is set aside.`);
    await recordChange(app, tx, principal, { operation: 'retrySetAsideEvents', target: currency });
    return id;
  });
  return retrySetAside(app, currencyId);
}
