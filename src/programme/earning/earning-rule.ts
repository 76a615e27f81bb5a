import type { BrandRuleVersion } from '../../coalition/rules/rule-versions';
import type { Day } from '../../ledger/points/calendar';
import type { Ratio } from '../../ledger/points/ratio';
import type { EarningBase } from './earning-base';

export const ROUND_TO = ['UNIT', 'SMALLEST'] as const;

export const AVAILABILITIES = ['IMMEDIATE', 'DELAY', 'FIXED_DATE', 'ON_EVENT'] as const;

/** When earned points can be spent. Days are counted from the local day of the purchase. */
export type Availability =
  | { readonly kind: 'IMMEDIATE' }
  | { readonly kind: 'DELAY'; readonly days: number }
  /** From that local day on; a purchase on it or later earns points that can be spent at once. */
  | { readonly kind: 'FIXED_DATE'; readonly date: Day }
  /** Once the brand confirms the purchase; what it has not confirmed by the end of the last of these days is taken back. */
  | { readonly kind: 'ON_EVENT'; readonly days: number };

/** What a purchase at a brand earns: one version, in force from effectiveFrom until the next one of its money starts. */
export interface EarningRule extends BrandRuleVersion {
  /** Whole points for each whole unit of money, or for each full `per` of it. */
  readonly points: bigint;
  /** Micro-units of money of a full step; null: points are in proportion to the money. */
  readonly per: bigint | null;
  /** Applied to the points. */
  readonly multiplier: Ratio;
  /** What points are floored to: whole points, before the multiplier and after it, or the currency's smallest unit, once. */
  readonly roundTo: (typeof ROUND_TO)[number];
  /** Whether tax beside the lines earns. */
  readonly earnsOn: EarningBase;
  /** null: every category earns. A line without a category is in none. */
  readonly eligibleCategories: ReadonlySet<string> | null;
  readonly excludedCategories: ReadonlySet<string>;
  readonly excludedSkus: ReadonlySet<string>;
  readonly availability: Availability;
}

/** Why a line earns nothing. */
export type Exclusion = 'SKU_EXCLUDED' | 'CATEGORY_EXCLUDED' | 'CATEGORY_NOT_ELIGIBLE';
