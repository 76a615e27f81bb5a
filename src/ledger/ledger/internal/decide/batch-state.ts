import type { Uuid } from '../../../../platform/ids';
import type { Day } from '../../../points/calendar';
import type { AlongsideRow } from '../../alongside';
import type { AccountId, Claim, PostingOutcome, TransferCode } from '../../posting';
import type { AllocationState, ArrearsState, HoldState, LotKey, LotState, OriginState, WalletState } from './wallet-state';

/** What a batch has locked and read, and what it is going to write. Only decide() changes it. */
export interface BatchState {
  readonly wallets: Map<AccountId, WalletState>;
  /**
   * Those that were not locked before they were decided on, but taken as they were kept. The batch's writes must find
   * each at that version; else nothing of the batch counts.
   */
  readonly believed: ReadonlySet<AccountId>;
  readonly holds: Map<Uuid, HoldState>;
  /** Transfers that reversals refer to. */
  readonly transfers: Map<Uuid, TransferState>;
  /** By account and key: see counterKey(). */
  readonly counters: Map<string, CounterState>;
  /**
   * What has ended of lots of the wallets, as far as the requests ask for it, or the batch has ended it: by account,
   * and see expiredKey().
   */
  readonly expired: Map<AccountId, Map<string, ExpiredState>>;
  /** What lapsed in wallets of postings that were told late, on the day on which those slide away now. */
  readonly lapses: Map<AccountId, readonly LapseState[]>;
  /** Of those, when they slid away that have no end any more because nothing was left in them. */
  readonly slidAway: Map<AccountId, Day>;
  readonly postings: Map<Uuid, StoredPosting>;
  /**
   * Those of the batch that are taken, by claimKey(). If they were read: all of them, else those of this batch alone.
   * The batch's writes must find the others free.
   */
  readonly claims: Set<string>;
  /** Summed accounts this process has opened: their currency. */
  readonly summed: ReadonlyMap<AccountId, number>;
  readonly origins: ReadonlyMap<number, OriginState>;
  readonly writes: BatchWrites;
}

export interface TransferState {
  readonly id: Uuid;
  readonly party: Uuid;
  readonly debitAccount: AccountId;
  readonly creditAccount: AccountId;
  readonly currencyId: number;
  readonly amount: number;
  readonly code: TransferCode;
  readonly termsId: Uuid | null;
  /** The lot that a credit filled, with the dates that it has now. */
  lot: LotKey | null;
  /** What a debit consumed, in order. */
  readonly allocations: readonly AllocationState[];
  reversed: number;
  /** How much of a credit filled older arrears. */
  readonly filled: number;
  /** Which lots of the receiver it filled, those that are not its own `lot`. */
  filledLots: readonly AllocationState[];
  /** What has filled the arrears of a clawback since, where that is asked for. */
  readonly arrearsFilledBy: readonly AllocationState[];
}

export interface CounterState {
  readonly account: AccountId;
  readonly key: string;
  value: number;
  readonly existed: boolean;
  changed: boolean;
}

/** Points of a lot that ended unspent. */
export interface ExpiredState extends LotKey {
  readonly account: AccountId;
  /** The account of expired points that they went to: their issuer's. */
  readonly to: AccountId;
  /** There was some when the batch was loaded. */
  readonly loaded: boolean;
  /** Not taken back yet. */
  left: number;
  /** Of this batch; below zero where what was booked before is cancelled. */
  expired: number;
  returned: number;
}

/** Among those of its account. */
export function expiredKey({ originId, expiresOn, availableOn, contributor }: LotKey): string {
  return `${originId} ${expiresOn} ${availableOn} ${contributor}`;
}

/** Points of a lot that lapsed with their wallet, and got its end in the place of their own. */
export type LapseState = Pick<NewLotChange, 'from' | 'to' | 'contributor' | 'amount'>;

