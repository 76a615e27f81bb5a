import fc from 'fast-check';
import { checkConversion } from '../../../src/programme/exchange/check-conversion';
import { conversionAmounts, receivedInAll } from '../../../src/programme/exchange/conversion-amounts';
import { NECTAR_AVIOS, nectarBack, publishedRoutes, rateOf } from './rates';

const received = (rate: Parameters<typeof conversionAmounts>[0], points: bigint) => receivedInAll(conversionAmounts(rate, points));

describe('what a conversion gives', () => {
  const hotelToAirline = rateOf({ numerator: 1n, denominator: 3n, minimum: 3_000n, increment: 3_000n, blockSize: 60_000n, blockBonus: 5_000n });
  test.each([
    [57_000n, 19_000n, 0n],
    [60_000n, 20_000n, 5_000n],
    [63_000n, 21_000n, 5_000n],
    [120_000n, 40_000n, 10_000n],
  ])('3:1 with 5,000 for each full 60,000: %d', (points, base, bonus) => {
    expect(conversionAmounts(hotelToAirline, points)).toEqual({ points, fee: 0n, remainder: 0n, base, bonus });
  });

  test.each(NECTAR_AVIOS.back)('Nectar and Avios from %s: 400 N give 250 A, and %d A give 400 N', (day, avios) => {
    expect(received(NECTAR_AVIOS.there, 400n)).toBe(250n);
    expect(received(NECTAR_AVIOS.there, 40_000n)).toBe(25_000n);
    expect(received(nectarBack(day, avios), avios)).toBe(400n);
    expect(received(nectarBack(day, avios), avios * 7n)).toBe(2_800n);
  });

  // base floored; whole source points that buy nothing are the remainder; less than one stays with the conversion
  // account.
  test.each`
    points  | numerator | denominator | base    | remainder | why
    ${400n} | ${5n}     | ${8n}       | ${250n} | ${0n}     | ${'nothing is left over'}
    ${401n} | ${5n}     | ${8n}       | ${250n} | ${1n}     | ${'a whole point buys nothing'}
    ${403n} | ${5n}     | ${8n}       | ${251n} | ${1n}     | ${'251 A cost 401.6 N: 402 are taken, 0.4 stays with the conversion account'}
    ${2n}   | ${1n}     | ${3n}       | ${0n}   | ${2n}     | ${'too little to buy anything'}
    ${7n}   | ${2n}     | ${1n}       | ${14n}  | ${0n}     | ${'more is received than given: no whole point can be left over'}
    ${10n}  | ${7n}     | ${3n}       | ${23n}  | ${0n}     | ${'23 1/3: the third of a target point stays with the conversion account'}
  `('$points at $numerator:$denominator: $why', ({ points, numerator, denominator, base, remainder }) => {
    expect(conversionAmounts(rateOf({ numerator, denominator }), points)).toMatchObject({ base, remainder });
  });

  it('every point given buys something or is remainder', () => {
    const figure = fc.bigInt(1n, 1_000_000n);
    fc.assert(
      fc.property(figure, figure, fc.bigInt(1n, 9_007_199_254_740_991n), (numerator, denominator, points) => {
        const { base, remainder } = conversionAmounts(rateOf({ numerator, denominator }), points);
        const used = points - remainder;
        // Never more than the exact value, and less by under one target point.
        expect(base * denominator <= points * numerator && (base + 1n) * denominator > points * numerator).toBe(true);
        // What is used is worth the base, and one point less would not be: the conversion account keeps less than a
        // source point.
        expect(used * numerator >= base * denominator && (used === 0n || (used - 1n) * numerator < base * denominator)).toBe(true);
        expect(remainder >= 0n && remainder <= points).toBe(true);
      }),
    );
  });

  const routes = publishedRoutes();
  it('has 46 published routes', () => expect(routes).toHaveLength(46));
  it.each(routes.map(({ from, to, rate }) => [`${from} > ${to}`, rate] as const))('%s: at the minimum, below, above and at a block', (_name, rate) => {
    const { numerator: n, denominator: d, increment, blockSize, blockBonus } = rate;
    for (const points of [rate.minimum, rate.minimum + increment, 7n * increment]) {
      const amounts = conversionAmounts(rate, points);
      expect(amounts).toEqual({ points, fee: 0n, remainder: 0n, base: (points * n) / d, bonus: 0n });
    }
    const asked = (points: bigint) => () => checkConversion({ ...rate, id: '', transferPrice: 0n, createdAt: rate.effectiveFrom }, 0, points);
    expect(asked(rate.minimum)()).toEqual(conversionAmounts(rate, rate.minimum));
    for (const points of [rate.minimum - increment, rate.minimum - 1n]) expect(asked(points)).toThrow(expect.objectContaining({ code: 'BELOW_MINIMUM' }));
    expect(asked(rate.minimum + 1n)).toThrow(
      expect.objectContaining({ code: 'NOT_A_STEP', fields: { step: Number(increment), nextIncrement: 2 * Number(increment) } }),
    );
    if (blockSize === null || blockBonus === null) return;
    expect(conversionAmounts(rate, blockSize - increment).bonus).toBe(0n);
    expect(conversionAmounts(rate, blockSize)).toMatchObject({ base: (blockSize * n) / d, bonus: blockBonus, remainder: 0n });
    expect(conversionAmounts(rate, 2n * blockSize - increment).bonus).toBe(blockBonus);
  });
});
