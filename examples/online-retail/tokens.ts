import type { TokenSource } from './graphql-client';
import type { HttpClient } from './http-client';
import type { ClientCredentials } from './state-file';

/** Before a token's end, so that none expires on the way. */
const MARGIN_MS = 60_000;

/** The credentials are not (or no longer) known to the platform. */
export class UnknownClient extends Error {}

/**
 * Access tokens for an API client, asked for when the last one is about to end. Requests at the same time share one.
 */
export function clientTokens(http: HttpClient, { clientId, secret }: ClientCredentials): TokenSource {
  let current: Promise<{ token: string; until: number }> | null = null;
  return async (renew) => {
    const known = current && (await current);
    if (!known || renew || performance.now() > known.until) {
      current = requestToken(http, clientId, secret);
      current.catch(() => {
        current = null;
      });
    }
    return (await (current as NonNullable<typeof current>)).token;
  };
}

async function requestToken(http: HttpClient, clientId: string, secret: string): Promise<{ token: string; until: number }> {
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64');
  const answer = await http.post('/oauth/token', 'grant_type=client_credentials', {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${basic}`,
  });
  if (answer.status === 401) throw new UnknownClient(`The platform does not know the client ${clientId}.`);
  if (answer.status !== 200) throw new Error(`No token for ${clientId}: HTTP ${answer.status} ${answer.body.slice(0, 200)}`);
  const { access_token: token, expires_in: seconds } = JSON.parse(answer.body);
  return { token, until: performance.now() + seconds * 1_000 - MARGIN_MS };
}
