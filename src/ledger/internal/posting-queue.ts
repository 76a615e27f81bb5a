import type { Client } from 'pg';
import type { Logger } from 'pino';
import { Refusal } from '../../refusal';
import type { PostingOutcome, PostingRequest } from '../posting';
import type { Decision } from './decide';
import { Outage } from './failures';
import { connectKernel, type KernelConnection } from './kernel-connection';
import type { Known } from './load-state';
import { postBatch } from './post-batch';

/** The queue of postings is full; nothing was written. */
export class Overloaded extends Refusal {
  constructor() {
    super({ code: 'OVERLOADED', message: 'Too many postings are waiting. Nothing was written; send the same request again shortly.', retrySafe: true });
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
  private readonly outage: Outage;

  constructor(
    private readonly connection: KernelConnection,
    private readonly known: Known,
    private readonly bounds: QueueBounds,
    private readonly log: Logger,
  ) {
    this.outage = new Outage(connection.patience.outageMs);
  }

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
        // Somebody's rows broke a constraint, say: find out whose, in halves, so that nobody else pays for it.
        this.log.error({ err: error, postings: batch.length }, 'a batch failed; posting it in halves');
        const half = Math.ceil(batch.length / 2);
        await this.post(batch.slice(0, half));
        await this.post(batch.slice(half));
        return;
      }
      for (const each of batch) each.reject(error);
    }
  }

  private async withRetries(requests: readonly PostingRequest[]): Promise<Decision[]> {
    /** What was decided by attempts whose COMMIT was sent: if its answer is lost, they may have counted. */
    const sent: (readonly Decision[])[] = [];
    const decisions = await this.outage.outlast(
      async () => {
        this.client ??= await connectKernel(this.connection);
        return postBatch(this.client, requests, this.known, (decided) => sent.push(decided));
      },
      async (kind, error) => {
        this.stats.retries++;
        if (kind === 'conflict') return;
        this.log.warn({ err: error, kind }, 'the database did not take a batch');
        if (kind === 'busy') return;
        await this.client?.end().catch(() => undefined);
        this.client = null;
      },
    );
    return sent.length > 1 ? decisions.map((decision, at) => asFirst(decision, sent, at)) : decisions;
  }
}

/** What is found as a duplicate of our own lost COMMIT was asked for once. */
function asFirst(decision: Decision, sent: readonly (readonly Decision[])[], at: number): Decision {
  const ours = sent.some((decided) => decided[at].is === 'decided' && !decided[at].outcome.duplicate);
  return ours && decision.is === 'decided' ? { is: 'decided', outcome: { ...decision.outcome, duplicate: false } } : decision;
}

function settle({ resolve, reject }: Waiting, decision: Decision): void {
  if (decision.is === 'decided') resolve(decision.outcome);
  else if (decision.is === 'conflict') reject(new IdempotencyConflict());
  else reject(decision.error);
}
