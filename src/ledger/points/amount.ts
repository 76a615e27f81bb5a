/**
 * Points are integers in a currency's smallest unit. Money is an integer of micro-units (10^-6) of an ISO 4217
 * currency. Both are branded bigints, so that neither is mistaken for the other. No float ever touches them.
 */
export type Points = bigint & { readonly points: unique symbol };
export type MicroMoney = bigint & { readonly microMoney: unique symbol };

/** The largest amount or balance of points: 2^53-1, so that every one is exact in JSON. */
export const MAX_POINTS = 9_007_199_254_740_991n;

/** The smaller of two; Math.min knows no bigint. */
export function lesser<Amount extends bigint>(a: Amount, b: Amount): Amount {
  return a < b ? a : b;
}

/** The larger of two. */
export function greater<Amount extends bigint>(a: Amount, b: Amount): Amount {
  return a < b ? b : a;
}

export function microMoney(value: bigint): MicroMoney {
  return value as MicroMoney;
}
