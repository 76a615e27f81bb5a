import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { App } from '../app';
import { localIssuer } from './local-issuer';
import { signingKey } from './token-keys';
import { Unauthenticated } from './unauthenticated';

/** A login at an identity provider: who it is, only the provider knows. */
export interface Login {
  readonly issuer: string;
  readonly subject: string;
  readonly expiresAt: Date;
}

// Asymmetric only: a shared secret or "none" can never pass for a provider's key.
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];
const DISCOVERY_TIMEOUT_MS = 5_000;

const keySets = new WeakMap<App, Promise<JWTVerifyGetKey>>();

/** Whether tokens of this issuer are taken at all. */
export function isKnownIssuer(app: App, issuer: string): boolean {
  return issuer === app.config.oidc.issuer || (app.config.oidc.localIssuer && issuer === localIssuer(app));
}

/** Checks a token of a known identity provider: signature, issuer, audience and time; throws what jose throws. */
export async function verifyLogin(app: App, issuer: string, token: string): Promise<Login> {
  const options = { issuer, audience: app.config.oidc.audience, currentDate: app.clock.real(), algorithms: ALGORITHMS, requiredClaims: ['sub', 'exp'] };
  const { payload } =
    app.config.oidc.localIssuer && issuer === localIssuer(app)
      ? await jwtVerify(token, (await signingKey(app.keys, 'local-issuer')).publicKey, options)
      : await jwtVerify(token, await providerKeys(app), { ...options, clockTolerance: 30 });
  return { issuer, subject: payload.sub as string, expiresAt: new Date((payload.exp as number) * 1_000) };
}

/** The configured provider's keys: fetched when first needed, cached, fetched again when a token names an unknown one (jose limits how often). */
async function providerKeys(app: App): Promise<JWTVerifyGetKey> {
  let keys = keySets.get(app);
  if (!keys) {
    keys = findKeys(app);
    keySets.set(app, keys);
    // Not remembered: the provider may be there again when the next token comes.
    keys.catch(() => keySets.delete(app));
  }
  return keys;
}

async function findKeys(app: App): Promise<JWTVerifyGetKey> {
  const { issuer, jwksUrl } = app.config.oidc;
  if (jwksUrl) return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) });
    const discovered = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (discovered.issuer !== issuer || typeof discovered.jwks_uri !== 'string') throw new Error('the discovery document names another issuer, or no keys');
    return createRemoteJWKSet(new URL(discovered.jwks_uri), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
  } catch (error) {
    app.log.error({ issuer, error: (error as Error).message }, 'the identity provider cannot be asked for its keys');
    throw new Unauthenticated("The identity provider's keys cannot be fetched at the moment. Try again shortly.");
  }
}
