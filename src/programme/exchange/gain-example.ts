import { MAX_POINTS } from '../../ledger/points/amount';
import { type BestExchange, leastPoints, mostPoints, upTo } from './best-exchange';
import { conversionAmounts, type RateFigures, receivedInAll } from './conversion-amounts';

/** Points of the first currency at the beginning and, once around, at the end; fees are paid out of them. */
export interface Gain {
  readonly begin: bigint;
  readonly end: bigint;
}

interface Step {
  readonly rate: RateFigures;
  readonly best: BestExchange;
}

const FIRST_MULTIPLES = 16n;

/**
 * The smallest amount found that goes around the cycle and comes back as more. Each step converts as much as it can, in
 * one or more conversions.
 */
export function exampleOfGain(steps: readonly Step[]): Gain | null {
  const starts = [leastAround(steps, ({ rate }) => leastPoints(rate)), leastAround(steps, ({ best }) => best.points), leastAround(steps, blockOf)];
  const begins = new Set<bigint>();
  for (const start of starts) {
    for (let times = 1n; times <= FIRST_MULTIPLES; times++) begins.add(start * times);
    for (let begin = start * FIRST_MULTIPLES; begin <= MAX_POINTS; begin *= 2n) begins.add(begin);
  }
  for (const begin of [...begins].filter((each) => each <= MAX_POINTS).sort((a, b) => (a < b ? -1 : 1))) {
    const end = around(steps, begin);
    if (end !== null && end > begin) return { begin, end };
  }
  return null;
}

function blockOf({ rate }: Step): bigint {
  const least = leastPoints(rate);
  return rate.blockSize === null || rate.blockSize <= least ? least : upTo(rate.blockSize, rate.increment);
}

/** What has to be there at first so that each step has about the points that `wanted` says. */
function leastAround(steps: readonly Step[], wanted: (step: Step) => bigint): bigint {
  let needed = 0n;
  for (const step of [...steps].reverse()) {
    const { rate } = step;
    const toReceive = (needed * rate.denominator + rate.numerator - 1n) / rate.numerator;
    const own = wanted(step);
    needed = upTo(toReceive > own ? toReceive : own, rate.increment) + rate.fee;
  }
  return needed;
}

/**
 * What is there of the first currency after one round. The last step's source left over is not counted. Null where a
 * step has too little.
 */
function around(steps: readonly Step[], begin: bigint): bigint | null {
  let have = begin;
  let kept = 0n;
  for (const [at, step] of steps.entries()) {
    const { received, left } = convertAll(step, have);
    if (received === 0n || received > MAX_POINTS) return null;
    if (at === 0) kept = left;
    have = received;
  }
  return have + kept;
}

/** Converts the best amount as often as it can be, and then as much as is left for one more. */
export function convertAll({ rate, best }: Step, have: bigint): { readonly received: bigint; readonly left: bigint } {
  const cost = best.points + rate.fee;
  const times = have / cost;
  let received = times * receivedInAll(conversionAmounts(rate, best.points));
  let left = have - times * cost;
  const rest = largest(rate, left - rate.fee);
  if (rest > 0n) {
    received += receivedInAll(conversionAmounts(rate, rest));
    left -= rest + rate.fee;
  }
  return { received, left };
}

/** The largest amount up to `points` that the rate takes; 0 for none. */
function largest(rate: RateFigures, points: bigint): bigint {
  const most = mostPoints(rate);
  const limited = points < most ? points : most;
  const whole = limited - (limited % rate.increment);
  return whole >= leastPoints(rate) ? whole : 0n;
}
