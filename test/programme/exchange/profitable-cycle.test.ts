import fc from 'fast-check';
import { bestExchange, leastPoints, mostPoints } from '../../../src/programme/exchange/best-exchange';
import { conversionAmounts, givenInAll, receivedInAll } from '../../../src/programme/exchange/conversion-amounts';
import { type CycleRate, findProfitableCycle } from '../../../src/programme/exchange/profitable-cycle';
import { runs } from '../../invariants/run-settings';
import { accepted, anyRate } from './random-rates';
import { NECTAR_AVIOS, nectarBack, publishedRoutes, rateOf } from './rates';

const NOW = new Date('2020-06-01T00:00:00Z');
const back = (given: Partial<CycleRate> = {}) => rateOf({ fromCurrencyId: 2, toCurrencyId: 1, ...given });
const path = (cycle: ReturnType<typeof findProfitableCycle>) => cycle?.rates.map((rate) => rate.fromCurrencyId);

describe('a set of rates', () => {
  it('is fine when points come back as what they were', () => {
    expect(findProfitableCycle([rateOf({ numerator: 5n, denominator: 8n })], back({ numerator: 8n, denominator: 5n }), NOW)).toBeNull();
  });

  it('is refused when they come back as more', () => {
    const cycle = findProfitableCycle([rateOf({ numerator: 5n, denominator: 8n })], back({ numerator: 9n, denominator: 5n }), NOW);
    expect(path(cycle)).toEqual([2, 1]);
    expect(cycle?.gain).toEqual({ numerator: 9n, denominator: 8n });
    expect(cycle?.exact).toBe(true);
    // 10 A give 18 N, which give 11.25 A.
    expect(cycle?.example).toEqual({ begin: 10n, end: 11n });
  });

  it('is refused for a gain over three currencies', () => {
    const others = [rateOf({ numerator: 1n, denominator: 2n }), rateOf({ fromCurrencyId: 2, toCurrencyId: 3, numerator: 3n })];
    const cycle = findProfitableCycle(others, rateOf({ fromCurrencyId: 3, toCurrencyId: 1, numerator: 7n, denominator: 10n }), NOW);
    expect(path(cycle)).toEqual([3, 1, 2]);
    expect(cycle?.gain).toEqual({ numerator: 21n, denominator: 20n });
    expect(findProfitableCycle(others, rateOf({ fromCurrencyId: 3, toCurrencyId: 1, numerator: 2n, denominator: 3n }), NOW)).toBeNull();
  });

  it.each<[string, Partial<CycleRate>, Partial<CycleRate>, boolean]>([
    ['a block bonus that can be reached makes a gain', {}, { blockSize: 60_000n, blockBonus: 5_000n }, true],
    ['a daily maximum below the block keeps the bonus out of reach', {}, { blockSize: 60_000n, blockBonus: 5_000n, dailyMaximum: 59_999n }, false],
    ['a worse ratio makes up for the bonus', { numerator: 12n, denominator: 13n }, { blockSize: 60_000n, blockBonus: 5_000n }, false],
    ['a fee makes up for a gain that the daily maximum bounds', {}, { numerator: 101n, denominator: 100n, fee: 100n, dailyMaximum: 10_000n }, false],
    ['a fee does not make up for a gain once the amount is large enough', {}, { numerator: 101n, denominator: 100n, fee: 100n, dailyMaximum: 10_100n }, true],
    ['a fee never makes up for a gain without a maximum', {}, { numerator: 1_001n, denominator: 1_000n, fee: 1_000_000n }, true],
    ['a minimum does not stop a gain, since an amount can grow', { dailyMaximum: 10n }, { numerator: 11n, denominator: 10n, minimum: 1_000n }, true],
    ['an increment that always loses the gain to the floor', {}, { numerator: 15n, denominator: 10n, increment: 1n, dailyMaximum: 1n, minimum: 1n }, false],
  ])('%s', (_why, there, home, gains) => {
    const cycle = findProfitableCycle([rateOf(there)], back(home), NOW);
    expect(cycle !== null).toBe(gains);
    if (cycle) expect(cycle.example?.end).toBeGreaterThan(cycle.example?.begin ?? 0n);
  });

  describe('with several ways back', () => {
    const rate = (fromCurrencyId: number, toCurrencyId: number, numerator = 1n, denominator = 1n, times: Partial<CycleRate> = {}) =>
      rateOf({ fromCurrencyId, toCurrencyId, numerator, denominator, ...times });
    const poor = [rate(2, 3, 1n, 2n), rate(3, 1, 1n, 2n)];
    const rich = [rate(2, 4, 2n), rate(4, 1, 2n)];

    it.each([
      ['before', [...rich, ...poor]],
      ['after', [...poor, ...rich]],
      ['between', [poor[0], rich[0], poor[1], rich[1]]],
    ])('is refused for the best of them, stored %s the others', (_when, others) => {
      const cycle = findProfitableCycle(others, rate(1, 2), NOW);
      expect(path(cycle)).toEqual([1, 2, 4]);
      expect(cycle?.gain).toEqual({ numerator: 4n, denominator: 1n });
    });

    it('goes on from a better way to a currency that it had reached already', () => {
      // 2 > 3 is worse than 2 > 4 > 3; only by the latter 3 > 1 gains.
      const cycle = findProfitableCycle([rate(2, 3, 1n, 2n), rate(3, 1), rate(2, 4), rate(4, 3, 3n, 2n)], rate(1, 2), NOW);
      expect(path(cycle)).toEqual([1, 2, 4, 3]);
      expect(cycle?.gain).toEqual({ numerator: 3n, denominator: 2n });
    });

    it('is fine when all of them come back as what they were', () => {
      const even = [rate(2, 3), rate(3, 2), rate(3, 1), rate(2, 4), rate(4, 3), rate(3, 4), rate(4, 1)];
      expect(findProfitableCycle(even, rate(1, 2), NOW)).toBeNull();
    });

    it('is refused for the time of the greatest gain', () => {
      const month = (from: number, until: number) => ({
        effectiveFrom: new Date(Date.UTC(2020, from - 1)),
        effectiveUntil: new Date(Date.UTC(2020, until - 1)),
      });
      const [july, august, september] = [month(7, 8), month(8, 9), month(9, 10)];
      const others = [rate(2, 1, 2n, 1n, july), rate(2, 1, 3n, 1n, august), rate(2, 1, 3n, 1n, september)];
      const cycle = findProfitableCycle(others, rate(1, 2), NOW);
      expect(cycle?.gain).toEqual({ numerator: 3n, denominator: 1n });
      expect(cycle?.at).toEqual(august.effectiveFrom);
      expect(findProfitableCycle(others, rate(1, 2), august.effectiveUntil)?.at).toEqual(september.effectiveFrom);
      // What has held for long is there from now on.
      expect(findProfitableCycle(rich, rate(1, 2), NOW)?.at).toEqual(NOW);
    });

    it('is fine where one way ends at the instant at which its next begins', () => {
      const august = new Date('2020-08-01T00:00:00Z');
      const touching = [rate(2, 3, 2n, 1n, { effectiveUntil: august }), rate(3, 1, 1n, 1n, { effectiveFrom: august })];
      expect(findProfitableCycle(touching, rate(1, 2), NOW)).toBeNull();
      const overlapping = [touching[0], { ...touching[1], effectiveFrom: new Date('2020-07-31T23:59:59Z') }];
      expect(findProfitableCycle(overlapping, rate(1, 2), NOW)?.at).toEqual(overlapping[1].effectiveFrom);
    });

    it('is searched to an end even where others gain without it', () => {
      const gaining = [rate(2, 3, 2n), rate(3, 2, 2n), rate(3, 1, 3n, 4n)];
      expect(findProfitableCycle(gaining, rate(1, 2), NOW)?.gain).toEqual({ numerator: 3n, denominator: 2n });
    });
  });

  it('is judged for each time in which rates hold together', () => {
    const summer = { effectiveFrom: new Date('2020-07-01T00:00:00Z'), effectiveUntil: new Date('2020-08-01T00:00:00Z') };
    const generous = rateOf({ ...summer, numerator: 2n });
    expect(findProfitableCycle([generous], back(), NOW)?.at).toEqual(summer.effectiveFrom);
    expect(findProfitableCycle([generous], back({ effectiveFrom: summer.effectiveUntil }), NOW)).toBeNull();
    expect(findProfitableCycle([generous], back({ effectiveUntil: summer.effectiveFrom }), NOW)).toBeNull();
    expect(findProfitableCycle([generous], back(), summer.effectiveUntil)).toBeNull();
  });

  it('Nectar and Avios gain at no date', () => {
    const [[first, a], [second, b], [third, c]] = NECTAR_AVIOS.back;
    const rates: CycleRate[] = [NECTAR_AVIOS.there];
    for (const rate of [nectarBack(first, a, second), nectarBack(second, b, third), nectarBack(third, c)]) {
      expect(findProfitableCycle(rates, rate, NOW)).toBeNull();
      rates.push(rate);
    }
    expect(findProfitableCycle([NECTAR_AVIOS.there], nectarBack('2020-12-01', 249n, '2020-12-02'), NOW)?.gain).toEqual({ numerator: 250n, denominator: 249n });
  });

  it('46 published routes gain only by a way back that gives more', () => {
    const routes = publishedRoutes();
    const rates: CycleRate[] = [];
    for (const { rate } of routes) {
      expect(findProfitableCycle(rates, rate, NOW)).toBeNull();
      rates.push(rate);
    }
    // Hotel points to an airline are worth 25,000 for 60,000 at best: 12 to 5.
    const hotel = routes.find(({ from, to }) => from === 'marriott-bonvoy' && to === 'alaska-mileage-plan')?.rate as CycleRate;
    const home = { fromCurrencyId: hotel.toCurrencyId, toCurrencyId: hotel.fromCurrencyId, denominator: 5n };
    expect(findProfitableCycle(rates, rateOf({ ...home, numerator: 12n }), NOW)).toBeNull();
    expect(findProfitableCycle(rates, rateOf({ ...home, numerator: 13n }), NOW)?.gain).toEqual({ numerator: 13n, denominator: 12n });
  });

  it('says so when its figures are too unwieldy to try', () => {
    const odd = rateOf({ numerator: 1_000_003n, denominator: 999_983n, fee: 1n, dailyMaximum: 100_000n });
    const best = bestExchange(odd);
    expect(best?.exact).toBe(false);
    expect(findProfitableCycle([odd], back(), NOW)).toMatchObject({ exact: false });
  });
});

