import type { App } from '../../app';
import { type Principal, SCOPES } from '../../coalition/access/principal';
import type { ApiClient } from '../../coalition/sign-in/api-client.entity';
import { createApiClient } from '../../coalition/sign-in/create-api-client';
import { grantClientToken, TokenRefused } from '../../coalition/sign-in/grant-client-token';
import { readLiveSecrets } from '../../coalition/sign-in/list-access';
import { revokeApiClientSecret, rotateApiClientSecret } from '../../coalition/sign-in/rotate-api-client-secret';
import { newUuid, type Uuid } from '../../platform/ids';

/** A demo brand's backend, with a secret that is known to work. */
export interface DemoClient {
  readonly principal: Principal & { readonly kind: 'client' };
  /** As token requests give it. */
  readonly clientId: string;
  readonly secret: string;
}

/**
 * The brand's API client, made once. `knownSecret` is kept if it is live; a lost one is replaced, since only its hash
 * is stored.
 */
export async function demoClient(
  app: App,
  operator: Principal,
  brand: { readonly id: Uuid; readonly code: string },
  knownSecret: string | undefined,
): Promise<DemoClient> {
  const scopes = [...SCOPES].sort();
  const made = await createApiClient(app, operator, {
    idempotencyKey: `demo/client/${brand.code}`,
    brandId: brand.id,
    name: `${brand.code} demo till`,
    scopes,
  });
  const secret = made.secret ?? (knownSecret && (await isLive(app, made.client, knownSecret)) ? knownSecret : await replaceSecret(app, operator, made.client));
  const principal = { kind: 'client', clientId: made.client.id, brandId: brand.id, scopes: new Set(scopes) } as const;
  return { principal, clientId: `cli_${made.client.id.replaceAll('-', '')}`, secret };
}

async function isLive(app: App, client: ApiClient, secret: string): Promise<boolean> {
  try {
    await grantClientToken(app, { clientId: client.id, secret, scope: undefined });
    return true;
  } catch (error) {
    if (error instanceof TokenRefused) return false;
    throw error;
  }
}

async function replaceSecret(app: App, operator: Principal, client: ApiClient): Promise<string> {
  const reason = 'The demo credentials were lost.';
  const live = await readLiveSecrets(app, operator, [client.id]);
  for (const { id } of live.slice(0, -1)) await revokeApiClientSecret(app, operator, { secretId: id, reason });
  const { secret } = await rotateApiClientSecret(app, operator, { idempotencyKey: newUuid(), clientId: client.id, reason });
  if (secret === null) throw new Error('a new key was used before');
  return secret;
}
