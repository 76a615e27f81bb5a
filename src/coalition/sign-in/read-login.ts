import { decodeJwt, errors } from 'jose';
import type { App } from '../../app';
import { InvalidInput } from '../../platform/refusal';
import { isKnownIssuer, type Login, verifyLogin } from './identity-providers';
import { restoreIssuerSlash } from './restore-issuer-slash';

/**
 * The login that a fresh token of its own stands for, which is stored, if it is, as its provider writes it; throws
 * InvalidInput for any other.
 */
export async function readLogin(app: App, token: string): Promise<Login> {
  try {
    const issuer = decodeJwt(token).iss;
    if (issuer !== undefined && isKnownIssuer(app, issuer)) {
      const login = await verifyLogin(app, issuer, token);
      await restoreIssuerSlash(app, login);
      return login;
    }
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw new InvalidInput('input.token', 'This is no valid token of the identity provider.');
}
