import type { Uuid } from '../../platform/ids';

/** What every version of a rule has; it is never edited. */
export interface RuleVersion {
  readonly id: Uuid;
  /** The brand that set it, or the operator where either may; null: there is only the coalition's. */
  readonly ownerBrandId: Uuid | null;
  readonly currencyId: number;
  /** Code of the points currency. */
  readonly currency: string;
  /** Counts from 1; 0 where versions of the kind stand beside each other. */
  readonly version: number;
  /** First instant at which it is in force. */
  readonly effectiveFrom: Date;
  /** When it was withdrawn, before it began: it never was in force. */
  readonly withdrawnAt: Date | null;
}
