import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'pg';
import { openQueues } from '../../workers/queues';
import { createTestApp, type TestApp } from '../support/test-app';
import { until } from '../support/until';

let test: TestApp;

beforeAll(async () => {
  test = await createTestApp({ config: { redisUrl: null } });
});
afterAll(() => test.close());

it('queues whose very first connection fails begin to work once the database lets them in, and keep nobody from working meanwhile', async () => {
  const server = new Client({ connectionString: process.env.TEST_SERVER_URL });
  await server.connect();
  const allow = (allowed: boolean) => server.query(`ALTER DATABASE ${test.database.name} ALLOW_CONNECTIONS ${allowed}`);
  await allow(false);
  const listening = jest.spyOn(Pool.prototype, 'on');
  const queues = openQueues(test.app.config, test.app.log);
  try {
    const jobs: unknown[] = [];
    queues.work('clearing', 1, async ({ data }) => void jobs.push(data));
    const add = () => queues.queue('clearing').add([{ name: 'clear-events', data: { from: '1', to: '2' } }]);
    // Each opens its queue anew, and none of them leaves anything behind.
    for (let tries = 0; tries < 12; tries++) await expect(add()).rejects.toThrow();
    // A worker that asks again without a pause would leave the process no time for anything else.
    const before = performance.eventLoopUtilization();
    await sleep(600);
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.9);
    await allow(true);
    await until('the queue takes a job', () =>
      add().then(
        () => true,
        () => false,
      ),
    );
    await until('the job is run', () => jobs.length > 0);
    expect(jobs[0]).toEqual({ from: '1', to: '2' });
    const pools = [...new Set(listening.mock.contexts)].filter(({ options }) => options.application_name === 'tessera-queue');
    expect(pools.map((pool) => pool.listenerCount('error'))).toEqual([1]);
  } finally {
    await allow(true);
    await server.end();
    await queues.close();
  }
});
