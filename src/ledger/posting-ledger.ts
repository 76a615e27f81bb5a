import type { ClientBase, Pool } from 'pg';
import type { Logger } from 'pino';
import type { Clock } from '../clock';
import type { Uuid } from '../ids';
import { dayToIso } from '../points/calendar';
import type { OriginState } from './internal/batch-state';
import { type KernelConnection, kernelPool } from './internal/kernel-connection';
import { decide } from './internal/decide';
import { type Known, loadState } from './internal/load-state';
import { postInTransaction } from './internal/post-batch';
import { IdempotencyConflict, PostingQueue, type PostingStats } from './internal/posting-queue';
import { day } from './internal/raw-rows';
import type { AccountRef, Ledger, LotOrigin } from './ledger';
import type { AccountId, PostingOutcome, PostingRequest } from './posting';

export { IdempotencyConflict, LedgerUnavailable, Overloaded } from './internal/posting-queue';

export interface LedgerOptions {
  readonly connectionString: string;
  /** Role taken on at connection start; null when the login is tessera_kernel's own. Default tessera_kernel. */
  readonly role?: string | null;
  readonly clock: Clock;
  readonly log: Logger;
  /** Postings in one transaction; default 1,000. */
  readonly maxBatch?: number;
  /** Postings that may wait; beyond it callers get OVERLOADED. Default 10,000. */
  readonly maxQueue?: number;
  /** Connections for workers' own transactions; default 4. */
  readonly maxWorkerConnections?: number;
}

export interface RunningLedger extends Ledger {
  readonly stats: Readonly<PostingStats>;
  readonly queueLength: number;
}

/** Opens the ledger. Connects lazily: a database that is not there yet is met by the first posting's retries. */
export function createLedger(options: LedgerOptions): RunningLedger {
  const connection: KernelConnection = { connectionString: options.connectionString, role: options.role === undefined ? 'tessera_kernel' : options.role };
  return new PostingLedger(connection, options);
}

const MAX_CACHED_ACCOUNTS = 500_000;

class PostingLedger implements RunningLedger {
  private readonly pool: Pool;
  private readonly queue: PostingQueue;
  private readonly origins = new Map<number, OriginState>();
  private readonly originIds = new Map<string, number>();
  private readonly summed = new Map<AccountId, number>();
  private readonly accountIds = new Map<string, AccountId>();
  private readonly known: Known;

