import fc from 'fast-check';
import { ratio } from '../../../src/ledger/points/ratio';
import { type OfferedPoints, pointsTaken, worthOf } from '../../../src/programme/earning/points-taken';
import { sumAmounts } from '../../../src/programme/purchases/exact-amount';
import { runs } from '../../invariants/run-settings';
import { CENT, cents } from '../returns/standing-purchase';

/** Points that pay so many cents, all of them spent. */
function offer(points: number, worth: number, rule: Partial<OfferedPoints['rule']> = {}): OfferedPoints {
  return { points, redemption: { points, moneyValue: BigInt(worth) * 10_000n }, rule: { share: ratio(1), minimum: 1n, step: 1n, ...rule } };
}
const half = { share: ratio(1, 2) };

test.each<[number, readonly OfferedPoints[], readonly number[], string]>([
  [1_000, [offer(1_000, 1_000)], [1_000], 'to the cent what it costs'],
  [1_000, [offer(1_001, 1_001)], [1_000], 'a cent more'],
  [1_000, [offer(3, 1_002)], [2], 'points of 3.34'],
  [1_000, [offer(600, 600), offer(600, 600)], [600, 400], 'two together; the one named last gives'],
  [1_000, [offer(1_500, 1_500, { step: 100n })], [1_000], 'in steps'],
  [1_050, [offer(1_500, 1_500, { step: 100n })], [1_000], 'in steps, the rest is not'],
  [1_000, [offer(800, 800), offer(500, 500, { minimum: 300n })], [800, 0], 'less than its minimum is nothing'],
  [1_000, [offer(800, 800), offer(500, 500, { minimum: 200n })], [800, 200], 'just its minimum'],
  [1_001, [offer(500, 500, half)], [500], 'half of 10.01 is 5.00'],
  [1_001, [offer(400, 400, half), offer(101, 101, half)], [400, 100], 'half, by two of them'],
  [1_000, [offer(500, 500, half), offer(500, 500)], [500, 500], 'half under one rule, the other half under another'],
  [1_000, [offer(500, 500), offer(501, 501, half)], [500, 500], 'named the other way round'],
  [1_000, [offer(600, 600), offer(500, 500, half)], [600, 400], 'a larger share counts all, a smaller one only its own'],
  [0, [offer(10, 10), offer(5, 0)], [0, 5], 'nothing to pay; what pays nothing is no matter'],
])('a basket of %d cents takes of %j: %j (%s)', (cost, offered, taken) => {
  expect(pointsTaken(cents(cost), offered, CENT)).toEqual(taken);
});

test('of points that were refunded in part only the others count', () => {
  const refunded = { ...offer(1_500, 1_500), points: 1_000 };
  expect(pointsTaken(cents(1_000), [refunded], CENT)).toEqual([1_000]);
  expect(pointsTaken(cents(999), [refunded], CENT)).toEqual([999]);
});

it('what is taken pays no more than the basket costs, nor than any share', () => {
  const offered = fc.array(
    fc
      .tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(1n, 7n, 100n))
      .map(([points, worth, share, step]) => offer(points, worth, { share: ratio(share, 4), step, minimum: step })),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), offered, (cost, all) => {
      const taken = pointsTaken(cents(cost), all, CENT);
      for (const { rule } of all) {
        const under = all.map((each, i) => (each.rule.share.numerator <= rule.share.numerator ? worthOf(each.redemption, taken[i], CENT) : cents(0)));
        expect(sumAmounts(under) * 4n).toBeLessThanOrEqual(cents(cost) * rule.share.numerator);
      }
      for (const [i, { points, rule }] of all.entries()) if (taken[i] < points) expect(BigInt(taken[i]) % rule.step).toBe(0n);
      const kept = all.map((each, i) => ({ ...each, points: taken[i] })).filter(({ points }) => points > 0);
      expect(pointsTaken(cents(cost), kept, CENT)).toEqual(kept.map(({ points }) => points));
    }),
    runs(300, 20_000),
  );
});
