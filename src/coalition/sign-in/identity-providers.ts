import { jwtVerify } from 'jose';
import type { App } from '../../app';
import { localIssuer } from './local-issuer';
import { ProviderKeys } from './provider-keys';
import { signingKey } from './token-keys';

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

const keysOfProviders = new WeakMap<App, ProviderKeys>();

/** Whether tokens of this issuer are taken at all. */
export function isKnownIssuer(app: App, issuer: string): boolean {
  return issuer === app.config.oidc.issuer || (app.config.oidc.localIssuer && issuer === localIssuer(app));
}

/**
 * Checks a token of a known identity provider: signature, issuer, audience and time; throws what jose throws, and
 * UNAVAILABLE.
 */
export async function verifyLogin(app: App, issuer: string, token: string): Promise<Login> {
  const options = { issuer, audience: app.config.oidc.audience, currentDate: app.clock.real(), algorithms: ALGORITHMS, requiredClaims: ['sub', 'exp'] };
  const { payload } =
    app.config.oidc.localIssuer && issuer === localIssuer(app)
      ? await jwtVerify(token, (await signingKey(app.keys, 'local-issuer')).publicKey, options)
      : await jwtVerify(token, providerKeys(app).find, { ...options, clockTolerance: 30 });
  const verified = (value: unknown, is: unknown) => (is === true && typeof value === 'string' ? value : null);
  return {
    issuer,
    subject: payload.sub as string,
    expiresAt: new Date((payload.exp as number) * 1_000),
    verifiedEmail: verified(payload.email, payload.email_verified),
    verifiedPhone: verified(payload.phone_number, payload.phone_number_verified),
  };
}

function providerKeys(app: App): ProviderKeys {
  let keys = keysOfProviders.get(app);
  if (!keys) keysOfProviders.set(app, (keys = new ProviderKeys(app)));
  return keys;
}
