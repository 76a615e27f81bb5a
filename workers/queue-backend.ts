import { createPostgresBackend, type Job, type Processor, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';
import Redis from 'ioredis';
import type { Logger } from 'pino';
import type { Config } from '../src/platform/config';
import { withSettings } from '../src/platform/database/connection-options';
import { openPool } from '../src/platform/database/open-pool';

/** Connections of one process to PostgreSQL as tessera_queue: one a worker to listen, and these for all to work. */
const WORKING_CONNECTIONS = 4;

/** A queue, whatever backend it is of. */
export interface AnyQueue extends Pick<Queue, 'addBulk' | 'getJobCounts' | 'getFailed' | 'getJob' | 'retryJobs' | 'close'> {
  on(event: 'error', told: (error: Error) => void): AnyQueue;
  waitUntilReady(): Promise<unknown>;
}

/** A worker, whatever backend it is of. */
export interface AnyWorker extends Pick<Worker, 'run' | 'close'> {
  on(event: 'error', told: (error: Error) => void): AnyWorker;
  on(event: 'failed', told: (job: Job | undefined, error: Error) => void): AnyWorker;
  waitUntilReady(): Promise<unknown>;
}

/** What the queues live in. */
export interface Backend {
  readonly name: 'PostgreSQL' | 'Redis';
  open(name: string, options: Omit<QueueOptions, 'connection'>): AnyQueue;
  work(name: string, run: Processor, options: Omit<WorkerOptions, 'connection'>): AnyWorker;
  check(): Promise<unknown>;
  close(): Promise<unknown>;
}

/**
 * The one place that chooses what the queues live in: Redis (or Valkey) when REDIS_URL is set, PostgreSQL otherwise.
 * `queues`: how many there are.
 */
export function chooseBackend(config: Config, log: Logger, queues: number): Backend {
  if (!config.database.urls) throw new Error('the database must be settled before the queues are opened');
  return config.redisUrl ? redisBackend(config.redisUrl, config.database.urls.queue, log) : postgresBackend(config.database.urls.queue, log, queues);
}

function postgresBackend(url: string, log: Logger, queues: number): Backend {
  // A pool of ours for all of them: each would open one of its own.
  const pool = openPool(
    {
      ...withSettings(url, ['search_path=bullmq']),
      max: queues + WORKING_CONNECTIONS,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      application_name: 'tessera-queue',
    },
    null,
  );
  const lost = (error: Error) => log.warn({ error: error.message }, 'a queue connection was lost');
  // BullMQ listens to the pool for each queue and worker, and never stops: what is made anew would be kept for ever.
  const lendPool = <T>(make: () => T): T => {
    const made = make();
    pool.removeAllListeners('error').on('error', lost);
    return made;
  };
  return {
    name: 'PostgreSQL',
    open: (name, options) => lendPool(() => new Queue(name, { ...options, connection: pool }, createPostgresBackend)),
    work: (name, run, options) => lendPool(() => new Worker(name, run, { ...options, connection: pool }, createPostgresBackend)),
    check: () => pool.query('SELECT 1'),
    close: () => pool.end(),
  };
}

function redisBackend(url: string, databaseUrl: string, log: Logger): Backend {
  const connections: Redis[] = [];
  const connect = (maxRetriesPerRequest: number | null) => {
    const redis = new Redis(url, { maxRetriesPerRequest });
    redis.on('error', (error) => log.warn({ error: error.message }, 'the queue server does not answer'));
    connections.push(redis);
    return redis;
  };
  // Whoever adds or asks hears soon that the server is away, and tries again later; workers wait for it to come back.
  const asking = connect(2);
  let working: Redis | undefined;
  // Named after the database, whose journal is relayed. In braces, so that a cluster keeps the queues together.
  const prefix = `{tessera-${new URL(databaseUrl).pathname.slice(1)}}`;
  return {
    name: 'Redis',
    open: (name, options) => new Queue(name, { ...options, prefix, connection: asking }),
    work(name, run, options) {
      working ??= connect(null);
      return new Worker(name, run, { ...options, prefix, connection: working });
    },
    check: () => asking.ping(),
    async close() {
      for (const redis of connections) redis.disconnect();
    },
  };
}
