import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { type RunningServer, runGateway } from '../../src/api/server/run-gateway';
import type { BuiltApp } from '../../src/app';
import { SCOPES } from '../../src/coalition/access/principal';
import { matchesSecret, newSecret } from '../../src/coalition/access/secrets';
import { localIssuer } from '../../src/coalition/sign-in/local-issuer';
import { signingKey } from '../../src/coalition/sign-in/token-keys';
import { registerQueueBoard } from '../../workers/queue-board';
import { openQueues, type Queues } from '../../workers/queues';
import { foundTestCoalition, type TestCoalition } from '../support/api';
import { createTestApp, type TestApp } from '../support/test-app';

const METRICS_TOKEN = 'a token for the metrics';

let test: TestApp;
let server: FastifyInstance;
let gateway: RunningServer;
let queues: Queues;
let coalition: TestCoalition;

beforeAll(async () => {
  test = await createTestApp({ variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_METRICS_TOKEN: METRICS_TOKEN, TESSERA_EXPLORER: 'true' } });
  coalition = await foundTestCoalition(test, 'FUEL');
  queues = openQueues(test.app.config, test.app.log);
  gateway = await runGateway(test.app as BuiltApp, {
    check: () => queues.check(),
    depths: async () => [],
    register: async (opened) => {
      server = opened;
      registerQueueBoard(opened, test.app, queues);
    },
  });
});
afterAll(async () => {
  await gateway?.close();
  await queues?.close();
  await test?.close();
});

/**
 * Every door of the gateway but /graphql: what stands behind it for nobody, for a brand's client, and for the operator.
 */
const DOORS: Readonly<Record<string, readonly [nobody: number, client: number, operator: number]>> = {
  'GET /health/live': [200, 200, 200],
  'GET /health/ready': [200, 200, 200],
  // Its token, and no other.
  'GET /metrics': [401, 401, 401],
  // The page holds nothing itself.
  'GET /queues': [200, 200, 200],
  'GET /queues/api': [401, 403, 200],
  'POST /queues/api/:queue/retry': [401, 403, 200],
  'GET /': [302, 302, 302],
  'GET /explorer': [200, 200, 200],
  'GET /explorer/start.js': [200, 200, 200],
  'GET /explorer/react.js': [200, 200, 200],
  'GET /explorer/react-dom.js': [200, 200, 200],
  'GET /explorer/graphiql.js': [200, 200, 200],
  'GET /explorer/graphiql.css': [200, 200, 200],
  // CSRF: a GET without the header that makes a browser ask first.
  'GET /graphql': [400, 400, 400],
  'POST /graphql': [401, 200, 200],
  'POST /oauth/token': [400, 400, 400],
  'GET /.well-known/oauth-authorization-server': [200, 200, 200],
  'GET /oauth/jwks.json': [200, 200, 200],
  'GET /local-issuer/.well-known/openid-configuration': [200, 200, 200],
  'GET /local-issuer/jwks.json': [200, 200, 200],
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the doors of the gateway', () => {
  it('are those of the list', () => {
    const routes = server.printRoutes({ commonPrefix: false, includeHooks: false });
    // The tree, as text: "├── /oauth/token (POST)", children indented under the part that they share.
    const found = new Set<string>();
    const path: string[] = [];
    for (const line of routes.split('\n').filter(Boolean)) {
      const [, indent, part, methods] = /^([│├└─\s]*)(\S+)(?: \(([^)]+)\))?/.exec(line) ?? [];
      const depth = indent.length / 4;
      path.splice(depth - 1);
      path[depth - 1] = part;
      for (const method of methods?.split(', ') ?? []) if (method !== 'HEAD') found.add(`${method} ${path.join('').replace(/(?<=.)\/\//g, '/')}`);
    }
    expect([...found].sort()).toEqual(Object.keys(DOORS).sort());
  });

  it.each(Object.entries(DOORS))('%s is open to whom it should be', async (door, statuses) => {
    const [method, route] = door.split(' ') as ['GET' | 'POST', string];
    const url = route.replace(':queue', 'holds');
    const board = method === 'POST' && route.startsWith('/queues') ? { 'x-tessera-board': '1' } : {};
    const payload = route === '/graphql' ? { query: '{ viewer { kind } }' } : {};
    const asked = async (headers: Record<string, string>) =>
      server.inject({ method, url, headers: { ...headers, ...board }, ...(method === 'POST' && { payload }) });
    const answers = [await asked({}), await asked(bearer(coalition.brands.FUEL.token)), await asked(bearer(coalition.operatorToken))];
    // GraphQL says so itself, with 200.
    const statusOf = (answer: (typeof answers)[number]) => (/UNAUTHENTICATED/.test(answer.body) ? 401 : answer.statusCode);
    expect(answers.map(statusOf)).toEqual(statuses);
    for (const { body, headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['x-powered-by'] ?? headers.server).toBeUndefined();
      if (!route.startsWith('/explorer')) expect(body).not.toMatch(/eyJ[\w-]{20}|tss_|"d":|BEGIN|postgres:/);
    }
  });

  it('metrics take their token only, and name no principal, id or address', async () => {
    const metrics = (authorization: string) => server.inject({ url: '/metrics', headers: { authorization } });
    for (const wrong of [`Bearer ${METRICS_TOKEN}x`, `Bearer ${METRICS_TOKEN.slice(0, -1)}`, METRICS_TOKEN, `bearer ${METRICS_TOKEN}`])
      expect((await metrics(wrong)).statusCode).toBe(401);
    const { statusCode, body } = await metrics(`Bearer ${METRICS_TOKEN}`);
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-|127\.0\.0\.1|FUEL/);
  });

  it('health says which part fails, and not why', async () => {
    const broken = await createTestApp({ database: test.database });
    await broken.app.database.source.destroy();
    const other = await runGateway(broken.app as BuiltApp, {
      check: async () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1 password=x')),
      depths: async () => [],
    });
    const answer = await fetch(`http://127.0.0.1:${other.port}/health/ready`);
    const body = await answer.text();
    // The clock is compared over connections of its own, which are there.
    const checks = { database: 'failed', migrations: 'failed', queue: 'failed', clock: 'ok' };
    expect([answer.status, JSON.parse(body)]).toEqual([503, { status: 'not ready', checks }]);
    await other.close();
    await broken.app.ledger.close();
  });

  it('the explorer gives its tokens to nobody but a browser of this machine', async () => {
    const opened = await server.inject({ url: '/explorer', headers: { host: 'localhost:4000' }, remoteAddress: '10.1.2.3' });
    expect(opened.body).not.toMatch(/eyJ/);
  });
});

