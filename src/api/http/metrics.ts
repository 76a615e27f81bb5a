import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BuiltApp } from '../../app';
import { type JournalLag, journalLag } from '../../ledger/outbox/journal-lag';
import { failedLookUps } from '../../members/identification/failed-look-ups';
import { systemClock } from '../../platform/clock';
import { aheadOfDatabase } from '../../platform/database/same-time';
import { countSetAside } from '../../settlement/clearing/set-aside-events';
import { directRoutes } from './direct-route';

/** Jobs of one queue in one state. */
export interface QueueDepth {
  readonly queue: string;
  readonly state: string;
  readonly jobs: number;
}

/**
 * GET /metrics for Prometheus: the process, its requests, the postings, the journal's consumers and the queues. It is
 * served by `own`, a server for them alone, or else by the server whose requests they count. They are for nobody
 * outside: in production the latter asks for the token, and is closed without one.
 */
export function registerMetrics(
  server: FastifyInstance,
  app: BuiltApp,
  queueDepths: () => Promise<readonly QueueDepth[]>,
  own: FastifyInstance | null = null,
): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureRequests(server, registry);
  measurePostings(app, registry);
  measureJournal(app, registry);
  measureSetAside(app, registry);
  measureQueues(app, registry, queueDepths);
  measureClock(app, registry);
  const { metricsToken: token } = app.config.http;
  const isClosed = token === null && own === null && app.config.environment === 'production';
  (own ?? server).get('/metrics', { logLevel: 'silent' }, async (request, reply) => {
    if (isClosed || (token && !sameText(request.headers.authorization ?? '', `Bearer ${token}`)))
      return reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .type('text/plain')
        .send(isClosed ? CLOSED : 'Send TESSERA_METRICS_TOKEN as a bearer token.\n');
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

const CLOSED = 'Metrics are closed: set TESSERA_METRICS_TOKEN, or give them an address of their own with TESSERA_METRICS_ADDRESS.\n';

function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function measureRequests(server: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'tessera_http_request_seconds',
    help: 'Time from the request to the end of its answer, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  // A series is looked up once, not by hashing its labels at every request.
  const series = new Map<string, { observe(seconds: number): void }>();
  directRoutes(server).whenAnswered(({ method, route = 'unknown', status, ms }) => {
    const key = `${method} ${status} ${route}`;
    let each = series.get(key);
    if (!each) series.set(key, (each = duration.labels({ method, route, status })));
    each.observe(ms / 1_000);
  });
}

function measurePostings(app: BuiltApp, registry: Registry): void {
  const { ledger } = app;
  const registers = [registry];
  const total = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  total('tessera_posting_batches_total', 'Batches of postings committed by this process.', () => ledger.stats.batches);
  total('tessera_postings_total', 'Postings decided by this process, refused ones and repetitions included.', () => ledger.stats.postings);
  total('tessera_posting_retries_total', 'Batches tried again after a deadlock, a serialisation failure or a lost connection.', () => ledger.stats.retries);
  total(
    'tessera_posting_busy_seconds_total',
    'Time spent posting batches; near 1 a second the ledger of this process is busy all the time.',
    () => ledger.stats.busyMs / 1_000,
  );
  total('tessera_failed_look_ups_total', "Cards, codes and numbers that were shown for purchases and redemptions and are nobody's.", () => failedLookUps(app));
  new Gauge({
    name: 'tessera_postings_waiting',
    help: 'Postings waiting for the next batch; near TESSERA_LEDGER_QUEUE new ones are refused as OVERLOADED.',
    registers,
    collect() {
      this.set(ledger.queueLength);
    },
  });
  new Counter({
    name: 'tessera_refusals_total',
    help: 'Postings refused by this process, by the code of the refusal.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const [code, count] of ledger.stats.refusals) this.inc({ code }, count);
    },
  });
}

function measureJournal(app: BuiltApp, registry: Registry): void {
  // The gauges of one scrape are read at the same time and wait for the same reading: they belong together.
  let reading: Promise<void> | null = null;
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        reading ??= read().finally(() => {
          reading = null;
        });
        await reading;
      },
    });
  const rows = gauge('tessera_journal_lag_transfers', 'Transfers that a consumer of the journal has not consumed yet (counted up to 100,000).', ['consumer']);
  const seconds = gauge('tessera_journal_lag_seconds', 'Age of the oldest of them.', ['consumer']);
  const position = gauge('tessera_journal_position', 'Transaction id below which the consumer has done everything.', ['consumer']);
  const held = gauge(
    'tessera_journal_held_back_seconds',
    'Age of the oldest transaction that still writes, by the process id of its connection: consumers wait for it.',
    ['pid'],
  );

  async function read(): Promise<void> {
    for (const each of [rows, seconds, position, held]) each.reset();
    try {
      for (const lag of await readLags(app)) {
        rows.set({ consumer: lag.consumer }, lag.rows);
        seconds.set({ consumer: lag.consumer }, lag.seconds);
        position.set({ consumer: lag.consumer }, Number(lag.position));
        if (lag.heldBackBy) held.set({ pid: String(lag.heldBackBy.pid) }, lag.heldBackBy.seconds ?? 0);
      }
    } catch (error) {
      app.log.warn({ err: error }, 'the journal could not be measured');
    }
  }
}

function readLags({ database, clock }: BuiltApp): Promise<JournalLag[]> {
  const aheadMs = clock.now().getTime() - clock.real().getTime();
  return database.transaction({ kind: 'worker' }, async ({ client }) => {
    const { rows } = await client.query<{ consumer: string }>('SELECT consumer FROM journal_cursor ORDER BY consumer');
    const lags: JournalLag[] = [];
    for (const { consumer } of rows) lags.push(await journalLag(client, consumer, aheadMs));
    return lags;
  });
}

function measureSetAside({ database, log }: BuiltApp, registry: Registry): void {
  new Gauge({
    name: 'tessera_set_aside_events',
    help: 'Points events that clearing could not price; above 0 no month of that currency closes beyond them. See the query setAsideEvents.',
    labelNames: ['currency'],
    registers: [registry],
    async collect() {
      this.reset();
      try {
        for (const { currency, events } of await database.transaction({ kind: 'worker' }, ({ client }) => countSetAside(client)))
          this.set({ currency }, events);
      } catch (error) {
        log.warn({ err: error }, 'events set aside could not be counted');
      }
    },
  });
}

function measureQueues({ log }: BuiltApp, registry: Registry, queueDepths: () => Promise<readonly QueueDepth[]>): void {
  new Gauge({
    name: 'tessera_queue_jobs',
    help: 'Jobs of each queue by state; failed ones stay until they are retried or removed on the queue board.',
    labelNames: ['queue', 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      try {
        for (const { queue, state, jobs } of await queueDepths()) this.set({ queue, state }, jobs);
      } catch (error) {
        log.warn({ err: error }, 'the queues could not be measured');
      }
    },
  });
}

function measureClock({ log, database }: BuiltApp, registry: Registry): void {
  new Gauge({
    name: 'tessera_clock_ahead_seconds',
    help: "How far the machine's clock is ahead of the database's; a process that is more than 30 seconds away is not ready, and none starts.",
    registers: [registry],
    async collect() {
      try {
        this.set((await aheadOfDatabase(database, systemClock)) / 1_000);
      } catch (error) {
        log.warn({ err: error }, 'the clock could not be compared');
      }
    },
  });
}
