import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { App } from '../app';
import { BackOff } from './back-off';
import { localIssuer } from './local-issuer';
import { signingKey } from './token-keys';
import { Unauthenticated } from './unauthenticated';

/** A login at an identity provider: who it is, only the provider knows. */
export interface Login {
  readonly issuer: string;
  readonly subject: string;
  readonly expiresAt: Date;
  /** What the provider says it has verified that the login has; null: it says nothing. */
  readonly verifiedEmail: string | null;
  readonly verifiedPhone: string | null;
}

// Asymmetric only: a shared secret or "none" can never pass for a provider's key.
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];
const DISCOVERY_TIMEOUT_MS = 5_000;

/** What is known of the configured provider. */
interface Provider {
  keys: Promise<JWTVerifyGetKey> | null;
  readonly backOff: BackOff;
}
const providers = new WeakMap<App, Provider>();

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
  const verified = (value: unknown, is: unknown) => (is === true && typeof value === 'string' ? value : null);
  return {
    issuer,
    subject: payload.sub as string,
    expiresAt: new Date((payload.exp as number) * 1_000),
    verifiedEmail: verified(payload.email, payload.email_verified),
    verifiedPhone: verified(payload.phone_number, payload.phone_number_verified),
  };
}

/**
 * The configured provider's keys: fetched when first needed, cached, fetched again when a token names an unknown one (jose limits how often). While the
 * provider does not answer, tokens are refused without asking it for each.
 */
async function providerKeys(app: App): Promise<JWTVerifyGetKey> {
  let provider = providers.get(app);
  if (!provider) providers.set(app, (provider = { keys: null, backOff: new BackOff() }));
  const { backOff } = provider;
  try {
    provider.keys ??= asking(app, backOff, () => findKeys(app));
    const keys = await provider.keys;
    return (header, token) => asking(app, backOff, async () => keys(header, token));
  } catch (error) {
    // Not remembered: the provider may be there again when its time is over.
    provider.keys = null;
    throw error;
  }
}

/** Throws Unauthenticated where the provider does not answer, or did not a moment ago. */
async function asking<T>(app: App, backOff: BackOff, ask: () => Promise<T>): Promise<T> {
  if (backOff.waits(app.clock.real())) throw new NoKeys();
  try {
    const answer = await ask();
    backOff.succeeded();
    return answer;
  } catch (error) {
    // The provider has answered: it is the token that is wrong, and nobody else is to wait for that.
    if (error instanceof errors.JOSEError && !OF_THE_PROVIDER.has(error.code)) throw error;
    backOff.failed(app.clock.real());
    app.log.error({ issuer: app.config.oidc.issuer, error: (error as Error).message }, 'the identity provider cannot be asked for its keys');
    throw new NoKeys();
  }
}

/** What jose says of a provider that does not answer, or not with keys. */
const OF_THE_PROVIDER = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

class NoKeys extends Unauthenticated {
  constructor() {
    super("The identity provider's keys cannot be fetched at the moment. Try again shortly.");
  }
}

async function findKeys(app: App): Promise<JWTVerifyGetKey> {
  const { issuer, jwksUrl } = app.config.oidc;
  if (jwksUrl) return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
  // The specification has the slash at an issuer's end left out before the path.
  const response = await fetch(`${issuer?.replace(/\/$/, '')}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS) });
  const discovered = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (discovered.issuer !== issuer || typeof discovered.jwks_uri !== 'string')
    throw new Error(`its discovery document names no keys, or another issuer than TESSERA_OIDC_ISSUER, where a slash at the end counts`);
  return createRemoteJWKSet(new URL(discovered.jwks_uri), { timeoutDuration: DISCOVERY_TIMEOUT_MS });
}
