import { connect } from 'node:net';
import { CannotListen, createHttpServer, findPort, listen } from '../../../src/api/http/server';
import { type QueueAccess, type RunningServer, runGateway, runWorkerStatus } from '../../../src/api/server/run-gateway';
import type { BuiltApp } from '../../../src/app';
import type { Config } from '../../../src/platform/config';
import { createTestApp, type TestApp } from '../../support/test-app';
import { until } from '../../support/until';

/** Longer than one look at the health is good for all who ask. */
const LATER_MS = 550;

describe('the HTTP server', () => {
  let test: TestApp;
  let gateway: RunningServer;
  let url: string;
  let queueAnswers = true;
  let looks = 0;
  const queues: QueueAccess = {
    check: async () => {
      looks++;
      if (!queueAnswers) throw new Error('gone');
    },
    depths: async () => [{ queue: 'clearing', state: 'failed', jobs: 3 }],
  };

  beforeAll(async () => {
    test = await createTestApp({ variables: { TESSERA_METRICS_TOKEN: 'a-long-enough-token', TESSERA_BODY_LIMIT: '2048' } });
    gateway = await runGateway(test.app as BuiltApp, queues);
    url = `http://127.0.0.1:${gateway.port}`;
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await gateway.close();
    await test.close();
  });
  /** From now on the process's clock stands still, so much later than it is. */
  const standStill = (later: number) => jest.spyOn(performance, 'now').mockReturnValue(performance.now() + later);

  it('is live and ready, and not ready while something it needs is away', async () => {
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok', migrations: 'ok', queue: 'ok', clock: 'ok' } }]);
    // Everybody may ask: for half a second they are told the same, whatever it costs to find out.
    standStill(LATER_MS);
    looks = 0;
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/health/ready`)));
    expect(looks).toBe(1);
    queueAnswers = false;
    standStill(LATER_MS);
    const unready = await fetch(`${url}/health/ready`);
    queueAnswers = true;
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({ status: 'not ready', checks: { database: 'ok', migrations: 'ok', queue: 'failed', clock: 'ok' } });
  });

  it('is not ready on a database that lacks a migration or has another master key', async () => {
    const { rows } = await test.database.owner.query('DELETE FROM migration WHERE id = (SELECT max(id) FROM migration) RETURNING *');
    standStill(LATER_MS);
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ status: 'not ready', checks: { migrations: 'failed' } });
    await test.database.owner.query('INSERT INTO migration (id, "timestamp", name) VALUES ($1, $2, $3)', [rows[0].id, rows[0].timestamp, rows[0].name]);
    await test.database.owner.query("UPDATE deployment SET key_mark = '\\x00'");
    standStill(LATER_MS);
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ checks: { migrations: 'failed' } });
    await test.database.owner.query('UPDATE deployment SET key_mark = $1', [test.app.keys.derive('deployment-mark')]);
  });

  it('shows its metrics to whoever has the token', async () => {
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer another-long-token' } })).status).toBe(401);
    const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer a-long-enough-token' } })).text();
    expect(metrics).toContain('tessera_queue_jobs{queue="clearing",state="failed"} 3');
    expect(metrics).toContain('tessera_http_request_seconds_count{method="GET",route="/health/live",status="200"}');
    expect(metrics).toMatch(/^tessera_posting_batches_total \d+$/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total /m);
  });

  it('keeps them to itself in production without a token, unless they have an address of their own', async () => {
    const { app } = test;
    const started = (http: Partial<Config['http']>) =>
      runGateway(
        { ...(app as BuiltApp), config: { ...app.config, environment: 'production', http: { ...app.config.http, metricsToken: null, ...http } } },
        queues,
      );
    const closed = await started({});
    const apart = await started({ metricsAddress: { host: '127.0.0.1', port: 0 } });
    try {
      const refused = await fetch(`http://127.0.0.1:${closed.port}/metrics`);
      expect([refused.status, await refused.text()]).toEqual([401, expect.stringContaining('TESSERA_METRICS_TOKEN')]);
      expect((await fetch(`http://127.0.0.1:${closed.port}/metrics`, { headers: { authorization: 'Bearer null' } })).status).toBe(401);
      expect((await fetch(`http://127.0.0.1:${apart.port}/metrics`)).status).toBe(404);
      expect((await fetch(`http://127.0.0.1:${apart.metricsPort}/graphql`)).status).toBe(404);
      const metrics = await (await fetch(`http://127.0.0.1:${apart.metricsPort}/metrics`)).text();
      // They count the requests of the public side.
      expect(metrics).toContain('tessera_http_request_seconds_count{method="GET",route="unknown",status="404"} 1');
    } finally {
      await closed.close();
      await apart.close();
    }
  });

  it('gives every answer an id and closed doors', async () => {
    const answer = await fetch(`${url}/nothing-here`, { headers: { 'x-request-id': 'till-7.000123' } });
    expect([answer.status, await answer.json()]).toEqual([404, { error: 'not_found' }]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-request-id': 'till-7.000123',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    const other = await fetch(`${url}/health/live`, { headers: { 'x-request-id': 'no good <id>' } });
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses a body that is too large', async () => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: ' '.repeat(3_000) }),
    });
    expect(answer.status).toBe(413);
  });

  it('says so when the port is taken; the status pages of workers take another', async () => {
    await expect(findPort('127.0.0.1', gateway.port, 'TESSERA_PORT')).rejects.toThrow(`TESSERA_PORT=${gateway.port + 1}`);
    await expect(findPort('203.0.113.1', 0, 'TESSERA_PORT')).rejects.toThrow(CannotListen);
    const [first, second] = [await runWorkerStatus(test.app as BuiltApp, queues), await runWorkerStatus(test.app as BuiltApp, queues)];
    expect(first.port).not.toBe(second.port);
    await Promise.all([first.close(), second.close()]);
  });

  it('finishes what is in flight before it closes, and takes nothing new', async () => {
    const server = createHttpServer(test.app.config, test.app.log);
    const [begun, finished] = [signal(), signal()];
    server.get('/slow', async () => {
      begun.give();
      await finished.given;
      return { done: true };
    });
    const port = await listen(server, '127.0.0.1', 0, 0, 'TESSERA_PORT');
    const slow = fetch(`http://127.0.0.1:${port}/slow`).then((answer) => answer.json());
    await begun.given;
    const closed = server.close();
    await until('it takes nothing new', () => isRefused(port));
    finished.give();
    expect(await slow).toEqual({ done: true });
    await closed;
  });
});

/** Given once; whoever waits for it goes on then. */
function signal(): { readonly give: () => void; readonly given: Promise<void> } {
  let give = () => {};
  const given = new Promise<void>((done) => {
    give = done;
  });
  return { give, given };
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((tell) => {
    const socket = connect(port, '127.0.0.1')
      .once('error', () => tell(true))
      .once('connect', () => {
        socket.destroy();
        tell(false);
      });
  });
}