/**
 * A walk of conversions over days without end: which rate, and how much of what there is. Ends with the most of the
 * first currency that it ever had again.
 */
function walk(set: readonly CycleRate[], begin: bigint, moves: readonly { rate: number; share: number }[]): bigint {
  const wallet = new Map<number, bigint>([[1, begin]]);
  let most = begin;
  for (const { rate: at, share } of moves) {
    const rate = set[at % set.length];
    const have = wallet.get(rate.fromCurrencyId) ?? 0n;
    const wanted = ((have - rate.fee) * BigInt(share)) / 100n;
    const limited = wanted < mostPoints(rate) ? wanted : mostPoints(rate);
    const points = limited - (limited % rate.increment);
    if (points < leastPoints(rate) || points > 9_007_199_254_740_991n) continue;
    const amounts = conversionAmounts(rate, points);
    wallet.set(rate.fromCurrencyId, have - givenInAll(amounts));
    wallet.set(rate.toCurrencyId, (wallet.get(rate.toCurrencyId) ?? 0n) + receivedInAll(amounts));
    const again = wallet.get(1) ?? 0n;
    if (again > most) most = again;
  }
  return most;
}

const moves = fc.array(fc.record({ rate: fc.nat(20), share: fc.constantFrom(100, 100, 100, 50, 33) }), { minLength: 1, maxLength: 60 });
const amount = fc.bigInt(1n, 3_000n);

