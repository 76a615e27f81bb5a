import type { BrandRuleVersion } from '../coalition/rule-versions';
import type { Ratio } from '../points/ratio';

/** What a purchase at a brand earns: one version, in force from effectiveFrom until the next one starts. */
export interface EarningRule extends BrandRuleVersion {
  /** ISO 4217 code of the money that baskets must be in. */
  readonly moneyCurrency: string;
  /** Whole points per whole unit of money. */
  readonly pointsPerUnit: bigint;
  /** Applied to the points after the floor, and floored again. */
  readonly multiplier: Ratio;
  /** null: every category earns. A line without a category is in none. */
  readonly eligibleCategories: ReadonlySet<string> | null;
  readonly excludedCategories: ReadonlySet<string>;
  readonly excludedSkus: ReadonlySet<string>;
}

/** Why a line earns nothing. */
export type Exclusion = 'SKU_EXCLUDED' | 'CATEGORY_EXCLUDED' | 'CATEGORY_NOT_ELIGIBLE';
