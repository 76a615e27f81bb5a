import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock';
import { kindOfFailure } from '../../platform/database/failure-kind';
import { KnownServer } from '../../platform/database/known-server';
import { withConnection } from '../../platform/database/open-pool';
import type { Uuid } from '../../platform/ids';
import { itemAt, type OneEach, only } from '../../platform/one-of';
import { ledgerUnavailable, Outage, PATIENCE, type Patience } from './internal/batch/failures';
import { type KernelConnection, kernelPool } from './internal/batch/kernel-connection';
import { KnownRows } from './internal/batch/known-rows';
import { BEGIN, postInTransaction } from './internal/batch/post-batch';
import { PostingQueue, type PostingStats } from './internal/batch/posting-queue';
import { decide } from './internal/decide/decide';
import { loadState } from './internal/rows/load-state';
import type { AccountRef, Ledger, LotOrigin } from './ledger';
import { keyRefusals } from './ledger-refusals';
import type { AccountId, PostingOutcome, PostingRequest } from './posting';

export type { Patience } from './internal/batch/failures';

export interface LedgerOptions {
  readonly connectionString: string;
  /** Role taken on at connection start; null when the login is tessera_kernel's own. Default tessera_kernel. */
  readonly role?: string | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared with whatever else this process keeps of the database; one of its own by default. */
  readonly server?: KnownServer;
  /** Postings in one transaction; default 1,000. */
  readonly maxBatch?: number;
  /** Postings that may wait; beyond it callers get OVERLOADED. Default 10,000. */
  readonly maxQueue?: number;
  /** Batches in flight at once, each on a connection of its own; default 2. */
  readonly lanes?: number;
  /** Lots kept in memory between batches, about 200 bytes each; default 300,000. */
  readonly maxKeptLots?: number;
  /** Connections for workers' own transactions; default 4. */
  readonly maxWorkerConnections?: number;
  /** Accounts whose ids are remembered; default 500,000. */
  readonly maxKnownAccounts?: number;
  /** How long to wait for the database; what is left out has its default. */
  readonly patience?: Partial<Patience>;
}

export interface RunningLedger extends Ledger {
  readonly stats: Readonly<PostingStats>;
  readonly queueLength: number;
}

/** Opens the ledger. Connects lazily: a database that is not there yet is met by the first posting's retries. */
export function createLedger(options: LedgerOptions): RunningLedger {
  const connection: KernelConnection = {
    connectionString: options.connectionString,
    role: options.role === undefined ? 'tessera_kernel' : options.role,
    patience: { ...PATIENCE, ...options.patience },
    server: options.server ?? new KnownServer(),
  };
  return new PostingLedger(connection, options);
}

const LOOKUP_CONNECTIONS = 4;

class PostingLedger implements RunningLedger {
  /** For workers' transactions. */
  private readonly workers: Pool;
  /**
   * For single statements and previews: a worker that needs one within its transaction must not wait for its own
   * connection.
   */
  private readonly lookups: Pool;
  private readonly outage: Outage;
  private readonly queue: PostingQueue;
  private readonly known: KnownRows;

  constructor(
    connection: KernelConnection,
    private readonly options: LedgerOptions,
  ) {
    this.workers = kernelPool(connection, options.maxWorkerConnections ?? 4);
    this.lookups = kernelPool(connection, LOOKUP_CONNECTIONS);
    this.outage = new Outage(connection.patience.outageMs);
    this.known = new KnownRows(this.lookups, connection.server, (attempt) => this.outlast(attempt), options);
    const bounds = {
      maxBatch: options.maxBatch ?? 1_000,
      maxQueue: options.maxQueue ?? 10_000,
      lanes: options.lanes ?? 2,
      maxKeptLots: options.maxKeptLots ?? 300_000,
    };
    this.queue = new PostingQueue(connection, this.known, bounds, options.log);
  }

  get stats(): Readonly<PostingStats> {
    return this.queue.stats;
  }

  get queueLength(): number {
    return this.queue.length;
  }

  post(request: PostingRequest): Promise<PostingOutcome> {
    return this.queue.submit(request);
  }

  async preview(request: PostingRequest): Promise<PostingOutcome> {
    const look = () =>
      withConnection(this.lookups, async (client) => {
        // One snapshot and no locks: looking at a balance keeps nobody from spending it.
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const decided = only(decide(await loadState(client, [request], this.known, { mode: 'read' }), [request]));
        await client.query('ROLLBACK');
        return decided;
      });
    const decision = await this.outlast(look);
    if (decision.is === 'decided') return decision.outcome;
    throw decision.is === 'failed' ? decision.error : keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
  }

  async postWithin(client: ClientBase, requests: readonly PostingRequest[]): Promise<PostingOutcome[]> {
    this.known.requireCurrent(requests);
    const decisions = await postInTransaction(client, requests, this.known);
    return decisions.map((decision, at) => {
      if (decision.is === 'decided') return decision.outcome;
      const { id, kind } = itemAt(requests, at);
      throw decision.is === 'failed' ? decision.error : new Error(`posting ${id} (${kind}) was made before with other content`);
    });
  }

  /** Throws UNAVAILABLE where nobody answers: what was written may not be known. */
  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    try {
      return await withConnection(this.workers, async (client) => {
        await client.query(BEGIN);
        const result = await work(client);
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error(`the transaction was not committed: ${command}`);
        return result;
      });
    } catch (error) {
      if (kindOfFailure(error) !== 'connection') throw error;
      this.options.log.warn({ err: error }, 'the database did not answer the ledger');
      throw ledgerUnavailable();
    }
  }

  openAccounts<const Refs extends readonly AccountRef[]>(refs: Refs): Promise<OneEach<Refs, AccountId>> {
    return this.known.openAccounts(refs);
  }

  lotOrigin(origin: LotOrigin): Promise<number> {
    return this.known.lotOrigin(origin);
  }

  async setSpendLock(owner: Uuid, locked: boolean): Promise<void> {
    await this.outlast(() => this.lookups.query({ text: SET_SPEND_LOCK, values: [owner, locked] }));
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.workers.end();
    await this.lookups.end();
  }

  /** What may be repeated is, while the database is out. */
  private outlast<T>(attempt: () => Promise<T>): Promise<T> {
    return this.outage.outlast(attempt, (kind, error) => {
      if (kind !== 'conflict') this.options.log.warn({ err: error, kind }, 'the database did not answer the ledger');
    });
  }
}

// Locked in id order, as postings lock: an owner's wallets may be in one of them together. Whoever has kept them must
// see that they are others now.
const SET_SPEND_LOCK = `
  WITH wallets AS MATERIALIZED (SELECT id FROM account WHERE owner_id = $1 AND kind IN ('WALLET', 'POOL') ORDER BY id FOR NO KEY UPDATE)
  UPDATE account a SET spend_locked = $2, version = a.version + 1 FROM wallets w WHERE a.id = w.id`;
