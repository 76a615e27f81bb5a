import { setTimeout as sleep } from 'node:timers/promises';
import { type QueueOptions, UnrecoverableError } from 'bullmq';
import type { Logger } from 'pino';
import { ZodError } from 'zod';
import type { Config } from '../src/platform/config';
import { itemAt } from '../src/platform/one-of';
import { type AnyQueue, type AnyWorker, type Backend, chooseBackend } from './queue-backend';

/** Every queue there is. */
export const QUEUES = ['clearing', 'periods', 'holds', 'expiry', 'books'] as const;
export type QueueName = (typeof QUEUES)[number];

export interface NewJob {
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
  /** A second one with the same id is dropped for that many milliseconds. */
  readonly once?: { readonly id: string; readonly forMs: number };
  /** How often it is tried; as often as any other (JOB) when left out. */
  readonly attempts?: number;
}

/** A job that failed every time it was tried. */
export interface FailedJob {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  readonly reason: string;
  readonly attempts: number;
  /** ms since 1970. */
  readonly failedAt: number;
}

export type JobState = 'waiting' | 'active' | 'delayed' | 'completed' | 'failed';

/** One queue, whatever it lives in. */
export interface JobQueue {
  readonly name: QueueName;
  add(jobs: readonly NewJob[]): Promise<void>;
  counts(): Promise<Record<JobState, number>>;
  /** The latest first. */
  failed(first: number): Promise<FailedJob[]>;
  /** False when there is no such failed job. */
  retry(id: string): Promise<boolean>;
  retryAll(): Promise<void>;
}

export interface RunningWorker {
  /** Takes no further job and waits for those in hand. */
  close(): Promise<void>;
}

/** The queues of one process, over as few connections as can be. */
export interface Queues {
  readonly backend: Backend['name'];
  readonly all: readonly JobQueue[];
  queue(name: QueueName): JobQueue;
  /** Takes jobs of a queue from now on; what `run` throws is retried, with growing pauses. */
  work(name: QueueName, concurrency: number, run: (job: { readonly name: string; readonly data: unknown }) => Promise<void>): RunningWorker;
  /** Throws unless the backend answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

// The same on all workers, since whoever looks for stalled jobs goes by its own settings. The job of a worker killed
// with -9 runs again after this long.
const WORKER = { lockDuration: 15_000, stalledInterval: 5_000, maxStalledCount: 20 };

const JOB: QueueOptions['defaultJobOptions'] = {
  attempts: 8,
  backoff: { type: 'exponential', delay: 250, jitter: 0.5 },
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1_000 },
};

/** Opens every queue. The gateway asks for counts and failed jobs only; workers take jobs too. */
export function openQueues(config: Config, log: Logger): Queues {
  const backend = chooseBackend(config, log, QUEUES.length);
  const logError = (error: Error) => log.warn({ error: error.message }, 'a queue does not answer');
  const opened = QUEUES.map((name) => {
    const queue = new OpenQueue(() => backend.open(name, { defaultJobOptions: JOB }).on('error', logError));
    return { queue, view: toJobQueue(name, queue) };
  });
  const workers: RunningWorker[] = [];
  return {
    backend: backend.name,
    all: opened.map(({ view }) => view),
    queue: (name) => itemAt(opened, QUEUES.indexOf(name)).view,
    work(name, concurrency, run) {
      const worker = keepWorking(() =>
        backend
          .work(name, (job) => run({ name: job.name, data: job.data }).catch(giveUpIfUnreadable), { ...WORKER, concurrency, autorun: false })
          .on('error', logError)
          .on('failed', (job, error) => log.warn({ queue: name, job: job?.id, attempt: job?.attemptsMade, err: error }, 'a job failed')),
      );
      workers.push(worker);
      return worker;
    },
    async check() {
      await backend.check();
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all(opened.map(({ queue }) => queue.close()));
      await backend.close();
    },
  };
}

/** Pause before a worker whose first connection failed is made anew. */
const ANEW_MS = 250;

/**
 * Runs a worker once its backend has answered; until then makes it anew. BullMQ remembers a first connection that
 * failed: such a worker would ask again and again without a pause, and leave the process no time for anything else.
 */
function keepWorking(make: () => AnyWorker): RunningWorker {
  const stop = new AbortController();
  let worker = make();
  const start = async () => {
    while (!stop.signal.aborted) {
      try {
        await worker.waitUntilReady();
        // Ends when the worker is closed; what goes wrong on the way is its 'error' event.
        worker.run().catch(() => undefined);
        return;
      } catch {
        discard(worker);
        await sleep(ANEW_MS, undefined, { signal: stop.signal }).catch(() => undefined);
        if (!stop.signal.aborted) worker = make();
      }
    }
  };
  const started = start();
  return {
    async close() {
      stop.abort();
      await started;
      await worker.close();
    },
  };
}

/** A queue to add to and to ask; opened anew when its first connection failed (see keepWorking). */
class OpenQueue {
  private queue: AnyQueue;

  constructor(private readonly open: () => AnyQueue) {
    this.queue = open();
  }

  async use<T>(work: (queue: AnyQueue) => Promise<T>): Promise<T> {
    const queue = this.queue;
    try {
      await queue.waitUntilReady();
    } catch (error) {
      if (this.queue === queue) {
        this.queue = this.open();
        discard(queue);
      }
      throw error;
    }
    return work(queue);
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

/** Nobody waits for it: it has no connection that could be ended. */
function discard(broken: AnyQueue | AnyWorker): void {
  broken.close().catch(() => undefined);
}

/** Data that cannot be read now cannot be read later either: such a job fails at once. */
function giveUpIfUnreadable(error: unknown): never {
  throw error instanceof ZodError
    ? new UnrecoverableError(`the job's data cannot be read: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`)
    : error;
}

function toJobQueue(name: QueueName, opened: OpenQueue): JobQueue {
  return {
    name,
    async add(jobs) {
      await opened.use((queue) =>
        queue.addBulk(
          jobs.map(({ name, data, once, attempts }) => ({
            name,
            data,
            opts: { ...(once && { deduplication: { id: once.id, ttl: once.forMs } }), ...(attempts && { attempts }) },
          })),
        ),
      );
    },
    async counts() {
      const {
        waiting = 0,
        active = 0,
        delayed = 0,
        completed = 0,
        failed = 0,
        prioritized = 0,
        paused = 0,
      } = await opened.use((queue) => queue.getJobCounts());
      return { waiting: waiting + prioritized + paused, active, delayed, completed, failed };
    },
    async failed(first) {
      const jobs = await opened.use((queue) => queue.getFailed(0, first - 1));
      return jobs.map((job) => ({
        id: String(job.id),
        name: job.name,
        data: job.data,
        reason: job.failedReason ?? '',
        attempts: job.attemptsMade,
        failedAt: job.finishedOn ?? 0,
      }));
    },
    async retry(id) {
      return opened.use(async (queue) => {
        const job = await queue.getJob(id);
        if (!job || !(await job.isFailed())) return false;
        await job.retry('failed');
        return true;
      });
    },
    async retryAll() {
      await opened.use((queue) => queue.retryJobs({ state: 'failed' }));
    },
  };
}

/** Jobs of each queue by state, for the metrics. */
export async function queueDepths(queues: Queues): Promise<{ queue: string; state: string; jobs: number }[]> {
  const depths = await Promise.all(queues.all.map(async (queue) => ({ queue: queue.name, counts: await queue.counts() })));
  return depths.flatMap(({ queue, counts }) => Object.entries(counts).map(([state, jobs]) => ({ queue, state, jobs })));
}
