import type { App } from '../../app';
import type { Tx } from '../../platform/database/transaction';
import type { Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { recordChange } from '../access/record-change';
import { ApiClient } from './api-client.entity';

export interface DisableApiClient {
  readonly clientId: Uuid;
  readonly reason?: string | null;
}

/** Disables an API client for good: it gets no new tokens at once, and those it has end within a minute. */
export async function disableApiClient(app: App, principal: Principal, command: DisableApiClient): Promise<ApiClient> {
  requireBrandOrOperator(principal, ADMIN, null);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const client = await lockApiClient(tx, command.clientId);
    if (client.disabledAt) return client;
    client.disabledAt = app.clock.now();
    await tx.manager.update(ApiClient, { id: client.id }, { disabledAt: client.disabledAt });
    await recordChange(app, tx, principal, { operation: 'disableApiClient', target: client.id, reason: command.reason });
    return client;
  });
}

/**
 * The client, locked against changes by others. Row-level security leaves out those of other brands. Throws NotFound.
 */
export async function lockApiClient(tx: Tx, id: Uuid): Promise<ApiClient> {
  const client = await tx.manager.findOne(ApiClient, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!client) throw new NotFound('API client');
  return client;
}
