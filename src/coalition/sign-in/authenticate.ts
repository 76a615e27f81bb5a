import { decodeJwt, errors } from 'jose';
import type { App } from '../../app';
import type { Principal } from '../access/principal';
import { Unauthenticated } from '../access/unauthenticated';
import { tokenIssuer, verifyAccessToken } from './access-tokens';
import { findByLogin, findClient, findLinkedMember } from './find-principal';
import { isKnownIssuer, verifyLogin } from './identity-providers';
import { restoreIssuerSlash } from './restore-issuer-slash';

/**
 * How long a checked token is trusted without another look: a disabled client or removed login is refused within this
 * time.
 */
const TRUSTED_MS = 30_000;
const MOST_REMEMBERED = 10_000;
const LONGEST_TOKEN = 8_192;

interface Remembered {
  readonly principal: Principal;
  readonly until: number;
}
interface Tokens {
  readonly remembered: Map<string, Remembered>;
  /** Being checked: whoever brings the same token meanwhile waits for the same check. */
  readonly checking: Map<string, Promise<Principal>>;
}
const tokensOf = new WeakMap<App, Tokens>();

/**
 * Whom an Authorization header names: null without a header. Throws Unauthenticated for anything that is there but not
 * good: a wrong scheme, a token that is expired, tampered with, for another audience, or of a principal that is no
 * more. Never silently anonymous. `actAs`, the header Tessera-Act-As: "member" for a login that may be staff too, and
 * asks as the member that it is.
 */
export async function authenticate(app: App, header: string | undefined, actAs?: string): Promise<Principal | null> {
  if (header === undefined || header === '') return null;
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1];
  if (!token || token.length > LONGEST_TOKEN) throw new Unauthenticated('The Authorization header is no "Bearer" and an access token.');
  if (actAs !== undefined && actAs !== 'member') throw new Unauthenticated('Tessera-Act-As is "member", or left out.');
  const asMember = actAs === 'member';
  const asked = asMember ? `member ${token}` : token;
  let tokens = tokensOf.get(app);
  if (!tokens) tokensOf.set(app, (tokens = { remembered: new Map(), checking: new Map() }));
  const { remembered, checking } = tokens;
  const now = app.clock.real().getTime();
  const known = remembered.get(asked);
  if (known && now < known.until) return known.principal;
  remembered.delete(asked);
  let answer = checking.get(asked);
  if (!answer) {
    answer = checkAndRemember(app, { token, asMember, asked }, now, remembered).finally(() => checking.delete(asked));
    checking.set(asked, answer);
  }
  return answer;
}

interface Asked {
  readonly token: string;
  readonly asMember: boolean;
  /** Under which its answer is remembered. */
  readonly asked: string;
}

async function checkAndRemember(app: App, { token, asMember, asked }: Asked, now: number, remembered: Map<string, Remembered>): Promise<Principal> {
  const { principal, expiresAt } = await check(app, token, asMember);
  // The oldest goes first: a Map keeps the order of insertion.
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string);
  remembered.set(asked, { principal, until: Math.min(expiresAt.getTime(), now + TRUSTED_MS) });
  return principal;
}

async function check(app: App, token: string, asMember: boolean): Promise<{ principal: Principal; expiresAt: Date }> {
  try {
    const issuer = decodeJwt(token).iss;
    const found = issuer === tokenIssuer(app) ? await checkOwn(app, token) : await checkLogin(app, issuer, token, asMember);
    if (asMember && found.principal?.kind === 'client') throw new Unauthenticated('This is the access token of an API client, not of a member.');
    if (found.principal) return { principal: found.principal, expiresAt: found.expiresAt };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Unauthenticated('The access token has expired. Get a new one.');
    if (error instanceof errors.JOSEError) throw new Unauthenticated('The access token is not valid here.');
    throw error;
  }
  throw new Unauthenticated('The access token belongs to nobody who may act here, or no longer.');
}

async function checkOwn(app: App, token: string): Promise<{ principal: Principal | null; expiresAt: Date }> {
  const claims = await verifyAccessToken(app, token);
  const principal =
    claims.kind === 'client' ? await findClient(app, claims.clientId, claims.scopes) : await findLinkedMember(app, claims.memberId, claims.brandId);
  return { principal, expiresAt: claims.expiresAt };
}

async function checkLogin(app: App, issuer: string | undefined, token: string, asMember: boolean): Promise<{ principal: Principal | null; expiresAt: Date }> {
  if (issuer === undefined || !isKnownIssuer(app, issuer)) throw new Unauthenticated('The access token is of an issuer that we do not know.');
  const login = await verifyLogin(app, issuer, token);
  let principal = await findByLogin(app, login, asMember);
  if (!principal && (await restoreIssuerSlash(app, login))) principal = await findByLogin(app, login, asMember);
  return { principal, expiresAt: login.expiresAt };
}
