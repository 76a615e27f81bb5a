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
  const parties = totals.map((total) => {
    const down = floorDivide(total, microsPerMinor);
    return { total, down, remainder: total - down * microsPerMinor };
  });
  const missing = Number(-parties.reduce((all, { down }) => all + down, 0n));
  // Equals keep their order.
  const byRemainder = parties.toSorted((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1));
  const up = new Set(byRemainder.slice(0, missing));
  return parties.map((party) => {
    const payableMinor = party.down + (up.has(party) ? 1n : 0n);
    return { payableMinor, carried: party.total - payableMinor * microsPerMinor };
  });
}
