/** An exact rational with a positive denominator. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export function ratio(numerator: bigint | number, denominator: bigint | number = 1n): Ratio {
  const value = { numerator: BigInt(numerator), denominator: BigInt(denominator) };
  if (value.denominator <= 0n) throw new RangeError('a ratio needs a denominator above zero');
  return value;
}

/** value x ratio, rounded towards minus infinity: whoever pays keeps the remainder. */
export function applyFloor(by: Ratio, value: bigint): bigint {
  return floorDivide(value * by.numerator, by.denominator);
}

/** Integer division rounded towards minus infinity (bigint `/` truncates towards zero). */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const inexact = dividend % divisor !== 0n;
  return inexact && dividend < 0n !== divisor < 0n ? quotient - 1n : quotient;
}

/** Integer division rounded towards plus infinity. */
export function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  return -floorDivide(-dividend, divisor);
}

/** Integer division rounded to the nearest, and what lies in the middle away from zero; the divisor is above zero. */
export function roundHalfAway(dividend: bigint, divisor: bigint): bigint {
  return dividend < 0n ? -roundHalfAway(-dividend, divisor) : (2n * dividend + divisor) / (2n * divisor);
}
