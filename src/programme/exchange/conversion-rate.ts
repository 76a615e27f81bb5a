import type { RowOf } from '../../platform/database/row-of';
import type { Uuid } from '../../platform/ids';

/** What one currency's points are worth in another, in that direction only, from one instant until another. */
export interface ConversionRate {
  readonly id: Uuid;
  readonly fromCurrencyId: number;
  readonly toCurrencyId: number;
  /** numerator smallest units of the target for denominator of the source. */
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** Smallest units of the source: least amount, and what it must be a multiple of. */
  readonly minimum: bigint;
  readonly increment: bigint;
  /** Smallest units of the source that a member may convert in a day; null for no limit. */
  readonly dailyMaximum: bigint | null;
  /** Smallest units of the source, taken on top. */
  readonly fee: bigint;
  /** For each whole block of this many smallest units of the source, a bonus in the target's. */
  readonly blockSize: bigint | null;
  readonly blockBonus: bigint | null;
  /**
   * Micro-units of the source's settlement currency, per whole source point, that the source's side pays the target
   * currency's issuer.
   */
  readonly transferPrice: bigint;
  readonly effectiveFrom: Date;
  /** First instant at which it is no longer in force; null while no end is known. */
  readonly effectiveUntil: Date | null;
  readonly createdAt: Date;
}

/** Columns of a rate, for SELECT. */
export const RATE_COLUMNS = `id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, daily_maximum, fee, block_size, block_bonus, transfer_price,
  lower(effective) AS effective_from, upper(effective) AS effective_until, created_at`;

export type RateRow = RowOf<ConversionRate>;

export function toConversionRate(row: RateRow): ConversionRate {
  const whole = (value: string | null) => (value === null ? null : BigInt(value));
  return {
    id: row.id,
    fromCurrencyId: row.from_currency_id,
    toCurrencyId: row.to_currency_id,
    numerator: BigInt(row.numerator),
    denominator: BigInt(row.denominator),
    minimum: BigInt(row.minimum),
    increment: BigInt(row.increment),
    dailyMaximum: whole(row.daily_maximum),
    fee: BigInt(row.fee),
    blockSize: whole(row.block_size),
    blockBonus: whole(row.block_bonus),
    transferPrice: BigInt(row.transfer_price),
    effectiveFrom: row.effective_from,
    effectiveUntil: row.effective_until,
    createdAt: row.created_at,
  };
}
