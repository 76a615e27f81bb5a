import type { AccountId, LotTarget } from '../../src/ledger/ledger/posting';
import type { Day } from '../../src/ledger/points/calendar';
import type { Uuid } from '../../src/platform/ids';
import type { Ended, Lot, Point, Wallet } from './naive-points';

export interface Hold {
  readonly account: AccountId;
  readonly to: AccountId;
  readonly points: readonly Point[];
  readonly expiresAt: number;
  readonly heldOn: Day;
  readonly expiresOn: Day;
  readonly graceDays: number;
  readonly captured: number;
  readonly state: 'OPEN' | 'CAPTURED' | 'VOIDED' | 'EXPIRED';
}

export interface Transfer {
  /** Of its posting. */
  readonly day: Day;
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: number;
  readonly code: string;
  readonly reverses: Uuid | null;
  /** Balance and number of movements that it left in a wallet; '-' for a summed account. */
  readonly debitAfter: string;
  readonly creditAfter: string;
  /** Where a credit went, with the dates that it has now; null for all that is no credit. */
  readonly lot: LotTarget | null;
  /** As it was recorded. */
  readonly creditedLot: string;
  /** What it took from which lots, and then what it put into which (x-n). */
  readonly allocations: readonly string[];
  /** Which of what it brought filled which arrears, point by point. */
  readonly fills: readonly Fill[];
  readonly filled: number;
  /** What it took, in order. */
  readonly consumed: readonly Point[];
  /** What it put into lots that are not its own, in order. */
  readonly brought: readonly Point[];
  readonly reversed: number;
  /** Of a clawback: other points of it had expired unspent. */
  readonly besideExpired?: true;
}

export interface Fill {
  readonly arrears: Uuid;
  readonly lot: Lot;
}

export interface State {
  readonly wallets: Map<AccountId, Wallet>;
  readonly holds: Map<Uuid, Hold>;
  readonly transfers: Map<Uuid, Transfer>;
  readonly counters: Map<string, number>;
  /** Points that ended unspent in a wallet or pool, and were not taken back since. */
  readonly expired: Map<AccountId, readonly Ended[]>;
  /** Point by point, which lots of a wallet were given its end when it lapsed. */
  readonly lapses: Map<AccountId, readonly Lapse[]>;
  /** Lots whose dates changed where they are. */
  readonly changes: string[];
}

export interface Lapse {
  readonly from: Lot;
  readonly to: Lot;
}

/** What is in the maps is never changed, so that copying them is enough. */
export function copyOf({ wallets, holds, transfers, counters, expired, lapses, changes }: State): State {
  return {
    wallets: new Map(wallets),
    holds: new Map(holds),
    transfers: new Map(transfers),
    counters: new Map(counters),
    expired: new Map(expired),
    lapses: new Map(lapses),
    changes: [...changes],
  };
}
