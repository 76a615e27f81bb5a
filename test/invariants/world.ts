import type { AccountId } from '../../src/ledger/ledger/posting';
import type { Uuid } from '../../src/platform/ids';
import type { Origin } from './naive-points';
import { PLACES } from './random-commands';

/** Summed accounts of a brand in one currency. */
export interface BrandAccounts {
  readonly issued: AccountId;
  readonly opening: AccountId;
  readonly goodwill: AccountId;
  readonly redeemed: AccountId;
  readonly expired: AccountId;
}

/**
 * What the random commands are about: three brands, two currencies, some wallets and a pool of each, an origin for each
 * brand, month and currency.
 */
export interface World {
  readonly party: Uuid;
  readonly brands: readonly { readonly id: Uuid; readonly code: string; readonly of: readonly BrandAccounts[] }[];
  /** Accounts of PLACES. */
  readonly wallets: readonly AccountId[];
  /** By the currency that is given: the route's accounts in it, and the one in the other currency. */
  readonly routes: readonly { readonly out: AccountId; readonly into: AccountId; readonly fee: AccountId; readonly remainder: AccountId }[];
  readonly origins: ReadonlyMap<number, Origin>;
  /** `month`: place in MONTHS. */
  readonly originOf: (brand: number, month: number, currency: number) => number;
}

export const BRANDS = ['AXLE', 'BREW', 'CAB'];

/** Other places of the same currency, pools last. */
export function othersOf(place: number): number[] {
  return PLACES.map((_, at) => at).filter((at) => at !== place && PLACES[at].currency === PLACES[place].currency);
}
