import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Logger } from 'pino';
import { Refusal } from '../../refusal';
import type { PostingOutcome, PostingRequest } from '../posting';
import type { Decision } from './decide';
import { connectKernel, type KernelConnection } from './kernel-connection';
import type { Known } from './load-state';
import { postBatch } from './post-batch';

/** The queue of postings is full; nothing was written. */
export class Overloaded extends Refusal {
  constructor() {
    super({ code: 'OVERLOADED', message: 'Too many postings are waiting. Nothing was written; send the same request again shortly.', retrySafe: true });
  }
}

/** The database could not be reached long enough; whether this posting was written is not known. Repeating it is safe. */
export class LedgerUnavailable extends Refusal {
  constructor() {
    super({ code: 'UNAVAILABLE', message: 'The ledger cannot be reached. Send the same request again: it counts once.', retrySafe: true });
  }
}

/** The idempotency key was used before, for something else. */
export class IdempotencyConflict extends Refusal {
  constructor() {
    super({ code: 'IDEMPOTENCY_CONFLICT', message: 'This idempotency key was used before with other content. Use a new key for a new request.' });
  }
}

export interface QueueBounds {
  readonly maxBatch: number;
  readonly maxQueue: number;
}

/** Counted for /metrics. */
export interface PostingStats {
  batches: number;
  postings: number;
  retries: number;
  /** Summed milliseconds from taking a batch to its commit. */
  busyMs: number;
  /** Refusals by code: of the domain, and the queue's own. */
  readonly refusals: Map<string, number>;
}

interface Waiting {
  readonly request: PostingRequest;
  readonly resolve: (outcome: PostingOutcome) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_CONFLICT_RETRIES = 20;
const RECONNECT_FOR_MS = 15_000;

/**
 * Many callers, one batch: what arrives while a batch is in flight goes together in the next. No timer: a lone caller goes at once.
 * One connection; its queue is bounded.
 */
export class PostingQueue {
  readonly stats: PostingStats = { batches: 0, postings: 0, retries: 0, busyMs: 0, refusals: new Map() };
  private waiting: Waiting[] = [];
  private client: Client | null = null;
  private running: Promise<void> | null = null;
  private closed = false;

  constructor(
    private readonly connection: KernelConnection,
    private readonly known: Known,
    private readonly bounds: QueueBounds,
    private readonly log: Logger,
  ) {}

  get length(): number {
    return this.waiting.length;
  }

  submit(request: PostingRequest): Promise<PostingOutcome> {
    if (this.closed || this.waiting.length >= this.bounds.maxQueue) {
      this.countRefusal('OVERLOADED');
      return Promise.reject(new Overloaded());
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Posts what waits already, refuses what is new, ends the connection. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
    await this.client?.end().catch(() => undefined);
    this.client = null;
  }

  private countRefusal(code: string): void {
    this.stats.refusals.set(code, (this.stats.refusals.get(code) ?? 0) + 1);
  }

  private async run(): Promise<void> {
    // Callers of this turn of the event loop go together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.bounds.maxBatch);
      const started = performance.now();
      await this.post(batch);
      this.stats.batches++;
      this.stats.postings += batch.length;
      this.stats.busyMs += performance.now() - started;
    }
    this.running = null;
  }

  private async post(batch: readonly Waiting[]): Promise<void> {
    try {
      const requests = batch.map((each) => each.request);
      const decisions = await this.withRetries(requests);
      batch.forEach((each, at) => {
        const decision = decisions[at];
        if (decision.is === 'conflict') this.countRefusal('IDEMPOTENCY_CONFLICT');
        if (decision.is === 'decided' && decision.outcome.refusal && !decision.outcome.duplicate) this.countRefusal(decision.outcome.refusal.code);
        settle(each, decision);
      });
    } catch (error) {
      if (batch.length > 1 && !(error instanceof Refusal)) {
        // Somebody's rows broke a constraint, say: find out whose, so that nobody else pays for it.
        this.log.error({ err: error, postings: batch.length }, 'a batch failed; posting each on its own');
        for (const each of batch) await this.post([each]);
        return;
      }
      for (const each of batch) each.reject(error);
    }
  }

  private async withRetries(requests: readonly PostingRequest[]): Promise<Decision[]> {
    const giveUpAt = performance.now() + RECONNECT_FOR_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        this.client ??= await connectKernel(this.connection);
        return await postBatch(this.client, requests, this.known);
      } catch (error) {
        const kind = kindOfFailure(error);
        if (kind === 'connection') {
          // Even if the commit was lost on the way, the same postings are found as duplicates.
          await this.client?.end().catch(() => undefined);
          this.client = null;
          if (performance.now() > giveUpAt) {
            this.log.error({ err: error }, 'the database cannot be reached');
            throw new LedgerUnavailable();
          }
        } else if (kind === 'defect' || attempt >= MAX_CONFLICT_RETRIES) {
          throw error;
        }
        this.stats.retries++;
        await sleep(Math.random() * Math.min(500, 5 * 2 ** attempt));
      }
    }
  }
}

function settle({ resolve, reject }: Waiting, decision: Decision): void {
  if (decision.is === 'decided') resolve(decision.outcome);
  else if (decision.is === 'conflict') reject(new IdempotencyConflict());
  else reject(decision.error);
}

/** conflict: another transaction was in the way; connection: the server went away; defect: it would fail again. */
function kindOfFailure(error: unknown): 'conflict' | 'connection' | 'defect' {
  const { code, constraint, message } = error as { code?: string; constraint?: string; message?: string };
  // The same key at two gateways at once: the second finds the first one's posting when it looks again.
  if (code === '23505') return constraint === 'posting_pkey' ? 'conflict' : 'defect';
  if (code === '40001' || code === '40P01' || code === '55P03') return 'conflict';
  if (code && /^(08...|57P0[1-3]|53300|ECONN\w+|EPIPE|ETIMEDOUT|ENOENT)$/.test(code)) return 'connection';
  if (/Connection terminated|not queryable|Client was closed|connection error/i.test(message ?? '')) return 'connection';
  return 'defect';
}
