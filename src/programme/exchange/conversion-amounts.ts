import { debitRefusals } from '../../ledger/ledger/ledger-refusals';
import { floorDivide } from '../../ledger/points/ratio';
import type { Refusal } from '../../platform/refusal';
import type { ConversionRate } from './conversion-rate';

/** What decides how much a conversion gives. */
export type RateFigures = Pick<ConversionRate, 'numerator' | 'denominator' | 'minimum' | 'increment' | 'dailyMaximum' | 'fee' | 'blockSize' | 'blockBonus'>;

/**
 * What becomes of points given. `points`, `fee`, `remainder` in smallest units of the source; `base`, `bonus` of the
 * target.
 */
export interface ConversionAmounts {
  readonly points: bigint;
  /** On top of `points`. */
  readonly fee: bigint;
  /** Whole smallest units among `points` that buy nothing, to be posted apart. */
  readonly remainder: bigint;
  readonly base: bigint;
  readonly bonus: bigint;
}

/**
 * The amounts of a conversion of `points`. The member gets the exact value floored, and a bonus for each full block. Of
 * what the floor leaves over, whole source points are the remainder. A fraction of one stays with the conversion
 * account, which has then been given up to one point more than the rate asks for. `base` is 0 where the points buy
 * nothing.
 */
export function conversionAmounts(rate: RateFigures, points: bigint): ConversionAmounts {
  const base = floorDivide(points * rate.numerator, rate.denominator);
  const used = ceilDivide(base * rate.denominator, rate.numerator);
  const bonus = rate.blockSize === null || rate.blockBonus === null ? 0n : rate.blockBonus * (points / rate.blockSize);
  return { points, fee: rate.fee, remainder: points - used, base, bonus };
}

/** What the wallet gives in all, in smallest units of the source. */
export function givenInAll({ points, fee }: ConversionAmounts): bigint {
  return points + fee;
}

/** What the wallet receives in all, in smallest units of the target. */
export function receivedInAll({ base, bonus }: ConversionAmounts): bigint {
  return base + bonus;
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return -floorDivide(-dividend, divisor);
}

/**
 * The wallet has less than the points and the fee; for a quote, less than these and what it has quoted and not used.
 */
export function insufficientPoints(available: number, amounts: ConversionAmounts, quoted = 0): Refusal {
  const apart = quoted === 0 ? '' : `, apart from ${quoted} that are quoted already: use those quotes, or let them end`;
  return debitRefusals.refuse('INSUFFICIENT_POINTS', {
    available,
    requested: Number(givenInAll(amounts)),
    message: `${amounts.points} points and a fee of ${amounts.fee} were asked for, ${available} can be spent${apart}.`,
  });
}