  constructor(
    connection: KernelConnection,
    private readonly options: LedgerOptions,
  ) {
    this.pool = kernelPool(connection, options.maxWorkerConnections ?? 4);
    this.known = { origins: this.origins, summed: this.summed, loadOrigins: (client, ids) => this.loadOrigins(client, ids) };
    const bounds = { maxBatch: options.maxBatch ?? 1_000, maxQueue: options.maxQueue ?? 10_000 };
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
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const [decision] = decide(await loadState(client, [request], this.known), [request]);
      if (decision.is === 'decided') return decision.outcome;
      throw decision.is === 'failed' ? decision.error : new IdempotencyConflict();
    } finally {
      await client.query('ROLLBACK').catch((lost: Error) => {
        broken = lost;
      });
      client.release(broken);
    }
  }

  async postWithin(client: ClientBase, requests: readonly PostingRequest[]): Promise<PostingOutcome[]> {
    const decisions = await postInTransaction(client, requests, this.known);
    return decisions.map((decision, at) => {
      if (decision.is === 'decided') return decision.outcome;
      throw decision.is === 'failed' ? decision.error : new Error(`posting ${requests[at].id} (${requests[at].kind}) was made before with other content`);
    });
  }

  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
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

  async openAccounts(refs: readonly AccountRef[]): Promise<AccountId[]> {
    const missing = refs.filter((ref) => !this.accountIds.has(accountKey(ref)));
    if (missing.length > 0) await this.findOrOpen(missing);
    return refs.map((ref) => this.accountIds.get(accountKey(ref)) as AccountId);
  }

  async lotOrigin(origin: LotOrigin): Promise<number> {
    const key = `${origin.issuer} ${origin.currencyId} ${origin.issueMonth} ${origin.termsId} ${origin.offerId}`;
    let id = this.originIds.get(key);
    if (id === undefined) {
      const values = [origin.issuer, origin.issuerCode, origin.currencyId, dayToIso(origin.issueMonth), origin.termsId, origin.offerId];
      await this.pool.query({ text: INSERT_ORIGIN, values });
      const { rows } = await this.pool.query({ text: FIND_ORIGIN, values: values.filter((_, at) => at !== 1) });
      id = rows[0].id as number;
      this.origins.set(id, { issuer: origin.issuer, issuerCode: origin.issuerCode, issueMonth: origin.issueMonth });
      this.originIds.set(key, id);
    }
    return id;
  }

  async setSpendLock(owner: Uuid, locked: boolean): Promise<void> {
    await this.pool.query({ text: "UPDATE account SET spend_locked = $2 WHERE owner_id = $1 AND kind = 'WALLET'", values: [owner, locked] });
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.pool.end();
  }

  private async findOrOpen(refs: readonly AccountRef[]): Promise<void> {
    // Sorted, so that two callers who open the same accounts at once cannot deadlock.
    const sorted = [...refs].sort((a, b) => (accountKey(a) < accountKey(b) ? -1 : 1));
    const keys = [sorted.map((ref) => ref.owner), sorted.map((ref) => ref.kind), sorted.map((ref) => ref.currencyId)];
    const find = async () => {
      const { rows } = await this.pool.query({ name: 'kernel-find-accounts', text: FIND_ACCOUNTS, values: keys });
      for (const row of rows) this.remember({ kind: row.kind, owner: row.owner_id, currencyId: row.currency_id }, Number(row.id), row.guarded);
      return rows.length;
    };
    // Most are there already, and reading takes no locks.
    if ((await find()) >= sorted.length) return;
    await this.pool.query({ name: 'kernel-open-accounts', text: OPEN_ACCOUNTS, values: [...keys, this.options.clock.now()] });
    await find();
    const lost = sorted.find((ref) => !this.accountIds.has(accountKey(ref)));
    if (lost) throw new Error(`account ${accountKey(lost)} could not be opened`);
  }

  private remember(ref: AccountRef, id: AccountId, guarded: boolean): void {
    if (!guarded) this.summed.set(id, ref.currencyId);
    // Wallets come and go in the cache; it is emptied rather than let grow without bound.
    if (this.accountIds.size >= MAX_CACHED_ACCOUNTS) this.accountIds.clear();
    this.accountIds.set(accountKey(ref), id);
  }

  private async loadOrigins(client: ClientBase, ids: readonly number[]): Promise<void> {
    const text = 'SELECT id, issuer_id, issuer_code, issue_month::text FROM lot_origin WHERE id = ANY($1::int[])';
    const { rows } = await client.query({ name: 'kernel-origins', text, values: [ids] });
    for (const row of rows) this.origins.set(row.id, { issuer: row.issuer_id, issuerCode: row.issuer_code, issueMonth: day(row.issue_month) });
  }
}

function accountKey({ kind, owner, currencyId }: AccountRef): string {
  return `${kind} ${owner} ${currencyId}`;
}

const FIND_ACCOUNTS = `
  SELECT a.id, a.kind, a.owner_id, a.currency_id, a.guarded FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS n (owner_id, kind, currency_id)
  CROSS JOIN LATERAL (SELECT * FROM account a WHERE a.owner_id = n.owner_id AND a.kind = n.kind AND a.currency_id = n.currency_id) a`;
// A new account of a locked wallet is locked like the others.
const OPEN_ACCOUNTS = `
  INSERT INTO account (owner_id, kind, currency_id, guarded, spend_locked, opened_at)
  SELECT n.owner_id, n.kind, n.currency_id, n.kind = 'WALLET',
    n.kind = 'WALLET' AND coalesce((SELECT bool_or(o.spend_locked) FROM account o WHERE o.owner_id = n.owner_id AND o.kind = 'WALLET'), false), $4::timestamptz
  FROM unnest($1::uuid[], $2::text[], $3::smallint[]) AS n (owner_id, kind, currency_id)
  ON CONFLICT (owner_id, kind, currency_id) DO NOTHING`;
const INSERT_ORIGIN = `
  INSERT INTO lot_origin (issuer_id, issuer_code, currency_id, issue_month, terms_id, offer_id) VALUES ($1, $2, $3, $4::date, $5, $6) ON CONFLICT DO NOTHING`;
const FIND_ORIGIN = `
  SELECT id FROM lot_origin WHERE issuer_id = $1 AND currency_id = $2 AND issue_month = $3::date AND terms_id = $4 AND offer_id IS NOT DISTINCT FROM $5`;
