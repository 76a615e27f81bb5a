import type { ClientBase } from 'pg';
import type { Uuid } from '../../platform/ids';
import type { OneEach } from '../../platform/one-of';
import type { Day } from '../points/calendar';
import type { AccountId, PostingOutcome, PostingRequest } from './posting';

/**
 * WALLET and POOL are guarded: they have lots, carry their balances and are locked while posting. All others are
 * summed. OPENING: what came in from old programmes. GOODWILL: what was given out of kindness. CONVERSION, FEE and
 * REMAINDER belong to a route between two currencies.
 */
export type AccountKind = 'WALLET' | 'POOL' | 'ISSUED' | 'OPENING' | 'GOODWILL' | 'REDEEMED' | 'EXPIRED' | 'CONVERSION' | 'FEE' | 'REMAINDER' | 'CLEARING';

export interface AccountRef {
  readonly kind: AccountKind;
  readonly owner: Uuid;
  readonly currencyId: number;
}

/** Where points come from; shared by all lots of one issuer, month and terms. */
export interface LotOrigin {
  readonly issuer: Uuid;
  readonly issuerCode: string;
  readonly currencyId: number;
  /** First day of the month of issue. */
  readonly issueMonth: Day;
  readonly termsId: Uuid;
  readonly offerId: Uuid | null;
}

/**
 * The surface of the ledger. Reads are functions of their own, run in the caller's transaction under row-level
 * security.
 */
export interface Ledger {
  /**
   * Posts one request, batched with whoever else is posting. Returns once it is durable. Throws Refusal
   * IDEMPOTENCY_CONFLICT (same id, other content) and OVERLOADED (queue full; retry-safe). Every other refusal is in
   * the outcome.
   */
  post(request: PostingRequest): Promise<PostingOutcome>;
  /** What post() would answer now; writes nothing. */
  preview(request: PostingRequest): Promise<PostingOutcome>;
  /**
   * Posts in the caller's own transaction, whose role must be tessera_kernel. For workers that advance a cursor with
   * their effect.
   */
  postWithin(client: ClientBase, requests: readonly PostingRequest[]): Promise<PostingOutcome[]>;
  /** The accounts' ids, opened where they do not exist yet; cached. */
  openAccounts<const Refs extends readonly AccountRef[]>(refs: Refs): Promise<OneEach<Refs, AccountId>>;
  /** The origin's id, made where it does not exist yet; cached. */
  lotOrigin(origin: LotOrigin): Promise<number>;
  /** Sets or lifts the spend lock on all accounts of an owner. */
  setSpendLock(owner: Uuid, locked: boolean): Promise<void>;
  /** Runs work in one transaction as tessera_kernel; for workers (clearing advances its cursor and posts in it). */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
  /** Finishes what is in flight, refuses what is new, closes its connections. */
  close(): Promise<void>;
}
