import { runInNewContext } from 'node:vm';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createHttpServer } from '../../src/api/http/server';
import { registerQueueBoard } from '../../workers/queue-board';
import { openQueues, type Queues } from '../../workers/queues';
import { foundTestCoalition, type TestCoalition } from '../support/api';
import { createTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

let test: TestApp;
let server: FastifyInstance;
let queues: Queues;
let coalition: TestCoalition;
let isBroken = true;

beforeAll(async () => {
  test = await createTestApp({ variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  coalition = await foundTestCoalition(test, 'FUEL');
  queues = openQueues(test.app.config, test.app.log);
  server = createHttpServer(test.app.config, test.app.log);
  registerQueueBoard(server, test.app, queues);
  await server.ready();
  queues.work('holds', 1, async () => {
    // Unreadable data fails at once, without further attempts.
    if (isBroken) z.object({ wallet: z.string() }).parse({});
  });
  await queues.queue('holds').add([{ name: 'release-holds', data: {} }]);
});
afterAll(async () => {
  await server.close();
  await queues.close();
  await test.close();
});

const read = (token?: string) => server.inject({ method: 'GET', url: '/queues/api', headers: token ? { authorization: `Bearer ${token}` } : {} });
const retry = (queue: string, body: unknown, headers: Record<string, string> = {}) =>
  server.inject({
    method: 'POST',
    url: `/queues/api/${queue}/retry`,
    headers: { authorization: `Bearer ${coalition.operatorToken}`, 'content-type': 'application/json', 'x-tessera-board': '1', ...headers },
    payload: JSON.stringify(body),
  });

it('shows its page to anybody and its content to the operator role only', async () => {
  const page = await server.inject({ method: 'GET', url: '/queues' });
  expect(page.statusCode).toBe(200);
  const nonce = /nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1];
  expect(page.body).toContain(`<script nonce="${nonce}">`);
  const script = page.body.split('<script nonce="')[1].split('">')[1].split('</script>')[0];
  // It must at least be JavaScript.
  expect(() => runInNewContext(`(function () {${script}})`)).not.toThrow();
  expect((await read()).statusCode).toBe(401);
  expect((await read('nonsense')).statusCode).toBe(401);
  expect((await read(coalition.brands.FUEL.token)).statusCode).toBe(403);
  const { queues: shown } = (await read(coalition.operatorToken)).json();
  expect(shown.map(({ name }: { name: string }) => name)).toEqual(['clearing', 'periods', 'holds', 'expiry', 'books']);
  expect(shown[0].counts).toEqual({ waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 });
});

it('shows why a job failed, and runs it again', async () => {
  const failed = async () => (await read(coalition.operatorToken)).json().queues[2].failed;
  await until('a job has failed', async () => (await failed()).length > 0);
  const [job] = await failed();
  expect(job).toMatchObject({ name: 'release-holds', attempts: 1, reason: expect.stringContaining('wallet: ') });
  isBroken = false;
  expect((await retry('holds', { id: job.id })).json()).toEqual({ retried: job.id });
  expect(await failed()).toEqual([]);
  expect((await retry('holds', { id: job.id })).statusCode).toBe(404);
  expect((await retry('holds', {})).json()).toEqual({ retried: 'all' });
  await until('it was run again', async () => (await queues.queue('holds').counts()).completed > 0);
  expect(await failed()).toEqual([]);
});

it('refuses what another site could send, and what makes no sense', async () => {
  expect((await retry('holds', {}, { 'x-tessera-board': '' })).statusCode).toBe(403);
  expect((await retry('holds', {}, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(403);
  expect((await retry('holds', {}, { authorization: '' })).statusCode).toBe(401);
  expect((await retry('holds', {}, { authorization: `Bearer ${coalition.brands.FUEL.token}` })).statusCode).toBe(403);
  expect((await retry('nothing', {})).statusCode).toBe(404);
  expect((await retry('holds', { id: 7 })).statusCode).toBe(400);
});