/** No accepted set lets a walk end with more than it began. */
const noGain = (bestOf = bestExchange) =>
  fc.property(fc.array(anyRate, { minLength: 2, maxLength: 12 }), amount, moves, (proposed, begin, steps) => {
    const set = accepted(proposed, bestOf);
    return set.length === 0 || walk(set, begin, steps) <= begin;
  });

describe('whatever is proposed', () => {
  it('no walk through accepted rates ends with more than it began', () => {
    fc.assert(noGain(), runs(1_000, 50_000));
  });

  it.each<[string, typeof bestExchange]>([
    ['the block bonus', (rate) => bestExchange({ ...rate, blockBonus: null, blockSize: null })],
    ['the ratio: every rate is taken for 1:2', (rate) => bestExchange({ ...rate, numerator: 1n, denominator: 2n })],
    ['amounts above the minimum', (rate) => bestExchange({ ...rate, dailyMaximum: rate.minimum })],
  ])('a search that forgets %s lets one through', (_what, forgetful) => {
    expect(fc.check(noGain(forgetful), { numRuns: 20_000 }).failed).toBe(true);
  });

  it('what is refused would gain, as its example says', () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.array(anyRate, { minLength: 2, maxLength: 8 }), (proposed) => {
        const set: CycleRate[] = [];
        for (const rate of proposed) {
          if (set.some((each) => each.fromCurrencyId === rate.fromCurrencyId && each.toCurrencyId === rate.toCurrencyId)) continue;
          const cycle = findProfitableCycle(set, rate, NOW);
          if (!cycle) set.push(rate);
          else {
            refused++;
            expect(cycle.exact && cycle.example !== null && cycle.example.end > cycle.example.begin).toBe(true);
          }
        }
      }),
      runs(500, 10_000),
    );
    expect(refused).toBeGreaterThan(50);
  });
});
