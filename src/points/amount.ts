/**
 * Amounts. Points are integers in a currency's smallest unit; money is an integer of micro-units (10^-6) of an ISO 4217 currency.
 * Both are branded bigints, so that neither can be mistaken for the other, and no float ever touches them.
 */
export type Points = bigint & { readonly points: unique symbol };
export type MicroMoney = bigint & { readonly microMoney: unique symbol };

/** The largest amount or balance of points: 2^53-1, so that every one is exact in JSON. */
export const MAX_POINTS = 9_007_199_254_740_991n;

/** Makes Points of an integer; throws RangeError beyond +-(2^53-1) or when a number is not a safe integer. */
export function points(value: bigint | number): Points {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number of points`);
  const amount = BigInt(value);
  if (amount > MAX_POINTS || amount < -MAX_POINTS) throw new RangeError(`${amount} is beyond +-${MAX_POINTS} points`);
  return amount as Points;
}

/** A safe-integer view of points for the kernel, which counts in numbers. */
export function pointsToNumber(amount: Points): number {
  return Number(amount);
}

export const MICROS_PER_UNIT = 1_000_000n;

export function microMoney(value: bigint): MicroMoney {
  return value as MicroMoney;
}
