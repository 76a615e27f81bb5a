import { type ChildProcess, fork, spawn as startProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import type { Principal } from '../../src/coalition/access/principal';
import { dayFromIso } from '../../src/ledger/points/calendar';
import { newUuid } from '../../src/platform/ids';
import { closePeriod } from '../../src/settlement/months/close-period';
import { startWorkers, type Workers } from '../../workers/main';
import { openQueues } from '../../workers/queues';
import { CI, LONG } from '../invariants/run-settings';
import { type BookedBrand, SettlementBook } from '../support/settlement-book';
import { createTestApp, type TestApp, vaultKeyVariable } from '../support/test-app';
import { until } from '../support/until';

const backends = process.env.REDIS_URL ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'];
if (!process.env.REDIS_URL) console.info('REDIS_URL is not set: the queues are tested on PostgreSQL only.');

const operator: Principal = { kind: 'staff', staffId: newUuid(), brandId: newUuid(), role: 'OPERATOR', ofOperator: true };

describe.each(backends)('workers on %s', (backend) => {
  let test: TestApp;
  let book: SettlementBook;
  let fuel: BookedBrand;
  let wallets: number[];
  let points = 0;
  let events = 0;
  const running: Workers[] = [];

  const work = async () => {
    const workers = await startWorkers(test.app);
    running.push(workers);
    return workers;
  };
  const rest = async () => {
    for (const workers of running.splice(0)) await workers.close();
  };
  const earn = async (count: number) => {
    points += await book.earnMany(fuel, wallets, count, '2026-01-05T10:00:00Z');
    events += count;
  };
  const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
  const cleared = async (): Promise<number> => (await rows('SELECT count(*)::int AS n FROM obligation'))[0].n;
  const untilCleared = (count: number) => until(`${count} events are cleared`, async () => (await cleared()) >= count);
  /** Every event once, in obligations and in money, and the money sums to zero. */
  const expectOnce = async () => {
    const amount = String(points * 10_000);
    expect(await rows('SELECT count(*)::int AS n, count(DISTINCT event_transfer_id)::int AS distinct_n, sum(amount)::text AS amount FROM obligation')).toEqual([
      { n: events, distinct_n: events, amount },
    ]);
    expect(await rows("SELECT count(*)::int AS n, sum(amount)::text AS amount FROM transfer WHERE code = 'CLEARING'")).toEqual([{ n: events, amount }]);
    expect(
      await rows(
        `SELECT b.code, sum(CASE WHEN a.id = t.debit_account THEN t.amount ELSE -t.amount END)::text AS net FROM transfer t
         JOIN account a ON a.id IN (t.debit_account, t.credit_account) JOIN brand b ON b.id = a.owner_id WHERE t.code = 'CLEARING' GROUP BY b.code ORDER BY b.code`,
      ),
    ).toEqual([
      { code: 'FUEL', net: amount },
      { code: 'OPERATOR', net: `-${amount}` },
    ]);
  };

  beforeAll(async () => {
    test = await createTestApp({ now: new Date('2026-02-10T12:00:00Z'), config: { redisUrl: backend === 'Redis' ? (process.env.REDIS_URL as string) : null } });
    book = await SettlementBook.open(test);
    fuel = await book.brand('FUEL');
    wallets = await Promise.all(Array.from({ length: 50 }, () => book.wallet()));
  });
  afterEach(rest);
  afterAll(() => test.close());

  it('takes up an event within moments of its commit', async () => {
    const workers = await work();
    expect(workers.queues.backend).toBe(backend);
    await earn(1);
    await untilCleared(events);
    await earn(1);
    const posted = performance.now();
    await untilCleared(events);
    // The relay looks every 100 to 200 ms: that it looks at all, whatever else the machine does.
    expect(performance.now() - posted).toBeLessThan(30_000);
  });

  it('shares the journal among any number of workers', async () => {
    await Promise.all([work(), work(), work()]);
    await earn(3_000);
    await untilCleared(events);
    await expectOnce();
  });

  it('delivers every event although all jobs are lost', async () => {
    await earn(2_500);
    const workers = await work();
    // Some are cleared, others wait in the queue: gone.
    await untilCleared(events - 2_499);
    await loseJobs();
    await earn(500);
    await loseJobs();
    await untilCleared(events);
    await expectOnce();
    expect((await workers.queues.queue('clearing').counts()).failed).toBe(0);
  });

  async function loseJobs(): Promise<void> {
    if (backend === 'PostgreSQL') return void (await test.database.owner.query('TRUNCATE bullmq.job, bullmq.event, bullmq.dedup, bullmq.meta CASCADE'));
    const redis = new Redis(process.env.REDIS_URL as string);
    // All that these queues keep there; other tests use the same server.
    const keys = await redis.keys(`{tessera-${test.database.name}}*`);
    if (keys.length > 0) await redis.del(...keys);
    redis.disconnect();
  }

  it('jobs that come twice or early do no harm; one that makes no sense is seen to have failed, and can be retried', async () => {
    const queues = openQueues(test.app.config, test.app.log);
    const clearing = queues.queue('clearing');
    try {
      await earn(1_000);
      const job = { name: 'clear-events', data: { from: '0', to: '18446744073709551615' } };
      await clearing.add([job, job, { name: 'clear-events', data: { from: 'nowhere', to: '1' } }]);
      await work();
      await untilCleared(events);
      await expectOnce();
      await until('a job has failed', async () => (await clearing.failed(10)).length > 0);
      const [failed] = await clearing.failed(10);
      expect(failed).toMatchObject({ name: 'clear-events', attempts: 1, reason: expect.stringContaining('from: ') });
      expect(await clearing.retry(failed.id)).toBe(true);
      expect(await clearing.retry('no such job')).toBe(false);
    } finally {
      await queues.close();
    }
  });

  it('goes on when every connection is cut', async () => {
    const workers = await work();
    for (let cut = 0; cut < 3; cut++) {
      await earn(700);
      await rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('tessera-queue', 'tessera-app', 'tessera-kernel', 'clearing', 'periods', 'holds', 'expiry', 'books')",
      );
      await sleep(100);
    }
    await untilCleared(events);
    await expectOnce();
    await workers.queues.check();
  });

  it('books the release of holds that have expired', async () => {
    await work();
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 100, '2026-01-05T10:00:00Z');
    points += 100;
    events += 1;
    await book.hold(fuel, wallet, 60, '2026-02-10T12:00:00Z');
    const held = async () => (await rows('SELECT held::int FROM account WHERE id = $1', wallet))[0].held;
    expect(await held()).toBe(60);
    test.clock.advance(25 * 3_600_000);
    await until('nothing is held', async () => (await held()) === 0);
  });

  it('closes a month: one statement a brand, whoever works', async () => {
    await Promise.all([work(), work()]);
    await earn(200);
    const january = { currency: 'FLP', month: dayFromIso('2026-01-01') };
    // One obligation disagrees with its money transfer: the close fails, says why, and is tried again less and less
    // often.
    const alter = (by: number) =>
      rows(`DO $$ BEGIN
        ALTER TABLE obligation DISABLE TRIGGER USER;
        UPDATE obligation SET amount = amount + ${by} WHERE (event_transfer_id, leg) = (SELECT event_transfer_id, leg FROM obligation ORDER BY event_transfer_id, leg LIMIT 1);
        ALTER TABLE obligation ENABLE TRIGGER USER;
      END $$`);
    await untilCleared(events);
    await alter(1);
    await closePeriod(test.app, operator, january);
    const tried = async () => (await rows('SELECT close_attempts AS attempts, waits_for, waiting_message AS message FROM period'))[0];
    await until('the close was tried three times', async () => (await tried()).attempts >= 3);
    expect(await tried()).toMatchObject({ waits_for: 'FAILURE', message: expect.stringContaining('disagree') });
    const { queues } = running[0];
    const { waiting, active, delayed, failed } = await queues.queue('periods').counts();
    expect([waiting + active + delayed <= 1, failed]).toEqual([true, 0]);
    const [{ pause }] = await rows('SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float AS pause FROM period');
    expect(pause).toBeGreaterThan(2);
    // Mended, and asked for again: at once.
    await alter(-1);
    await closePeriod(test.app, operator, january);
    await until('the month is closed', async () => (await rows("SELECT 1 FROM period WHERE status = 'CLOSED'")).length > 0);
    const stated = await rows('SELECT b.code, s.net::text FROM statement s JOIN brand b ON b.id = s.brand_id ORDER BY b.code');
    expect(stated).toEqual([
      { code: 'FUEL', net: String(points * 10_000) },
      { code: 'OPERATOR', net: String(-points * 10_000) },
    ]);
  });
});

