import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { directRoutes } from '../../../src/api/http/direct-route';
import { createHttpServer, listen } from '../../../src/api/http/server';
import { type RunningServer, runGateway } from '../../../src/api/server/run-gateway';
import type { BuiltApp } from '../../../src/app';
import { createTestApp, type TestApp } from '../../support/test-app';
import { until } from '../../support/until';

const query = '{ __typename }';
const json = { 'content-type': 'application/json' };
const body = JSON.stringify({ query });

let test: TestApp;
let server: FastifyInstance;
let gateway: RunningServer;

beforeAll(async () => {
  test = await createTestApp({ variables: { TESSERA_BODY_LIMIT: '2048' } });
  gateway = await runGateway(test.app as BuiltApp, {
    check: async () => undefined,
    depths: async () => [],
    register: async (opened) => {
      server = opened;
    },
  });
});
afterAll(async () => {
  await gateway?.close();
  await test?.close();
});

interface Asked {
  readonly method: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

function overSocket(port: number, { method, path = '/graphql', headers = {}, body: sent }: Asked) {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>((done, failed) => {
    const asked = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    asked.on('error', failed);
    asked.end(sent);
  });
}

it.each<[string, Asked, number]>([
  ['a query', { method: 'POST', headers: json, body }, 200],
  ['a query whose media type names its charset', { method: 'POST', headers: { 'content-type': 'application/json; charset=utf-8' }, body }, 200],
  ['a query as the specification has it', { method: 'POST', headers: { ...json, accept: 'application/graphql-response+json' }, body }, 200],
  ['an answer in a form that there is not', { method: 'POST', headers: { ...json, accept: 'text/html' }, body }, 406],
  ['GET', { method: 'GET', path: `/graphql?query=${encodeURIComponent(query)}`, headers: { 'apollo-require-preflight': '1' } }, 200],
  ['GET from another site', { method: 'GET', path: `/graphql?query=${encodeURIComponent(query)}` }, 400],
  // There is no mutation of that name; the one that there is: see graphql/http.test.ts.
  ['a mutation by GET', { method: 'GET', path: '/graphql?query=mutation%20%7B%20x%20%7D', headers: { 'apollo-require-preflight': '1' } }, 200],
  ['text from another site', { method: 'POST', headers: { 'content-type': 'text/plain' }, body }, 400],
  ['a form', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query=x' }, 415],
  ['a batch', { method: 'POST', headers: json, body: `[${body},${body}]` }, 400],
  ['broken JSON', { method: 'POST', headers: json, body: '{"query":' }, 400],
  ['no body', { method: 'POST', headers: json }, 400],
  ['a bad token', { method: 'POST', headers: { ...json, authorization: 'Bearer nonsense' }, body }, 401],
  ['a body that is too large', { method: 'POST', headers: json, body: JSON.stringify({ query: ' '.repeat(3_000) }) }, 413],
  ['another method', { method: 'PUT', headers: json, body }, 405],
  ['a preflight', { method: 'OPTIONS', headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' } }, 405],
  ['another path', { method: 'POST', path: '/graphql/', headers: json, body }, 404],
])('%s is answered the same over a socket and without one', async (_what, asked, status) => {
  const direct = await overSocket(gateway.port, { ...asked, headers: { ...asked.headers, 'x-request-id': 'request-1' } });
  const injected = await server.inject({
    method: asked.method as 'GET',
    url: asked.path ?? '/graphql',
    headers: { ...asked.headers, 'x-request-id': 'request-1' },
    payload: asked.body,
  });
  expect([direct.status, injected.statusCode]).toEqual([status, status]);
  expect(direct.body).toBe(injected.body);
  const telling = ({ date: _date, connection: _connection, 'keep-alive': _keepAlive, ratelimit: _left, ...headers }: Record<string, unknown>) => headers;
  expect(telling(direct.headers)).toEqual({ ...telling(injected.headers), 'content-length': direct.headers['content-length'] });
  expect(direct.headers).toMatchObject({ 'x-request-id': 'request-1', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
});

it('a body that grows too large while it is sent is cut off', async () => {
  const asked = httpRequest({ port: gateway.port, method: 'POST', path: '/graphql', headers: json, agent: false });
  asked.on('error', () => undefined);
  const answer = new Promise<IncomingMessage>((done) => asked.once('response', done));
  for (let n = 0; n < 10; n++) asked.write(' '.repeat(1_000));
  expect((await answer).statusCode).toBe(413);
  expect((await answer).headers.connection).toBe('close');
  asked.destroy();
});

it('it is measured like every other route', async () => {
  const metrics = async () => (await fetch(`http://127.0.0.1:${gateway.port}/metrics`)).text();
  const told = /tessera_http_request_seconds_count\{method="POST",route="\/graphql",status="200"\} [1-9]/;
  await until('it has been measured', async () => told.test(await metrics()));
});

it('what is in flight when the server closes is answered, and its connection ends', async () => {
  const closing = createHttpServer(test.app.config, test.app.log);
  let answer: (() => void) | undefined;
  await directRoutes(closing).add(closing, '/slow', (_request, response, { headers }) => {
    answer = () => response.writeHead(200, headers()).end('done');
  });
  const port = await listen(closing, '127.0.0.1', 0, 0, 'TESSERA_PORT');
  const slow = overSocket(port, { method: 'POST', path: '/slow' });
  await until('it is in flight', () => answer !== undefined);
  const closed = closing.close();
  await until('nobody is let in any more', () => !closing.server.listening);
  answer?.();
  expect(await slow).toMatchObject({ status: 200, body: 'done', headers: { connection: 'close' } });
  await closed;
});
