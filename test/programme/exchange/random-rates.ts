import fc from 'fast-check';
import { bestExchange } from '../../../src/programme/exchange/best-exchange';
import { type CycleRate, findProfitableCycle } from '../../../src/programme/exchange/profitable-cycle';
import { rateOf } from './rates';

/** Few, small figures, so that cycles close and blocks are reached. */
export const anyRate = fc
  .record({
    fromCurrencyId: fc.integer({ min: 1, max: 4 }),
    toCurrencyId: fc.integer({ min: 1, max: 4 }),
    numerator: fc.bigInt(1n, 6n),
    denominator: fc.bigInt(1n, 6n),
    increment: fc.bigInt(1n, 5n),
    least: fc.bigInt(1n, 4n),
    dailyMaximum: fc.option(fc.bigInt(1n, 12n)),
    fee: fc.oneof(fc.constant(0n), fc.bigInt(1n, 3n)),
    blockSize: fc.bigInt(1n, 20n),
    blockBonus: fc.option(fc.bigInt(1n, 4n)),
  })
  .filter(({ fromCurrencyId, toCurrencyId }) => fromCurrencyId !== toCurrencyId)
  .map(({ least, dailyMaximum, blockSize, blockBonus, ...given }) => {
    const minimum = least * given.increment;
    const most = dailyMaximum === null ? null : minimum + dailyMaximum;
    return rateOf({ ...given, minimum, dailyMaximum: most, blockBonus, blockSize: blockBonus === null ? null : blockSize });
  });

/** Rates are proposed one after the other; those that close a gain are refused, as a second one of a direction is. */
export function accepted(proposed: readonly CycleRate[], bestOf = bestExchange): CycleRate[] {
  const set: CycleRate[] = [];
  for (const rate of proposed) {
    const taken = set.some((each) => each.fromCurrencyId === rate.fromCurrencyId && each.toCurrencyId === rate.toCurrencyId);
    if (!taken && findProfitableCycle(set, rate, rate.effectiveFrom, bestOf) === null) set.push(rate);
  }
  return set;
}
