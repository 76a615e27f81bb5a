import { type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { App } from '../../app';
import { newUuid, type Uuid } from '../../platform/ids';
import { SCOPES, type Scope } from '../access/principal';
import { Unauthenticated } from '../access/unauthenticated';
import { signingKey } from './token-keys';

/** Lifetime of access tokens and member sessions. */
export const ACCESS_TOKEN_SECONDS = 15 * 60;

/** What one of the platform's own access tokens says. */
export type AccessTokenClaims =
  | { readonly kind: 'client'; readonly clientId: Uuid; readonly scopes: readonly Scope[]; readonly expiresAt: Date }
  | { readonly kind: 'member'; readonly memberId: Uuid; readonly brandId: Uuid; readonly expiresAt: Date };

/** Who issues the platform's tokens (`iss`): its public URL. */
export function tokenIssuer(app: App): string {
  return app.config.http.publicUrl;
}

/** For whom they are (`aud`). */
export function tokenAudience(app: App): string {
  return `${app.config.http.publicUrl}/graphql`;
}

/** An API client's token. */
export function mintClientToken(app: App, client: { id: Uuid; scopes: readonly Scope[] }): Promise<string> {
  return sign(app, 'client', `cli_${client.id.replaceAll('-', '')}`, { scope: client.scopes.join(' ') });
}

/**
 * A member's session at the brand that asked for it. Its subject is the member's id at that brand, since the brand can
 * read the token.
 */
export function mintMemberToken(app: App, brandId: Uuid, memberId: Uuid): Promise<string> {
  return sign(app, 'member', app.keys.toPairwise('member', brandId, memberId), { brand: brandId });
}

async function sign(app: App, kind: string, subject: string, claims: JWTPayload): Promise<string> {
  const { privateKey, jwk } = await signingKey(app.keys, 'signing');
  const now = Math.floor(app.clock.real().getTime() / 1_000);
  return new SignJWT({ ...claims, kind })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: jwk.kid })
    .setIssuer(tokenIssuer(app))
    .setAudience(tokenAudience(app))
    .setSubject(subject)
    .setJti(newUuid())
    .setIssuedAt(now)
    .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
    .sign(privateKey);
}

/** Checks signature, issuer, audience, type and time of one of our own tokens; throws what jose throws. */
export async function verifyAccessToken(app: App, token: string): Promise<AccessTokenClaims> {
  const { publicKey } = await signingKey(app.keys, 'signing');
  const { payload } = await jwtVerify(token, publicKey, {
    algorithms: ['EdDSA'],
    typ: 'at+jwt',
    issuer: tokenIssuer(app),
    audience: tokenAudience(app),
    currentDate: app.clock.real(),
    requiredClaims: ['sub', 'exp', 'kind'],
  });
  const expiresAt = new Date((payload.exp as number) * 1_000);
  const subject = String(payload.sub);
  if (payload.kind === 'client' && CLIENT_ID.test(subject)) {
    const granted = String(payload.scope).split(' ');
    return { kind: 'client', clientId: uuidOf(subject), scopes: SCOPES.filter((scope) => granted.includes(scope)), expiresAt };
  }
  const brandId = payload.brand as Uuid;
  if (payload.kind !== 'member' || !UUID.test(String(brandId)) || !UUID.test(subject)) throw new Unauthenticated('This token is of no kind that we know.');
  return { kind: 'member', memberId: app.keys.fromPairwise('member', brandId, subject), brandId, expiresAt };
}

const CLIENT_ID = /^cli_[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function uuidOf(clientId: string): Uuid {
  const hex = clientId.slice('cli_'.length);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
