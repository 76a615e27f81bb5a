import { itemAt } from '../src/platform/one-of';
/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Picks from 0 to size - 1 by Zipf's law with exponent 1: the busiest twice as often as the second, three times as
 * often as the third ...
 */
export function zipf(size: number, random: () => number): () => number {
  const upTo = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank++) upTo[rank] = sum += 1 / (rank + 1);
  // Ranks are dealt out at random, so that the busiest are not neighbours in a table.
  const dealt = Array.from({ length: size }, (_, at) => at);
  for (let at = size - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [dealt[at], dealt[other]] = [itemAt(dealt, other), itemAt(dealt, at)];
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return itemAt(dealt, low);
  };
}
