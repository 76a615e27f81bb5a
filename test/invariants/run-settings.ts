/** TESSERA_LONG=1 runs longer; TESSERA_SEED (and TESSERA_PATH, as fast-check prints it) repeat a run that failed. */
export const LONG = process.env.TESSERA_LONG === '1';
export const SEED = process.env.TESSERA_SEED ? Number(process.env.TESSERA_SEED) : (Date.now() ^ (process.pid << 8)) >>> 1;
/** In CI there is time for more than while one works. */
export const CI = process.env.CI === 'true';
const PATH = process.env.TESSERA_PATH;

/** Runs of a property, and how to repeat them: printed by fast-check when one fails. */
export function runs(ordinary: number, long: number): { numRuns: number; seed: number; path?: string; endOnFailure?: boolean } {
  return { numRuns: LONG ? long : ordinary, seed: SEED, ...(PATH ? { path: PATH, endOnFailure: true } : {}) };
}

/** All of them in CI; while one works so many, and others each time. */
export function someOf<T>(all: readonly T[], many: number): T[] {
  if (CI || LONG) return [...all];
  const { int } = randomFrom(SEED);
  return all
    .map((each) => ({ each, at: int(1_000_000) }))
    .sort((one, other) => one.at - other.at)
    .slice(0, many)
    .map(({ each }) => each);
}

/** A small, fast generator of its own for load tests, so that a seed repeats their choices (mulberry32). */
export function randomFrom(seed: number): { next: () => number; int: (below: number) => number; pick: <T>(from: readonly T[]) => T } {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (below: number) => Math.floor(next() * below);
  return { next, int, pick: (from) => from[int(from.length)] };
}
