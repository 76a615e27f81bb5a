import { IsNull } from 'typeorm';
import { z } from 'zod';
import type { App } from '../../app';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { ADMIN, requireBrandOrOperator } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema, recordChange } from '../access/record-change';
import { newSecret } from '../access/secrets';
import { ApiClient } from './api-client.entity';
import { ApiClientSecret } from './api-client-secret.entity';
import { lockApiClient } from './disable-api-client';

/** What is refused where a client gets another secret. */
export const rotateSecretRefusals = refusals(
  keyRefusals,
  defineRefusal('TWO_SECRETS_LIVE', {
    description: 'The client has two live secrets. Revoke one first.',
    retrySafe: false,
    message: 'This client has two live secrets. Revoke the one that is no longer used, or that nobody got, then rotate.',
  }),
  defineRefusal('CLIENT_DISABLED', {
    description: 'The client is disabled for good.',
    retrySafe: false,
    message: 'This client is disabled for good. Create another.',
  }),
);

export const rotateApiClientSecretSchema = z.object({ idempotencyKey: idempotencyKeySchema, reason: reasonSchema });
export type RotateApiClientSecret = z.output<typeof rotateApiClientSecretSchema> & { readonly clientId: Uuid };

/**
 * Gives the client a second live secret, shown this once: null when the request is a repetition. The first goes on
 * until it is revoked. Throws CLIENT_DISABLED, TWO_SECRETS_LIVE, NotFound, IDEMPOTENCY_CONFLICT.
 */
export async function rotateApiClientSecret(
  app: App,
  principal: Principal,
  { clientId, idempotencyKey, reason }: RotateApiClientSecret,
): Promise<{ client: ApiClient; secret: string | null }> {
  requireBrandOrOperator(principal, ADMIN, null);
  const { secret, hash } = newSecret();
  const [secretId, request] = [newUuid(), { operation: 'rotateApiClientSecret', idempotencyKey, reason, content: { clientId } }];
  const { repeated } = await createOnce(app, principal, { ...request, details: { secretId } }, async (tx) => {
    const client = await lockApiClient(tx, clientId);
    if (client.disabledAt) throw rotateSecretRefusals.refuse('CLIENT_DISABLED');
    const live = await tx.manager.findBy(ApiClientSecret, { clientId, revokedAt: IsNull() });
    const slot = [1, 2].find((each) => !live.some((other) => other.slot === each));
    if (slot === undefined) throw rotateSecretRefusals.refuse('TWO_SECRETS_LIVE');
    await tx.manager.insert(ApiClientSecret, { id: secretId, clientId, slot, secretHash: hash, createdAt: app.clock.now(), revokedAt: null });
    return clientId;
  });
  const client = await app.database.transaction(databasePrincipal(principal), (tx) => tx.manager.findOneByOrFail(ApiClient, { id: clientId }));
  return { client, secret: repeated ? null : secret };
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
