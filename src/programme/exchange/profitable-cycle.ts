import type { Ratio } from '../../ledger/points/ratio';
import { ratio } from '../../ledger/points/ratio';
import { type BestExchange, bestExchange, exceeds, product } from './best-exchange';
import type { RateFigures } from './conversion-amounts';
import type { ConversionRate } from './conversion-rate';
import { exampleOfGain, type Gain } from './gain-example';

/** A rate as the search for cycles sees it. */
export type CycleRate = RateFigures & Pick<ConversionRate, 'fromCurrencyId' | 'toCurrencyId' | 'effectiveFrom' | 'effectiveUntil'>;

/** Rates, all in force at one instant, by which points come back as more than they were. */
export interface ProfitableCycle {
  /** In order; the first gives what the last receives. */
  readonly rates: readonly CycleRate[];
  /** Product of the rates' most favourable conversions; above 1. */
  readonly gain: Ratio;
  /** Every conversion's best amount is known exactly. Otherwise the cycle could not be shown to be harmless. */
  readonly exact: boolean;
  /** Points to begin with that end as more; null where none was found within what a wallet can hold. */
  readonly example: Gain | null;
  /** First instant at which it is there. */
  readonly at: Date;
}

type BestOf = (rate: RateFigures) => BestExchange | null;

/**
 * The best cycle that `added` closes with `others` at some instant from `now` on, if one multiplies to more than 1;
 * else null. A conversion never gives more than its rate's best exchange for what it takes. If no cycle of best
 * exchanges multiplies to more than 1, every currency can be given a price at which no conversion raises the worth of a
 * wallet. Then no walk of conversions, however often and in whatever amounts, ends with more than it began. If one
 * does, repeating its best conversions often enough gains more than rounding loses. Daily maxima bound an amount, not
 * how many days are spent.
 */
export function findProfitableCycle(others: readonly CycleRate[], added: CycleRate, now: Date, bestOf: BestOf = bestExchange): ProfitableCycle | null {
  const begin = later(added.effectiveFrom, now);
  const rivals = onTheWayBack(
    others.filter((rate) => overlaps(rate, begin, added.effectiveUntil)),
    added,
  );
  if (rivals.length === 0) return null;
  const bests = new Map([added, ...rivals].map((rate) => [rate, bestOf(rate)]));
  const startsAndEnds = rivals.flatMap(({ effectiveFrom, effectiveUntil }) => [effectiveFrom, ...(effectiveUntil ? [effectiveUntil] : [])]);
  const slices = [begin, ...startsAndEnds.filter((at) => at > begin && (added.effectiveUntil === null || at < added.effectiveUntil))];
  let found: ProfitableCycle | null = null;
  for (const at of new Map(slices.sort((a, b) => a.getTime() - b.getTime()).map((each) => [each.getTime(), each])).values()) {
    const inForce = rivals.filter((rate) => rate.effectiveFrom <= at && (rate.effectiveUntil === null || at < rate.effectiveUntil));
    const closed = closeCycle(inForce, added, bests);
    if (closed && exceeds(closed.value, found?.gain ?? ONE)) found = describe(closed, bests, at);
  }
  return found;
}

const ONE = ratio(1n);

/** A way through the currencies, and how much of the last there is for one of the first. */
interface Way {
  readonly rates: readonly CycleRate[];
  readonly value: Ratio;
}

/**
 * The best way from the added rate's target back to its source, found as the longest path is, and the added rate
 * itself.
 */
function closeCycle(inForce: readonly CycleRate[], added: CycleRate, bests: ReadonlyMap<CycleRate, BestExchange | null>): Way | null {
  const first = bests.get(added);
  if (!first) return null;
  const ways = new Map<number, Way>([[added.toCurrencyId, { rates: [added], value: first.bound }]]);
  for (let changed = true; changed; ) {
    changed = false;
    for (const rate of inForce) {
      const way = ways.get(rate.fromCurrencyId);
      const best = bests.get(rate);
      if (!way || !best || rate.fromCurrencyId === added.fromCurrencyId || way.rates.some((each) => each.toCurrencyId === rate.toCurrencyId)) continue;
      const value = product(way.value, best.bound);
      const known = ways.get(rate.toCurrencyId);
      if (known && !exceeds(value, known.value)) continue;
      ways.set(rate.toCurrencyId, { rates: [...way.rates, rate], value });
      changed = true;
    }
  }
  return ways.get(added.fromCurrencyId) ?? null;
}

function describe({ rates, value }: Way, bests: ReadonlyMap<CycleRate, BestExchange | null>, at: Date): ProfitableCycle {
  const steps = rates.map((rate) => ({ rate, best: bests.get(rate) as BestExchange }));
  return { rates, gain: value, exact: steps.every(({ best }) => best.exact), example: exampleOfGain(steps), at };
}

/** Those that can be part of a cycle with the added rate: reached from its target, and leading to its source. */
function onTheWayBack(rates: readonly CycleRate[], added: CycleRate): CycleRate[] {
  const onward = reached(added.toCurrencyId, rates, (rate) => [rate.fromCurrencyId, rate.toCurrencyId]);
  const backward = reached(added.fromCurrencyId, rates, (rate) => [rate.toCurrencyId, rate.fromCurrencyId]);
  return rates.filter((rate) => onward.has(rate.fromCurrencyId) && backward.has(rate.toCurrencyId));
}

function reached(start: number, rates: readonly CycleRate[], ends: (rate: CycleRate) => readonly [number, number]): Set<number> {
  const found = new Set([start]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const rate of rates) {
      const [near, far] = ends(rate);
      if (found.has(near)) found.add(far);
    }
  }
  return found;
}

function overlaps(rate: CycleRate, begin: Date, end: Date | null): boolean {
  return (end === null || rate.effectiveFrom < end) && (rate.effectiveUntil === null || rate.effectiveUntil > begin);
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}