(process.env.REDIS_URL ? it : it.skip)('Redis restarted with nothing left of it: every event is still delivered', async () => {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const startRedis = () => startProcess('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
  let redis = startRedis();
  const test = await createTestApp({ config: { redisUrl: `redis://127.0.0.1:${port}` } });
  const workers = await startWorkers(test.app);
  try {
    const book = await SettlementBook.open(test);
    const fuel = await book.brand('FUEL');
    const wallets = await Promise.all(Array.from({ length: 10 }, () => book.wallet()));
    const cleared = async () => (await test.database.owner.query('SELECT count(*)::int AS n FROM obligation')).rows[0].n;
    await book.earnMany(fuel, wallets, 500, '2026-03-01T10:00:00Z');
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    await book.earnMany(fuel, wallets, 500, '2026-03-01T10:00:00Z');
    redis = startRedis();
    await until('all are cleared', async () => (await cleared()) >= 1_000);
    expect(await cleared()).toBe(1_000);
  } finally {
    await workers.close();
    redis.kill('SIGKILL');
    await test.close();
  }
});

/** Worker processes of their own on the test's database, to be killed or stopped. */
function spawner(test: TestApp) {
  const spawned = new Set<ChildProcess>();
  return {
    async spawn(): Promise<ChildProcess> {
      const child = fork(join(__dirname, 'worker-process.ts'), {
        execArgv: ['-r', join(__dirname, '../support/swc-register.cjs')],
        env: {
          ...process.env,
          NODE_ENV: 'production',
          REDIS_URL: test.app.config.redisUrl ?? '',
          DATABASE_URL: test.database.urls.owner,
          TESSERA_MASTER_KEY: (test.app.config.masterKey as Buffer).toString('hex'),
          TESSERA_VAULT_KEY: vaultKeyVariable(test.app.config),
          TESSERA_LOG_LEVEL: 'fatal',
        },
      });
      spawned.add(child);
      await once(child, 'message');
      return child;
    },
    killAll() {
      for (const child of spawned) child.kill('SIGKILL');
    },
  };
}

/** Lets whoever clears come as far as writing down what it has cleared, and no farther. */
async function holdUpClearing({ database }: TestApp) {
  const client = await database.owner.connect();
  await client.query('BEGIN; LOCK TABLE obligation IN SHARE MODE');
  return {
    /** Somebody has come so far. */
    begun: () =>
      until('somebody waits to write obligations', async () => {
        const { rows } = await client.query("SELECT FROM pg_locks WHERE relation = 'obligation'::regclass AND NOT granted");
        return rows.length > 0;
      }),
    async goOn() {
      await client.query('ROLLBACK');
      client.release();
    },
  };
}

const KILLS = CI || LONG ? 20 : 4;

describe.each(backends)('a worker killed with -9 during clearing, on %s', (backend) => {
  it(`${KILLS} times at random: every event is cleared once, sums are zero`, async () => {
    const test = await createTestApp({ config: { redisUrl: backend === 'Redis' ? (process.env.REDIS_URL as string) : null } });
    const { spawn, killAll } = spawner(test);
    try {
      const book = await SettlementBook.open(test);
      const fuel = await book.brand('FUEL');
      const wallets = await Promise.all(Array.from({ length: 20 }, () => book.wallet()));
      const one = async (text: string) => (await test.database.owner.query(text)).rows[0];
      let events = 0;
      let points = 0;
      const cleared = async (): Promise<number> => (await one('SELECT count(*)::int AS n FROM obligation')).n;
      let next = spawn();
      for (let kill = 0; kill < KILLS; kill++) {
        const child = await next;
        // Every other time at some moment, with the one that comes after it about; else amid its work, alone.
        const midway = kill % 2 === 1 ? await holdUpClearing(test) : null;
        if (!midway) next = spawn();
        points += await book.earnMany(fuel, wallets, 600, '2026-01-05T10:00:00Z');
        events += 600;
        if (midway) await midway.begun();
        else await sleep(Math.random() * 400);
        child.kill('SIGKILL');
        await once(child, 'exit');
        if (midway) expect(await cleared()).toBeLessThan(events);
        await midway?.goOn();
        if (midway) next = spawn();
      }
      const last = await next;
      await until('all events are cleared', async () => (await cleared()) >= events);
      last.send('stop');
      await once(last, 'exit');
      const amount = String(points * 10_000);
      expect(await one('SELECT count(*)::int AS n, count(DISTINCT event_transfer_id)::int AS once, sum(amount)::text AS amount FROM obligation')).toEqual({
        n: events,
        once: events,
        amount,
      });
      expect(await one("SELECT count(*)::int AS n, sum(amount)::text AS amount FROM transfer WHERE code = 'CLEARING'")).toEqual({ n: events, amount });
      expect(await one("SELECT count(*)::int AS n FROM posting WHERE kind = 'CLEAR'")).toEqual({ n: events });
    } finally {
      killAll();
      await test.close();
    }
  });
});

// Takes as long as locks and transactions are waited for: with TESSERA_LONG=1 only.
(LONG ? describe.each(backends) : describe.skip.each(backends))('a worker stopped beyond its lock and continued, on %s', (backend) => {
  it('does no harm: the others clear what it held, and nothing twice', async () => {
    const test = await createTestApp({ config: { redisUrl: backend === 'Redis' ? (process.env.REDIS_URL as string) : null } });
    const { spawn, killAll } = spawner(test);
    try {
      const book = await SettlementBook.open(test);
      const fuel = await book.brand('FUEL');
      const wallets = await Promise.all(Array.from({ length: 20 }, () => book.wallet()));
      const cleared = async () => (await test.database.owner.query('SELECT count(*)::int AS n FROM obligation')).rows[0].n;
      const stopped = await spawn();
      await book.earnMany(fuel, wallets, 4_000, '2026-01-05T10:00:00Z');
      while ((await cleared()) === 0) await sleep(1);
      stopped.kill('SIGSTOP');
      await spawn();
      await until('the other has cleared all', async () => (await cleared()) >= 4_000);
      expect(await cleared()).toBe(4_000);
      stopped.kill('SIGCONT');
      await sleep(5_000);
      await book.earnMany(fuel, wallets, 100, '2026-01-05T10:00:00Z');
      await until('the rest is cleared', async () => (await cleared()) >= 4_100);
      const { rows } = await test.database.owner.query("SELECT count(*)::int AS n FROM transfer WHERE code = 'CLEARING'");
      expect([await cleared(), rows[0].n]).toEqual([4_100, 4_100]);
    } finally {
      killAll();
      await test.close();
    }
  });
});
