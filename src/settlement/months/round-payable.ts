import { floorDivide } from '../../ledger/points/ratio';

/** What a party pays in minor units, and what is carried to its next statement, in micro-units. */
export interface RoundedPayable {
  readonly payableMinor: bigint;
  readonly carried: bigint;
}

/**
 * Rounds what each party pays (positive) or receives (negative) to the minor unit, by largest remainder: payments sum
 * to what the totals sum to. Everybody is rounded down. The parties with the largest remainders pay the minor units
 * that are missing then; among equals, the first in order.
 */
export function roundPayables(totals: readonly bigint[], microsPerMinor: bigint): RoundedPayable[] {
  const sum = totals.reduce((all, total) => all + total, 0n);
  if (sum !== 0n) throw new Error(`what parties pay each other sums to ${sum} micro-units instead of 0`);
  const down = totals.map((total) => floorDivide(total, microsPerMinor));
  const remainders = totals.map((total, at) => total - down[at] * microsPerMinor);
  const missing = Number(-down.reduce((all, units) => all + units, 0n));
  const byRemainder = totals.map((_, at) => at).sort((a, b) => (remainders[a] === remainders[b] ? a - b : remainders[a] > remainders[b] ? -1 : 1));
  const up = new Set(byRemainder.slice(0, missing));
  return totals.map((total, at) => {
    const payableMinor = down[at] + (up.has(at) ? 1n : 0n);
    return { payableMinor, carried: total - payableMinor * microsPerMinor };
  });
}
