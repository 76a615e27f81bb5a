import { formatDecimal } from '../../ledger/points/decimal';

/**
 * What goods cost, exactly: an integer of billionths (10^-9) of a whole unit of money, because a quantity has three
 * decimals and a unit price six. What can be paid is a whole number of minor units: see minor-unit.ts.
 */
export type ExactAmount = bigint & { readonly exactAmount: unique symbol };

export const BILLIONTHS_PER_UNIT = 1_000_000_000n;

/** Thousandths of a unit of goods x micro-units of money each. */
export function lineAmount(quantity: bigint, unitPrice: bigint): ExactAmount {
  return (quantity * unitPrice) as ExactAmount;
}

/** An exact amount of micro-units of money. */
export function exactFromMicros(micros: bigint): ExactAmount {
  return (micros * 1_000n) as ExactAmount;
}

export function sumAmounts(amounts: Iterable<ExactAmount>): ExactAmount {
  let sum = 0n;
  for (const amount of amounts) sum += amount;
  return sum as ExactAmount;
}

/** a - b, but never below zero. */
export function lessAmount(a: ExactAmount, b: ExactAmount): ExactAmount {
  return (a > b ? a - b : 0n) as ExactAmount;
}

/** Nine decimals, for the database and for stored answers. */
export function formatExact(amount: ExactAmount): string {
  return formatDecimal(amount, 9);
}
