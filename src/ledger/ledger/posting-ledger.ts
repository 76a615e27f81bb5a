import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock';
import { coalesce } from '../../platform/database/coalesce';
import { kindOfFailure } from '../../platform/database/failure-kind';
import { KnownServer } from '../../platform/database/known-server';
import type { Uuid } from '../../platform/ids';
import { itemAt, type OneEach, only } from '../../platform/one-of';
import { dayToIso } from '../points/calendar';
import { ledgerUnavailable, Outage, PATIENCE, type Patience } from './internal/batch/failures';
import { type KernelConnection, kernelPool } from './internal/batch/kernel-connection';
import { BEGIN, postInTransaction } from './internal/batch/post-batch';
import { PostingQueue, type PostingStats } from './internal/batch/posting-queue';
import type { OriginState } from './internal/decide/batch-state';
import { decide } from './internal/decide/decide';
import { twinOf } from './internal/decide/graced-lot';
import { type Known, loadState } from './internal/rows/load-state';
import { day } from './internal/rows/raw-rows';
import type { AccountKind, AccountRef, Ledger, LotOrigin } from './ledger';
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
  private readonly origins = new Map<number, OriginState>();
  private readonly originIds = new Map<string, number>();
  private readonly summed = new Map<AccountId, number>();
  private readonly accountIds = new Map<string, AccountId>();
  private readonly known: Known;
  private readonly server: KnownServer;
  /** The generation of the server that is kept from. */
  private generation = 0;
  /** Since when, by the clock; what was asked for before it may rest on what is no more. */
  private keptSince = Number.NEGATIVE_INFINITY;
  private readonly openUnknown = coalesce((_of: 'all', refs: readonly AccountRef[]) => this.outlast(() => this.findOrOpen(refs)));

  constructor(
    connection: KernelConnection,
    private readonly options: LedgerOptions,
  ) {
    this.server = connection.server;
    this.workers = kernelPool(connection, options.maxWorkerConnections ?? 4);
    this.lookups = kernelPool(connection, LOOKUP_CONNECTIONS);
    this.outage = new Outage(connection.patience.outageMs);
    this.known = {
      origins: this.origins,
      summed: this.summed,
      loadOrigins: (client, ids) => this.loadOrigins(client, ids),
      requireCurrent: (requests) => this.requireCurrent(requests),
    };
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
    const decision = await this.outlast(async () => {
      const client = await this.lookups.connect();
      let broken: Error | undefined;
      try {
        // One snapshot and no locks: looking at a balance keeps nobody from spending it.
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        return only(decide(await loadState(client, [request], this.known, { mode: 'read' }), [request]));
      } finally {
        await client.query('ROLLBACK').catch((lost: Error) => {
          broken = lost;
        });
        client.release(broken);
      }
    });
    if (decision.is === 'decided') return decision.outcome;
    throw decision.is === 'failed' ? decision.error : keyRefusals.refuse('IDEMPOTENCY_CONFLICT');
  }

  async postWithin(client: ClientBase, requests: readonly PostingRequest[]): Promise<PostingOutcome[]> {
    this.requireCurrent(requests);
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
      return await this.workersTransaction(work);
    } catch (error) {
      if (kindOfFailure(error) !== 'connection') throw error;
      this.options.log.warn({ err: error }, 'the database did not answer the ledger');
      throw ledgerUnavailable();
    }
  }

  private async workersTransaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.workers.connect();
    let broken: Error | undefined;
    try {
      await client.query(BEGIN);
      const result = await work(client);
      const committed = await client.query('COMMIT');
      if (committed.command !== 'COMMIT') throw new Error(`the transaction was not committed: ${committed.command}`);
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: Error) => {
        broken = lost;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async openAccounts<const Refs extends readonly AccountRef[]>(refs: Refs): Promise<OneEach<Refs, AccountId>> {
    this.forgetOthers();
    const ids = refs.map((ref) => this.accountIds.get(accountKey(ref)));
    if (!ids.includes(undefined)) return ids as OneEach<Refs, AccountId>;
    const opened = await this.openUnknown(
      'all',
      refs.filter((_, at) => ids[at] === undefined),
    );
    let at = 0;
    return ids.map((id) => id ?? opened[at++]) as OneEach<Refs, AccountId>;
  }

  async lotOrigin(origin: LotOrigin): Promise<number> {
    this.forgetOthers();
    const key = `${origin.issuer} ${origin.currencyId} ${origin.issueMonth} ${origin.termsId} ${origin.offerId}`;
    const known = this.originIds.get(key);
    if (known !== undefined) return known;
    const name = [origin.issuer, origin.currencyId, dayToIso(origin.issueMonth), origin.termsId, origin.offerId];
    const row = await this.outlast(async () => {
      const find = () => this.ofOneServer(() => this.lookups.query<{ id: number; issuer_code: string }>({ text: FIND_ORIGIN, values: name }));
      const [found] = (await find()).rows;
      if (found) return found;
      await this.lookups.query({ text: INSERT_ORIGIN, values: [...name, origin.issuerCode] });
      return only((await find()).rows);
    });
    // The issuer's code is part of the lots' keys: the one that they were made with counts, not the one it has now.
    this.rememberOrigin(row.id, { issuer: origin.issuer, issuerCode: row.issuer_code, issueMonth: origin.issueMonth });
    this.originIds.set(key, row.id);
    return row.id;
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

  /** Forgets what was read from a server that is another one by now. */
  private forgetOthers(): void {
    if (this.generation === this.server.generation) return;
    this.generation = this.server.generation;
    this.keptSince = this.options.clock.now().getTime();
    for (const kept of [this.accountIds, this.originIds, this.origins, this.summed]) kept.clear();
    this.options.log.warn('the database is another server now, which may know less: what was kept of the former is forgotten');
  }

  /** Throws UNAVAILABLE for requests that may rest on another server's rows: sent again, they are made anew. */
  private requireCurrent(requests: readonly PostingRequest[]): void {
    this.forgetOthers();
    if (requests.some(({ recordedAt }) => recordedAt < this.keptSince)) throw ledgerUnavailable();
  }

  /** What is read to be kept counts only if no other server was met meanwhile. */
  private async ofOneServer<T>(read: () => Promise<T>): Promise<T> {
    const { generation } = this.server;
    const found = await read();
    if (generation !== this.server.generation) throw ledgerUnavailable();
    this.forgetOthers();
    return found;
  }

  private async findOrOpen(refs: readonly AccountRef[]): Promise<AccountId[]> {
    const keys = refs.map(accountKey);
    const unknown = new Map(refs.map((ref) => [accountKey(ref), ref]));
    const ids = new Map<string, AccountId>();
    // Sorted, so that two callers who open the same accounts at once cannot deadlock.
    const sorted = [...unknown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
    const values = [sorted.map((ref) => ref.owner), sorted.map((ref) => ref.kind), sorted.map((ref) => ref.currencyId), this.options.clock.now()];
    // Again where somebody else opens some of them at the same time: those were neither there nor made.
    for (let attempt = 0; attempt < 2 && ids.size < unknown.size; attempt++) {
      const { rows } = await this.ofOneServer(() =>
        this.lookups.query<AccountRow>({ name: 'kernel-find-or-open-accounts', text: FIND_OR_OPEN_ACCOUNTS, values }),
      );
      for (const row of rows) {
        const key = accountKey({ kind: row.kind, owner: row.owner_id, currencyId: row.currency_id });
        ids.set(key, Number(row.id));
        this.remember(key, Number(row.id), row.guarded ? null : row.currency_id);
      }
    }
    return keys.map((key) => {
      const id = ids.get(key);
      if (id === undefined) throw new Error(`account ${key} could not be opened`);
      return id;
    });
  }

  private remember(key: string, id: AccountId, summedCurrency: number | null): void {
    if (summedCurrency !== null) this.summed.set(id, summedCurrency);
    // Wallets come and go in the cache; it is emptied rather than let grow without bound.
    if (this.accountIds.size >= (this.options.maxKnownAccounts ?? 500_000)) this.accountIds.clear();
    this.accountIds.set(key, id);
  }

  private async loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void> {
    const text = 'SELECT id, issuer_id, issuer_code, issue_month::text FROM lot_origin WHERE id = ANY($1::int[])';
    const { rows } = await this.ofOneServer(() =>
      client.query<{ id: number; issuer_id: Uuid; issuer_code: string; issue_month: string }>({ name: 'kernel-origins', text, values: [ids] }),
    );
    for (const row of rows) this.rememberOrigin(row.id, { issuer: row.issuer_id, issuerCode: row.issuer_code, issueMonth: day(row.issue_month) });
  }

  /** With its twin: whichever of them a batch has read, it may make lots of the other. */
  private rememberOrigin(id: number, origin: OriginState): void {
    this.origins.set(id, origin);
    this.origins.set(twinOf(id), origin);
  }
}

interface AccountRow {
  readonly id: string;
  readonly kind: AccountKind;
  readonly owner_id: Uuid;
  readonly currency_id: number;
  readonly guarded: boolean;
}

function accountKey({ kind, owner, currencyId }: AccountRef): string {
  return `${kind} ${owner} ${currencyId}`;
}

// Most are there already, and reading takes no locks. A new account of a locked wallet is locked like the others.
const FIND_OR_OPEN_ACCOUNTS = `
  WITH asked AS MATERIALIZED (
    SELECT n.owner_id, n.kind, n.currency_id, a.id, a.guarded FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS n (owner_id, kind, currency_id)
    LEFT JOIN LATERAL (SELECT * FROM account a WHERE a.owner_id = n.owner_id AND a.kind = n.kind AND a.currency_id = n.currency_id) a ON true),
  opened AS (
    INSERT INTO account (owner_id, kind, currency_id, guarded, spend_locked, opened_at)
    SELECT n.owner_id, n.kind, n.currency_id, n.kind IN ('WALLET', 'POOL'),
      n.kind IN ('WALLET', 'POOL') AND coalesce((SELECT bool_or(o.spend_locked) FROM account o WHERE o.owner_id = n.owner_id AND o.kind = n.kind), false), $4::timestamptz
    FROM asked n WHERE n.id IS NULL
    ON CONFLICT (owner_id, kind, currency_id) DO NOTHING RETURNING id, kind, owner_id, currency_id, guarded)
  SELECT id, kind, owner_id, currency_id, guarded FROM asked WHERE id IS NOT NULL
  UNION ALL SELECT id, kind, owner_id, currency_id, guarded FROM opened`;
// With its twin: see graced-lot.
const INSERT_ORIGIN = `
  WITH made AS (
    INSERT INTO lot_origin (issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code) VALUES ($1, $2, $3::date, $4, $5, $6)
    ON CONFLICT DO NOTHING RETURNING *)
  INSERT INTO lot_origin (id, issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code) OVERRIDING SYSTEM VALUE
  SELECT -id, issuer_id, currency_id, issue_month, terms_id, offer_id, issuer_code FROM made`;
const FIND_ORIGIN = `
  SELECT id, issuer_code FROM lot_origin
  WHERE issuer_id = $1 AND currency_id = $2 AND issue_month = $3::date AND terms_id = $4 AND offer_id IS NOT DISTINCT FROM $5 AND id > 0`;
// Locked in id order, as postings lock: an owner's wallets may be in one of them together. Whoever has kept them must
// see that they are others now.
const SET_SPEND_LOCK = `
  WITH wallets AS MATERIALIZED (SELECT id FROM account WHERE owner_id = $1 AND kind IN ('WALLET', 'POOL') ORDER BY id FOR NO KEY UPDATE)
  UPDATE account a SET spend_locked = $2, version = a.version + 1 FROM wallets w WHERE a.id = w.id`;
