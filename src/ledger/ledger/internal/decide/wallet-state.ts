import type { Uuid } from '../../../../platform/ids';
import { type Day, NEVER } from '../../../points/calendar';
import type { AccountId, HoldView } from '../../posting';

export interface OriginState {
  readonly issuer: Uuid;
  readonly issuerCode: string;
  readonly issueMonth: Day;
}

/** What names a lot within its wallet. */
export interface LotKey {
  /** Below zero: the points have had their grace, and `availableOn` is the end that they had before: see graced-lot. */
  readonly originId: number;
  readonly expiresOn: Day;
  readonly availableOn: Day;
  /** In a pool: the wallet account that put the points in; OWN in a wallet. */
  readonly contributor: AccountId;
}

/** The contributor of points that are in their holder's own wallet. */
export const OWN: AccountId = 0;

export interface LotState extends LotKey {
  readonly account: AccountId;
  readonly issuer: Uuid;
  readonly issuerCode: string;
  readonly issueMonth: Day;
  remaining: number;
  held: number;
  /** As read; null when the batch made this lot and does not know whether an emptied row of it exists. */
  loaded: { readonly remaining: number; readonly held: number } | null;
}

export interface ArrearsState {
  readonly account: AccountId;
  readonly id: Uuid;
  readonly party: Uuid;
  readonly amount: number;
  remaining: number;
  readonly loadedRemaining: number | null;
  readonly seq: number;
  readonly termsId: Uuid | null;
  readonly occurredAt: number;
}

export interface WalletState {
  readonly account: AccountId;
  readonly currencyId: number;
  spendLocked: boolean;
  /** See WalletView. */
  readonly proofsEnded: number;
  /** As read; a write makes it one more. */
  version: number;
  /** First local day on which none of the wallet's points can be spent; NEVER without sliding expiry. */
  slidesUntil: Day;
  /** Milliseconds since 1970. */
  closedAt: number | null;
  mergedInto: AccountId | null;
  credits: number;
  debits: number;
  held: number;
  arrears: number;
  seq: number;
  changed: boolean;
  /** In order of consumption. */
  lots: LotState[];
  /** Oldest first. */
  arrearsRows: ArrearsState[];
  /** Open holds that may have expired by some posting of this batch. */
  expiringHolds: HoldState[];
}

export interface AllocationState extends LotKey {
  amount: number;
}

export interface HoldState {
  readonly id: Uuid;
  readonly postingId: Uuid;
  readonly party: Uuid;
  readonly account: AccountId;
  readonly creditAccount: AccountId;
  readonly currencyId: number;
  readonly amount: number;
  captured: number;
  state: HoldView['state'];
  readonly termsId: Uuid | null;
  readonly occurredAt: number;
  readonly expiresAt: number;
  /** Local days of occurredAt and expiresAt. */
  readonly heldOn: Day;
  readonly expiresOn: Day;
  /** See Away. */
  readonly graceDays: number;
  settledAt: number | null;
  /**
   * The clock has ended it while others were posting, and there are contributors in it: those who have left may have
   * points to get back, by the posting that releases it.
   */
  awaitsRelease: boolean;
  readonly allocations: readonly AllocationState[];
  readonly isNew: boolean;
  changed: boolean;
}

/**
 * Below 0: a is consumed before b. Soonest to expire comes first, then the oldest issue month, then issuer codes A to
 * Z. Of one origin, what has had its grace comes last: that keeps the order total.
 */
export function compareLots(a: LotKey & OriginState, b: LotKey & OriginState): number {
  return (
    a.expiresOn - b.expiresOn ||
    a.issueMonth - b.issueMonth ||
    (a.issuerCode < b.issuerCode ? -1 : a.issuerCode > b.issuerCode ? 1 : 0) ||
    a.originId - b.originId ||
    a.availableOn - b.availableOn ||
    a.contributor - b.contributor
  );
}

export function sameLot(a: LotKey, b: LotKey): boolean {
  return a.originId === b.originId && a.expiresOn === b.expiresOn && a.availableOn === b.availableOn && a.contributor === b.contributor;
}

/**
 * First local day on which a lot can no longer be spent: its own, or its wallet's where that slides and comes first.
 */
export function endOf(lot: Pick<LotKey, 'expiresOn'>, wallet: Pick<WalletState, 'slidesUntil'>): Day {
  return Math.min(lot.expiresOn, wallet.slidesUntil);
}

export function isSpendable(lot: LotKey, wallet: WalletState, day: Day): boolean {
  return lot.availableOn <= day && day < endOf(lot, wallet);
}

/** Sliding expiry has ended what was in this wallet by that day. */
export function hasLapsed(wallet: WalletState, day: Day): boolean {
  return wallet.slidesUntil !== NEVER && wallet.slidesUntil <= day;
}
