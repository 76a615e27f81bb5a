import { IsNull } from 'typeorm';
import type { App } from '../../app';
import type { Uuid } from '../../platform/ids';
import type { Scope } from '../access/principal';
import { matchesSecret } from '../access/secrets';
import { ACCESS_TOKEN_SECONDS, mintClientToken } from './access-tokens';
import { ApiClient } from './api-client.entity';
import { ApiClientSecret } from './api-client-secret.entity';

/** A token request is refused as RFC 6749, section 5.2 names it. */
export class TokenRefused extends Error {
  constructor(
    readonly code: 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope',
    message: string,
  ) {
    super(message);
    this.name = 'TokenRefused';
  }
}

export interface ClientCredentials {
  readonly clientId: Uuid;
  readonly secret: string;
  /** Scopes asked for, separated by spaces; all of the client's when left out. */
  readonly scope: string | undefined;
}

export interface ClientToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly scopes: readonly Scope[];
}

// Compared with when there is no such client, so that an answer takes as long.
const NO_SECRETS = [Buffer.alloc(32), Buffer.alloc(32)];

/**
 * An access token for an API client (client credentials). Throws TokenRefused: unknown, disabled and wrong secret look
 * the same.
 */
export async function grantClientToken(app: App, credentials: ClientCredentials): Promise<ClientToken> {
  const { client, hashes } = await app.database.transaction({ kind: 'authenticator' }, async ({ manager }) => ({
    client: await manager.findOneBy(ApiClient, { id: credentials.clientId, disabledAt: IsNull() }),
    hashes: (await manager.findBy(ApiClientSecret, { clientId: credentials.clientId, revokedAt: IsNull() })).map((each) => each.secretHash),
  }));
  const matches = matchesSecret(credentials.secret, [...hashes, ...NO_SECRETS].slice(0, 2));
  if (!client || hashes.length === 0 || !matches) throw new TokenRefused('invalid_client', 'No live client has these credentials.');
  const asked = credentials.scope?.split(' ').filter(Boolean);
  const unknown = asked?.find((scope) => !client.scopes.includes(scope as Scope));
  if (unknown !== undefined) throw new TokenRefused('invalid_scope', 'The client does not have every scope that is asked for.');
  const scopes = asked?.length ? client.scopes.filter((scope) => asked.includes(scope)) : client.scopes;
  return { token: await mintClientToken(app, { id: client.id, scopes }), expiresInSeconds: ACCESS_TOKEN_SECONDS, scopes };
}
