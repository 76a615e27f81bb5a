import { decodeJwt, errors } from 'jose';
import type { App } from '../app';
import { InvalidInput } from '../refusal';
import { isKnownIssuer, type Login, verifyLogin } from './identity-providers';

/** The login that a fresh token of its own stands for; throws InvalidInput for any other. */
export async function readLogin(app: App, token: string): Promise<Login> {
  try {
    const issuer = decodeJwt(token).iss;
    if (issuer !== undefined && isKnownIssuer(app, issuer)) return await verifyLogin(app, issuer, token);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw new InvalidInput('input.token', 'This is no valid token of the identity provider.');
}
