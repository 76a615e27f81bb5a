import { IsNull } from 'typeorm';
import type { App } from '../app';
import { newUuid, type Uuid } from '../ids';
import { NotFound, Refusal } from '../refusal';
import type { ApiClient } from './api-client.entity';
import { ApiClientSecret } from './api-client-secret.entity';
import { ADMIN } from './create-api-client';
import { lockApiClient } from './disable-api-client';
import { requireBrandOrOperator } from './permissions';
import { databasePrincipal, type Principal } from './principal';
import { recordChange } from './record-change';
import { newSecret } from './secrets';

/** Both places for live secrets are taken. */
export class TwoSecretsLive extends Refusal {
  constructor() {
    super({ code: 'TWO_SECRETS_LIVE', retrySafe: false, message: 'This client has two live secrets. Revoke the one that is no longer used, then rotate.' });
  }
}

/** A disabled client stays disabled. */
export class ClientDisabled extends Refusal {
  constructor() {
    super({ code: 'CLIENT_DISABLED', retrySafe: false, message: 'This client is disabled for good. Create another.' });
  }
}

export interface RotateApiClientSecret {
  readonly clientId: Uuid;
  readonly reason?: string | null;
}

/** Gives the client a second live secret, shown this once; the first goes on until it is revoked. */
export async function rotateApiClientSecret(app: App, principal: Principal, command: RotateApiClientSecret): Promise<{ client: ApiClient; secret: string }> {
  requireBrandOrOperator(principal, ADMIN, null);
  const { secret, hash } = newSecret();
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const client = await lockApiClient(tx, command.clientId);
    if (client.disabledAt) throw new ClientDisabled();
    const live = await tx.manager.findBy(ApiClientSecret, { clientId: client.id, revokedAt: IsNull() });
    const slot = [1, 2].find((each) => !live.some((other) => other.slot === each));
    if (slot === undefined) throw new TwoSecretsLive();
    const id = newUuid();
    await tx.manager.insert(ApiClientSecret, { id, clientId: client.id, slot, secretHash: hash, createdAt: app.clock.now(), revokedAt: null });
    await recordChange(app, tx, principal, { operation: 'rotateApiClientSecret', target: client.id, reason: command.reason, details: { secretId: id } });
    return { client, secret };
  });
}

export interface RevokeApiClientSecret {
  readonly secretId: Uuid;
  readonly reason?: string | null;
}

/** Ends a secret at once; tokens already given on it live out their few minutes. */
export async function revokeApiClientSecret(app: App, principal: Principal, command: RevokeApiClientSecret): Promise<ApiClient> {
  requireBrandOrOperator(principal, ADMIN, null);
  return app.database.transaction(databasePrincipal(principal), async (tx) => {
    const secret = await tx.manager.findOneBy(ApiClientSecret, { id: command.secretId });
    if (!secret) throw new NotFound('Secret');
    const client = await lockApiClient(tx, secret.clientId);
    if (secret.revokedAt) return client;
    await tx.manager.update(ApiClientSecret, { id: secret.id }, { revokedAt: app.clock.now() });
    await recordChange(app, tx, principal, { operation: 'revokeApiClientSecret', target: client.id, reason: command.reason, details: { secretId: secret.id } });
    return client;
  });
}
