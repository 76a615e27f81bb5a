import type { Uuid } from '../../platform/ids';

/** What every version of a rule has: it is in force from effectiveFrom until the next one starts, and never edited. */
export interface RuleVersion {
  readonly id: Uuid;
  /** Whose it is; null: the coalition's. */
  readonly brandId: Uuid | null;
  readonly currencyId: number;
  /** Code of the points currency. */
  readonly currency: string;
  /** Counts from 1. */
  readonly version: number;
  readonly effectiveFrom: Date;
}
