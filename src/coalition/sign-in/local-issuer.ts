import { SignJWT } from 'jose';
import type { App } from '../../app';
import { signingKey } from './token-keys';

/** `iss` of the platform's own identity provider, which stands in for a real one in the demo and in development. */
export function localIssuer(app: App): string {
  return `${app.config.http.publicUrl}/local-issuer`;
}

/** A login of the local issuer, as a real provider would give it out; throws unless the local issuer is on. */
export async function mintLocalLogin(app: App, subject: string, lifetimeSeconds = 12 * 60 * 60): Promise<string> {
  if (!app.config.oidc.localIssuer) throw new Error('The local issuer is off. TESSERA_LOCAL_ISSUER=true turns it on; never in production.');
  const { privateKey, jwk } = await signingKey(app.keys, 'local-issuer');
  const now = Math.floor(app.clock.real().getTime() / 1_000);
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: jwk.kid })
    .setIssuer(localIssuer(app))
    .setAudience(app.config.oidc.audience)
    .setSubject(subject)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetimeSeconds)
    .sign(privateKey);
}

/** The local issuer's discovery document. */
export function localDiscovery(app: App): Record<string, unknown> {
  const issuer = localIssuer(app);
  return {
    issuer,
    jwks_uri: `${issuer}/jwks.json`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['EdDSA'],
  };
}