/**
 * Points that have ended, and that lie in their wallet while something is decided that happened before: see
 * ended-since.
 */
export interface Loan {
  readonly wallet: WalletState;
  /** Whence: an end that is booked, or a lot that has its wallet's end for its own. */
  readonly from: ExpiredState | LotState;
  /** Where they lie while they are lent. */
  lot: LotState;
  left: number;
}

export interface StoredPosting {
  readonly contentHash: Buffer;
  readonly outcome: PostingOutcome;
}

export interface NewPosting {
  readonly id: Uuid;
  readonly party: Uuid;
  readonly kind: string;
  readonly contentHash: Buffer;
  readonly outcome: PostingOutcome;
  readonly occurredAt: number;
  readonly recordedAt: number;
}

export interface NewTransfer {
  readonly id: Uuid;
  readonly postingId: Uuid;
  readonly party: Uuid;
  readonly debitAccount: AccountId;
  readonly creditAccount: AccountId;
  readonly currencyId: number;
  readonly amount: number;
  readonly code: TransferCode;
  readonly reverses: Uuid | null;
  readonly holdId: Uuid | null;
  readonly lot: LotKey | null;
  readonly debitAfter: { readonly balance: number; readonly seq: number } | null;
  readonly creditAfter: { readonly balance: number; readonly seq: number } | null;
  readonly termsId: Uuid | null;
  readonly occurredAt: number;
  readonly recordedAt: number;
}

export interface NewAllocation extends LotKey {
  /** The transfer or hold that consumed the lot, or, amount negative, the transfer that filled it again. */
  readonly transferId: Uuid;
  readonly position: number;
  readonly account: AccountId;
  readonly amount: number;
}

export interface NewFill extends LotKey {
  readonly transferId: Uuid;
  readonly arrearsId: Uuid;
  readonly account: AccountId;
  readonly amount: number;
}

export interface NewClaim extends Claim {
  readonly party: Uuid;
  readonly postingId: Uuid;
}

/** What a change of dates changes: `originId` becomes its twin where points get their grace. */
type LotPlace = Pick<LotKey, 'originId' | 'expiresOn' | 'availableOn'>;

/** Points whose dates changed where they are. */
export interface NewLotChange {
  readonly id: Uuid;
  readonly position: number;
  readonly postingId: Uuid;
  readonly account: AccountId;
  readonly contributor: AccountId;
  /** The credit that was confirmed; null for a lapse, and for what a hold gave back after its end. */
  readonly creditId: Uuid | null;
  readonly from: LotPlace;
  readonly to: LotPlace;
  readonly amount: number;
  readonly occurredAt: number;
  readonly recordedAt: number;
}

/**
 * Rows to insert, in order of decision. Changed wallets, lots, holds, arrears and counters are found in the state
 * itself.
 */
export interface BatchWrites {
  /** Every lot that was touched, maybe more than once: what has become of it is found in the lot. */
  readonly lots: LotState[];
  readonly postings: NewPosting[];
  readonly transfers: NewTransfer[];
  readonly allocations: NewAllocation[];
  readonly fills: NewFill[];
  readonly holds: HoldState[];
  readonly arrears: ArrearsState[];
  readonly lotChanges: NewLotChange[];
  readonly claims: NewClaim[];
  readonly rows: AlongsideRow[];
}

export function emptyWrites(): BatchWrites {
  return { lots: [], postings: [], transfers: [], allocations: [], fills: [], holds: [], arrears: [], lotChanges: [], claims: [], rows: [] };
}

export function counterKey(account: AccountId, key: string): string {
  return `${account} ${key}`;
}

export function claimKey({ name, turn }: Pick<Claim, 'name' | 'turn'>): string {
  return `${name} ${turn}`;
}

/** An id that was posted before with other content is a conflict, not a repetition. */
export function isSameContent(stored: StoredPosting, contentHash: Buffer): boolean {
  return stored.contentHash.equals(contentHash);
}