describe('tokens made to confuse', () => {
  const VIEWER = '{ viewer { kind } }';
  const now = () => Math.floor(test.clock.now().getTime() / 1_000);
  const claims = (more: Record<string, unknown> = {}) => ({
    kind: 'client',
    scope: SCOPES.join(' '),
    iss: test.app.config.http.publicUrl,
    aud: `${test.app.config.http.publicUrl}/graphql`,
    sub: `cli_${coalition.brands.FUEL.clientId.replaceAll('-', '')}`,
    iat: now(),
    exp: now() + 900,
    ...more,
  });
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const hmac = (header: object, payload: object, key: Buffer | string) => {
    const signed = `${part(header)}.${part(payload)}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const status = async (token: string) =>
    (await server.inject({ method: 'POST', url: '/graphql', headers: bearer(token), payload: { query: VIEWER } })).statusCode;
  const sign = async (label: string, payload: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...header }).sign((await signingKey(test.app.keys, label)).privateKey);

  it('are refused: none, a public key as a shared secret, keys that the token brings along', async () => {
    expect(await status(await sign('signing', claims()))).toBe(200);
    for (const label of ['signing', 'local-issuer']) {
      const { publicKey, jwk } = await signingKey(test.app.keys, label);
      const issuer = label === 'signing' ? {} : { iss: localIssuer(test.app), aud: 'tessera', sub: 'operator' };
      for (const key of [
        Buffer.from(jwk.x ?? '', 'base64url'),
        await exportSPKI(publicKey),
        JSON.stringify(jwk),
        publicKey.export({ type: 'spki', format: 'der' }),
        '',
      ])
        for (const alg of ['HS256', 'EdDSA']) expect(await status(hmac({ alg, typ: 'at+jwt', kid: jwk.kid }, claims(issuer), key))).toBe(401);
      for (const alg of ['none', 'None', 'NONE', ''])
        for (const signature of ['', 'AA']) expect(await status(`${part({ alg, typ: 'at+jwt' })}.${part(claims(issuer))}.${signature}`)).toBe(401);
    }
    const theirs = await generateKeyPair('EdDSA', { extractable: true });
    const jwk = await exportJWK(theirs.publicKey);
    for (const header of [{ jwk }, { jku: 'http://127.0.0.1:9/jwks' }, { x5u: 'http://127.0.0.1:9/x5u' }, { kid: '../../etc/passwd' }, { kid: "' OR 1=1" }])
      expect(await status(await new SignJWT(claims()).setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...header } as never).sign(theirs.privateKey))).toBe(
        401,
      );
  });

  it("are refused: one issuer's key for another's tokens, one kind for another, what lacks its time or party", async () => {
    expect(await status(await sign('local-issuer', claims()))).toBe(401);
    const login = { iss: localIssuer(test.app), aud: 'tessera', sub: 'operator', iat: now(), exp: now() + 900 };
    expect(await status(await sign('local-issuer', login, { typ: 'JWT' }))).toBe(200);
    expect(await status(await sign('signing', login, { typ: 'JWT' }))).toBe(401);
    expect(await status(await sign('signing', { ...login, aud: claims().aud }))).toBe(401);
    for (const wrong of [
      { exp: undefined },
      { exp: now() - 1 },
      { exp: 'never' },
      { nbf: now() + 600 },
      { sub: undefined },
      { sub: 'cli_' },
      { sub: 5 },
      { sub: "cli_' OR 1=1 --" },
      { kind: undefined },
      { kind: 'staff' },
      { kind: 'operator' },
      { kind: 'member' },
      { kind: 'member', brand: coalition.brands.FUEL.id },
      { kind: 'member', brand: 'x', sub: 'x' },
      { aud: 'tessera' },
      { iss: undefined },
      { iss: localIssuer(test.app) },
    ])
      expect([wrong, await status(await sign('signing', claims(wrong)))]).toEqual([wrong, 401]);
    // A scope that the client does not have is not given by a token that claims it.
    const more = await server.inject({
      method: 'POST',
      url: '/graphql',
      headers: bearer(await sign('signing', claims({ scope: 'root members' }))),
      payload: { query: '{ viewer { scopes } }' },
    });
    expect(more.json().data.viewer.scopes).toEqual(['members']);
  });

  it('secrets are compared by their hashes, all of them, in the same way', () => {
    const [one, two] = [newSecret(), newSecret()];
    expect([one.secret, two.secret].map((secret) => matchesSecret(secret, [one.hash, two.hash]))).toEqual([true, true]);
    expect(['', 'x', `${one.secret}x`, one.secret.slice(0, -1), one.secret.toUpperCase()].map((secret) => matchesSecret(secret, [one.hash, two.hash]))).toEqual(
      Array(5).fill(false),
    );
    expect(one.secret).toMatch(/^tss_[\w-]{43}$/);
    expect(matchesSecret(one.secret, [])).toBe(false);
  });
});
