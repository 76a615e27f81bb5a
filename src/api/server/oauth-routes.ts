import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../../app';
import { SCOPES } from '../../coalition/access/principal';
import { tokenIssuer } from '../../coalition/sign-in/access-tokens';
import { grantClientToken, TokenRefused } from '../../coalition/sign-in/grant-client-token';
import { localDiscovery, localIssuer } from '../../coalition/sign-in/local-issuer';
import { signingKey } from '../../coalition/sign-in/token-keys';
import { isRefusal } from '../../platform/refusal';
import { RateLimiter } from '../documents/rate-limit';
import { directRoutes } from '../http/direct-route';
import { networkOf } from '../http/network-of';

/** A client needs a token every 15 minutes; guessing needs more than this. */
const TOKEN_REQUESTS_PER_MINUTE = 120;
const LARGEST_TOKEN_REQUEST_BYTES = 16_384;
/** RFC 6749 knows five for a client; others are there to be ignored. */
const MOST_PARAMETERS = 20;

/**
 * /oauth/token (client credentials, RFC 6749), its metadata (RFC 8414) and keys, and the local issuer's documents where
 * it is on.
 */
export async function registerOAuth(server: FastifyInstance, app: App): Promise<void> {
  const limiter = new RateLimiter([{ name: 'tokens', perMinute: TOKEN_REQUESTS_PER_MINUTE }], app.clock);
  // In a scope of its own: forms are read nowhere else.
  await server.register(async (scope) => {
    // Before anything of it is read, so that what is wrong counts too. Only by address until the secret is known to be
    // right: by client, anybody who knows its id could use its quota up.
    scope.addHook('onRequest', async (request, reply) => {
      const { allowed, headers } = limiter.take(`network ${networkOf(directRoutes(server).addressOf(request.raw))}`, [1]);
      if (!allowed) return refuseTooMany(reply, headers());
    });
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(body as string)),
    );
    scope.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const status = error.statusCode ?? 500;
      if (status >= 500) throw error;
      return refuse(reply, new TokenRefused('invalid_request', 'Send application/x-www-form-urlencoded, at most 16 kB.'), false, status);
    });
    scope.post('/oauth/token', { bodyLimit: LARGEST_TOKEN_REQUEST_BYTES }, (request, reply) => answerTokenRequest(app, limiter, request, reply));
  });

  server.get('/.well-known/oauth-authorization-server', async () => ({
    issuer: tokenIssuer(app),
    token_endpoint: `${tokenIssuer(app)}/oauth/token`,
    jwks_uri: `${tokenIssuer(app)}/oauth/jwks.json`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    scopes_supported: SCOPES,
  }));
  server.get('/oauth/jwks.json', async () => ({ keys: [(await signingKey(app.keys, 'signing')).jwk] }));

  if (!app.config.oidc.localIssuer) return;
  const path = new URL(localIssuer(app)).pathname;
  server.get(`${path}/.well-known/openid-configuration`, async () => localDiscovery(app));
  server.get(`${path}/jwks.json`, async () => ({ keys: [(await signingKey(app.keys, 'local-issuer')).jwk] }));
}

async function answerTokenRequest(app: App, limiter: RateLimiter, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  void reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
  const byHeader = request.headers.authorization !== undefined;
  try {
    const form = readForm(request.body);
    const { id, secret } = readCredentials(request.headers.authorization, form);
    if (form.get('grant_type') !== 'client_credentials') throw new TokenRefused('unsupported_grant_type', 'The grant type is client_credentials.');
    const clientId = /^cli_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(id)?.slice(1).join('-');
    if (!clientId) throw new TokenRefused('invalid_client', 'No live client has these credentials.');
    const { token, expiresInSeconds, scopes } = await grantClientToken(app, { clientId, secret, scope: form.get('scope') ?? undefined });
    const { allowed, headers } = limiter.take(`client ${clientId}`, [1]);
    if (!allowed) return refuseTooMany(reply, headers());
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, scope: scopes.join(' ') };
  } catch (error) {
    if (error instanceof TokenRefused) return refuse(reply, error, byHeader);
    if (isRefusal(error, 'UNAVAILABLE'))
      return reply.code(503).header('retry-after', '1').send({ error: 'temporarily_unavailable', error_description: error.message });
    throw error;
  }
}

function refuseTooMany(reply: FastifyReply, headers: Readonly<Record<string, string>>): FastifyReply {
  return reply
    .code(429)
    .headers({ ...headers, 'cache-control': 'no-store', pragma: 'no-cache' })
    .send({ error: 'temporarily_unavailable', error_description: 'Too many token requests. Keep the token until it expires.' });
}

function refuse(reply: FastifyReply, error: TokenRefused, byHeader: boolean, status = 400): FastifyReply {
  const unknownClient = error.code === 'invalid_client';
  if (unknownClient && byHeader) void reply.header('www-authenticate', 'Basic realm="tessera", charset="UTF-8"');
  return reply.code(unknownClient ? 401 : status).send({ error: error.code, error_description: error.message });
}

function readForm(body: unknown): URLSearchParams {
  if (!(body instanceof URLSearchParams)) throw new TokenRefused('invalid_request', 'Send application/x-www-form-urlencoded.');
  if (body.size > MOST_PARAMETERS) throw new TokenRefused('invalid_request', `A token request has ${MOST_PARAMETERS} parameters at most.`);
  if (new Set(body.keys()).size < body.size) throw new TokenRefused('invalid_request', 'A parameter is there more than once.');
  return body;
}

function readCredentials(header: string | undefined, form: URLSearchParams): { id: string; secret: string } {
  const inBody = form.get('client_secret');
  if (header === undefined) {
    const id = form.get('client_id');
    if (id === null || inBody === null) throw new TokenRefused('invalid_client', 'Send client_id and client_secret, by HTTP Basic or in the form.');
    return { id, secret: inBody };
  }
  if (inBody !== null) throw new TokenRefused('invalid_request', 'Send the credentials in one way only.');
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header)?.[1];
  const [, id, secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? [];
  try {
    if (id !== undefined) return { id: decodeURIComponent(id.replaceAll('+', ' ')), secret: decodeURIComponent(secret.replaceAll('+', ' ')) };
  } catch {
    // Not form-encoded as RFC 6749, section 2.3.1 asks.
  }
  throw new TokenRefused('invalid_client', 'The Authorization header holds no Basic credentials.');
}
