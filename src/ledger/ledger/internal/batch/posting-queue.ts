import type { Client } from 'pg';
import type { Logger } from 'pino';
import { notNow } from '../../../../platform/not-now';
import { itemAt } from '../../../../platform/one-of';
import { isRefusal } from '../../../../platform/refusal';
import { keyRefusals } from '../../ledger-refusals';
import type { AccountId, PostingOutcome, PostingRequest } from '../../posting';
import type { Decision } from '../decide/decide';
import type { Known } from '../rows/load-state';
import { WriteBuffers } from '../rows/statement';
import { chooseBatch } from './choose-batch';
import { ledgerUnavailable, Outage } from './failures';
import { connectKernel, type KernelConnection } from './kernel-connection';
import { postBatch } from './post-batch';
import { WalletCache } from './wallet-cache';

export interface QueueBounds {
  readonly maxBatch: number;
  readonly maxQueue: number;
  /** Batches in flight at once, each on a connection of its own. */
  readonly lanes: number;
  /** Lots that are kept between batches: see WalletCache. */
  readonly maxKeptLots: number;
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
  /** By performance.now(). */
  readonly since: number;
  readonly resolve: (outcome: PostingOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A connection, and the work that it is doing now. */
interface Lane {
  client: Client | null;
  readonly buffers: WriteBuffers;
  running: Promise<void> | null;
}

/**
 * Nobody waits longer for a batch. So a posting is written soon after its recordedAt, or not at all (see
 * books/settled-instant.ts).
 */
const LONGEST_WAIT_MS = 10_000;

/** Nor for its repetitions: later than that none begins. */
const LONGEST_TRY_MS = 30_000;

/**
 * For so long after a conflict with another process, wallets are locked before they are decided on. A batch that is
 * undone costs more than its locks.
 */
const WARY_MS = 2_000;
/** A deadlock costs all that it holds up a second before the server breaks it. */
const WARY_OF_DEADLOCKS_MS = 30_000;

/** Fewer waiting requests are not shared out between lanes: small batches cost more than they gain. */
const WORTH_SHARING = 64;
/** How many batches' worth of waiting requests are looked at for one. */
const SCANNED_BATCHES = 4;

/**
 * Coalesces postings as coalesce() does asks: what arrives while batches are in flight goes together in the next, and a
 * lone caller goes at once. Each of several lanes is a connection with a batch of its own. No wallet is in two of them
 * at once. The queue is bounded.
 */
export class PostingQueue {
  readonly stats: PostingStats = { batches: 0, postings: 0, retries: 0, busyMs: 0, refusals: new Map() };
  private readonly waiting: Waiting[] = [];
  private readonly lanes: readonly Lane[];
  /** Wallets of the batches that are being posted. */
  private readonly inFlight = new Set<AccountId>();
  private cache: WalletCache;
  private starting = false;
  private closed = false;
  /** By performance.now(). */
  private waryUntil = 0;
  private readonly outage: Outage;

  constructor(
    private readonly connection: KernelConnection,
    private readonly known: Known,
    private readonly bounds: QueueBounds,
    private readonly log: Logger,
  ) {
    this.outage = new Outage(connection.patience.outageMs);
    this.cache = new WalletCache(bounds.maxKeptLots);
    this.lanes = Array.from({ length: bounds.lanes }, () => ({ client: null, buffers: new WriteBuffers(), running: null }));
  }

  get length(): number {
    return this.waiting.length;
  }

  submit(request: PostingRequest): Promise<PostingOutcome> {
    if (this.closed || this.waiting.length >= this.bounds.maxQueue) {
      this.countRefusal('OVERLOADED');
      return Promise.reject(notNow.refuse('OVERLOADED'));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ request, since: performance.now(), resolve, reject });
      this.startSoon();
    });
  }

  /** Posts what waits already, refuses what is new, ends the connections. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.waiting.length > 0 || this.lanes.some((lane) => lane.running)) {
      this.startLanes();
      // All that waited had waited too long.
      if (!this.lanes.some((lane) => lane.running)) continue;
      await Promise.race(this.lanes.flatMap((lane) => lane.running ?? []));
    }
    for (const lane of this.lanes) {
      await lane.client?.end().catch(() => undefined);
      lane.client = null;
    }
  }

  private countRefusal(code: string): void {
    this.stats.refusals.set(code, (this.stats.refusals.get(code) ?? 0) + 1);
  }

  /** Callers of this turn of the event loop go together. */
  private startSoon(): void {
    if (this.starting) return;
    this.starting = true;
    setImmediate(() => {
      this.starting = false;
      this.startLanes();
    });
  }

  private startLanes(): void {
    for (const [at, lane] of this.lanes.entries()) {
      if (lane.running) continue;
      const chosen = this.choose(at);
      const batch = this.inTime(chosen);
      if (batch.length === 0) {
        if (chosen.length > 0) this.startSoon();
        continue;
      }
      lane.running = this.run(lane, batch).finally(() => {
        lane.running = null;
        if (this.waiting.length > 0) this.startSoon();
      });
    }
  }

  /**
   * Where many wait, each wallet has a lane of its own, which spreads the busy ones. A few go together on any free
   * lane.
   */
  private choose(lane: number): Waiting[] {
    const shared = this.waiting.length >= WORTH_SHARING;
    const isHome = (wallet: AccountId) => wallet % this.lanes.length === lane;
    // What touches wallets of two lanes goes with whichever is first: a gift to a busy member, say, with hers.
    const isOurs = ({ loads: { wallets } }: PostingRequest) => !shared || (wallets.length === 0 ? lane === 0 : wallets.some(isHome));
    const { maxBatch } = this.bounds;
    return chooseBatch(this.waiting, { inFlight: this.inFlight, isOurs, most: maxBatch, scan: maxBatch * SCANNED_BATCHES });
  }

  /** Refuses those who have waited too long; nothing of theirs is written. */
  private inTime(chosen: Waiting[]): Waiting[] {
    const earliest = performance.now() - LONGEST_WAIT_MS;
    if (chosen.every((each) => each.since >= earliest)) return chosen;
    for (const { reject } of chosen.filter((each) => each.since < earliest)) {
      this.countRefusal('OVERLOADED');
      reject(notNow.refuse('OVERLOADED'));
    }
    return chosen.filter((each) => each.since >= earliest);
  }

  private async run(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    const wallets = batch.flatMap((each) => each.request.loads.wallets);
    for (const wallet of wallets) this.inFlight.add(wallet);
    const started = performance.now();
    try {
      await this.post(lane, batch);
    } finally {
      for (const wallet of wallets) this.inFlight.delete(wallet);
      this.stats.batches++;
      this.stats.postings += batch.length;
      this.stats.busyMs += performance.now() - started;
    }
  }

  private async post(lane: Lane, batch: readonly Waiting[]): Promise<void> {
    try {
      const requests = batch.map((each) => each.request);
      const decisions = await this.withRetries(lane, requests, Math.min(...batch.map((each) => each.since)));
      batch.forEach((each, at) => {
        const decision = itemAt(decisions, at);
        if (decision.is === 'conflict') this.countRefusal('IDEMPOTENCY_CONFLICT');
        if (decision.is === 'decided' && decision.outcome.refusal && !decision.outcome.duplicate) this.countRefusal(decision.outcome.refusal.code);
        settle(each, decision);
      });
    } catch (error) {
      if (batch.length > 1 && !isRefusal(error)) {
        // Somebody's rows broke a constraint, say: find out whose, in halves, so that nobody else pays for it.
        this.log.error({ err: error, postings: batch.length }, 'a batch failed; posting it in halves');
        const half = Math.ceil(batch.length / 2);
        await this.post(lane, batch.slice(0, half));
        await this.post(lane, batch.slice(half));
        return;
      }
      for (const each of batch) each.reject(error);
    }
  }

  /**
   * What was kept before is forgotten. The server may be another one now, a standby or a backup, whose versions say
   * something else.
   */
  private async connect(): Promise<Client> {
    this.cache = new WalletCache(this.bounds.maxKeptLots);
    return connectKernel(this.connection);
  }

  /** `since`: from when the first of them has waited. */
  private async withRetries(lane: Lane, requests: readonly PostingRequest[], since: number): Promise<Decision[]> {
    /** What was decided by attempts whose COMMIT was sent: if its answer is lost, they may have counted. */
    const sent: (readonly Decision[])[] = [];
    const decisions = await this.outage.outlast(
      async () => {
        if (performance.now() - since > LONGEST_TRY_MS) throw ledgerUnavailable();
        lane.client ??= await this.connect();
        this.known.requireCurrent(requests);
        const believe = performance.now() >= this.waryUntil;
        return postBatch(lane.client, requests, this.known, { cache: this.cache, buffers: lane.buffers, believe }, (decided) => sent.push(decided));
      },
      async (kind, error) => {
        this.stats.retries++;
        if (kind === 'conflict') {
          this.waryUntil = performance.now() + (isDeadlock(error) ? WARY_OF_DEADLOCKS_MS : WARY_MS);
          return;
        }
        this.log.warn({ err: error, kind }, 'the database did not take a batch');
        if (kind === 'busy') return;
        await lane.client?.end().catch(() => undefined);
        lane.client = null;
      },
    );
    return sent.length > 1 ? decisions.map((decision, at) => asFirst(decision, sent, at)) : decisions;
  }
}

function isDeadlock(error: unknown): boolean {
  return (error as { code?: string }).code === '40P01';
}

/** What is found as a duplicate of our own lost COMMIT was asked for once. */
function asFirst(decision: Decision, sent: readonly (readonly Decision[])[], at: number): Decision {
  const ours = sent.some((decided) => decided[at]?.is === 'decided' && !decided[at].outcome.duplicate);
  return ours && decision.is === 'decided' ? { is: 'decided', outcome: { ...decision.outcome, duplicate: false } } : decision;
}

function settle({ resolve, reject }: Waiting, decision: Decision): void {
  if (decision.is === 'decided') resolve(decision.outcome);
  else if (decision.is === 'conflict') reject(keyRefusals.refuse('IDEMPOTENCY_CONFLICT'));
  else reject(decision.error);
}
