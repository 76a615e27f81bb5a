import { lesser, MAX_POINTS } from '../../ledger/points/amount';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import { conversionAmounts, givenInAll, type RateFigures, receivedInAll } from './conversion-amounts';

/**
 * The most favourable conversion that a rate allows: the largest `received / given` over every amount that it accepts,
 * fee, floor and bonus counted.
 */
export interface BestExchange {
  /** No conversion gives more than this for what it takes. */
  readonly bound: Ratio;
  /** Points of the source, without the fee, whose conversion comes closest to the bound. */
  readonly points: bigint;
  /** The bound is reached there. Not known where the figures have too long a common period to try each amount. */
  readonly exact: boolean;
}

/** Amounts tried one by one; beyond it the bound is one that cannot be reached exactly. */
const MOST_TRIED = 20_000n;

/**
 * `received / given` repeats itself by P, the least common multiple of increment, denominator and block. For amounts of
 * one remainder by P it either rises or falls all the way. So the best one lies in the first or in the last period.
 * Null where the rate allows no amount at all.
 */
export function bestExchange(rate: RateFigures): BestExchange | null {
  const [least, most] = [leastPoints(rate), mostPoints(rate)];
  if (least > most) return null;
  const inReach = rate.blockSize !== null && rate.blockBonus !== null && rate.blockSize <= most;
  const perPoint = ratio(rate.numerator, rate.denominator);
  const asymptote = inReach ? sum(perPoint, ratio(rate.blockBonus as bigint, rate.blockSize as bigint)) : perPoint;
  const period = leastCommonMultiple(
    leastCommonMultiple(rate.increment, rate.denominator / greatestCommonDivisor(rate.numerator, rate.denominator)),
    inReach ? (rate.blockSize as bigint) : 1n,
  );
  const wholePeriods = upTo(least, period);
  // Without a fee nothing is lost at a multiple of the period: the exact value is reached.
  if (rate.fee === 0n && wholePeriods <= most) return { bound: reduced(asymptote), points: wholePeriods, exact: true };
  const tried = period / rate.increment <= MOST_TRIED;
  const points = tried ? everyAmount(rate, least, most, period) : someAmounts(rate, least, most, period);
  let best = { points: least, bound: exchanged(rate, least) };
  for (const each of points) {
    const bound = exchanged(rate, each);
    if (exceeds(bound, best.bound)) best = { points: each, bound };
  }
  if (tried) return { ...best, bound: reduced(best.bound), exact: true };
  return { points: best.points, bound: reduced(ratio(asymptote.numerator * most, asymptote.denominator * (most + rate.fee))), exact: false };
}

/** Fewest points that the rate takes and that buy something. */
export function leastPoints(rate: RateFigures): bigint {
  const buysOne = (rate.denominator + rate.numerator - 1n) / rate.numerator;
  return upTo(rate.minimum > buysOne ? rate.minimum : buysOne, rate.increment);
}

/**
 * Most points that can be converted at once: the daily maximum, and what can still be counted exactly on both sides.
 */
export function mostPoints(rate: RateFigures): bigint {
  const limit = lesser(rate.dailyMaximum ?? MAX_POINTS, MAX_POINTS - rate.fee);
  const most = limit - (limit % rate.increment);
  if (most <= 0n || countable(rate, most)) return most;
  let [fits, exceeds] = [0n, most / rate.increment];
  while (exceeds - fits > 1n) {
    const middle = (fits + exceeds) / 2n;
    if (countable(rate, middle * rate.increment)) fits = middle;
    else exceeds = middle;
  }
  return fits * rate.increment;
}

function countable(rate: RateFigures, points: bigint): boolean {
  return receivedInAll(conversionAmounts(rate, points)) <= MAX_POINTS;
}

function exchanged(rate: RateFigures, points: bigint): Ratio {
  const amounts = conversionAmounts(rate, points);
  return ratio(receivedInAll(amounts), givenInAll(amounts));
}

function* everyAmount(rate: RateFigures, least: bigint, most: bigint, period: bigint): Iterable<bigint> {
  for (let points = least; points < least + period && points <= most; points += rate.increment) yield points;
  for (let points = most; points > most - period && points >= least; points -= rate.increment) yield points;
}

/** Where the bonus has just been reached, and where little is lost to the floor. */
function someAmounts(rate: RateFigures, least: bigint, most: bigint, period: bigint): bigint[] {
  const strides = [period, rate.increment, rate.denominator, rate.blockSize ?? 1n].map((each) => leastCommonMultiple(each, rate.increment));
  return strides.flatMap((stride) => [upTo(least, stride), most - (most % stride)]).filter((points) => points >= least && points <= most);
}

/** The smallest multiple of `step` that is not below `value`. */
export function upTo(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}

/** a > b, exactly. */
export function exceeds(a: Ratio, b: Ratio): boolean {
  return a.numerator * b.denominator > b.numerator * a.denominator;
}

/** The product in lowest terms. */
export function product(a: Ratio, b: Ratio): Ratio {
  return reduced(ratio(a.numerator * b.numerator, a.denominator * b.denominator));
}

function sum(a: Ratio, b: Ratio): Ratio {
  return ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

function reduced({ numerator, denominator }: Ratio): Ratio {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return ratio(numerator / divisor, denominator / divisor);
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}
