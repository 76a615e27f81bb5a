import fc from 'fast-check';
import { type PayingPoints, worthStillUsed } from '../../src/earning/points-that-pay';
import { decideReturn, type StandingPurchase } from '../../src/earning/return-decision';
import { runs } from '../invariants/run-settings';
import { CENT, cents, goods, purchase } from './standing-purchase';

const lines = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.oneof(
      fc.constantFrom('0', '0.005', '3.333333', '0.01'),
      fc.integer({ min: 1, max: 5_000 }).map((price) => `${price / 100}`),
    ),
  ),
  { minLength: 1, maxLength: 4 },
);
/** Redemptions as [points, share of what is still to pay], coarse and fine ones. */
const redemptions = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 100 })), { maxLength: 3 });
const anyPurchase = fc
  .record({ lines, redemptions, refundOrder: fc.constantFrom('POINTS_LAST' as const, 'PRO_RATA' as const, 'POINTS_FIRST' as const) })
  .map(({ lines: basket, redemptions: paying, refundOrder }) => {
    const standing = purchase(
      basket.map(([quantity, price]) => `${quantity}x${price}`),
      { refundOrder, pointsKept: 1_000_000 },
    );
    let toPay = standing.amount / CENT;
    const paidBy = paying.map(([points, share]): PayingPoints => {
      const value = (toPay * BigInt(share)) / 100n;
      toPay -= value;
      return { points, reversed: 0, value: cents(Number(value)) };
    });
    return { ...standing, paidBy, paidWithPoints: cents(paidBy.reduce((sum, { value }) => sum + Number(value / CENT), 0)) };
  });

/** All pieces of a purchase, one by one. */
const pieces = (standing: StandingPurchase) =>
  standing.lines.flatMap(({ lineNo, quantity }) => Array.from({ length: Number(quantity / 1_000n) }, () => lineNo));
/** A purchase and an order in which its pieces come back, in returns of so many at a time. */
const comingBack = anyPurchase.chain((standing) => {
  const all = pieces(standing);
  return fc.tuple(fc.constant(standing), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }), fc.integer({ min: 1, max: 4 }));
});

function applied(standing: StandingPurchase, lineNos: readonly number[]) {
  const counts = new Map<number, number>();
  for (const lineNo of lineNos) counts.set(lineNo, (counts.get(lineNo) ?? 0) + 1);
  const decided = decideReturn(
    standing,
    [...counts].map(([lineNo, count]) => goods(lineNo, count)),
  );
  const next: StandingPurchase = {
    ...standing,
    lines: standing.lines.map((line) => ({ ...line, returned: line.returned + BigInt((counts.get(line.lineNo) ?? 0) * 1_000) })),
    paidBy: standing.paidBy.map((paid, i) => ({ ...paid, reversed: paid.reversed + decided.reinstate[i] })),
    pointsKept: standing.pointsKept - decided.clawBack,
  };
  return { decided, next };
}

const usedOf = (standing: StandingPurchase) => worthStillUsed(standing.paidBy, CENT);
/** At least what the dearest point pays. */
function dearest({ paidBy }: StandingPurchase): bigint {
  return paidBy.reduce((most, { value, points }) => (value / BigInt(points) + 1n > most ? value / BigInt(points) + 1n : most), 0n);
}

describe('whatever comes back in whatever order', () => {
  it('no more points are given back than were used, and money and points together are worth what came back, to a point', () => {
    fc.assert(
      fc.property(comingBack, ([first, order, atOnce]) => {
        let standing: StandingPurchase = first;
        let money = 0n;
        for (let at = 0; at < order.length; at += atOnce) {
          const { decided, next } = applied(standing, order.slice(at, at + atOnce));
          expect((decided.moneyBack ?? -1n) % CENT).toBe(0n);
          expect(decided.moneyBack).toBeGreaterThanOrEqual(0n);
          for (const { points, reversed } of next.paidBy) expect(reversed).toBeLessThanOrEqual(points);
          for (const given of decided.reinstate) expect(given).toBeGreaterThanOrEqual(0);
          money += decided.moneyBack ?? 0n;
          const cameBack = first.amount - decided.amountLeft;
          const worth = usedOf(first) - usedOf(next);
          // What stays used beyond what is left is less than a point is worth.
          const overpaid = usedOf(next) > decided.amountLeft ? usedOf(next) - decided.amountLeft : 0n;
          expect(overpaid).toBeLessThanOrEqual(dearest(first));
          expect(money + worth).toBe(cameBack - overpaid);
          standing = next;
        }
        for (const { points, reversed } of standing.paidBy) expect(reversed).toBe(points);
        expect(standing.pointsKept).toBe(0);
      }),
      runs(300, 20_000),
    );
  });

  it('POINTS_LAST gives the same points and money in one return as in many, in any order', () => {
    const pointsLast = comingBack.map(([standing, order, atOnce]) => [{ ...standing, refundOrder: 'POINTS_LAST' as const }, order, atOnce] as const);
    fc.assert(
      fc.property(pointsLast, fc.nat(), ([first, order, atOnce], cut) => {
        const some = order.slice(0, 1 + (cut % order.length));
        let standing: StandingPurchase = first;
        let money = 0n;
        for (let at = 0; at < some.length; at += atOnce) {
          const { decided, next } = applied(standing, some.slice(at, at + atOnce));
          money += decided.moneyBack ?? 0n;
          standing = next;
        }
        const once = applied(first, some);
        expect(standing.paidBy).toEqual(once.next.paidBy);
        expect(money).toBe(once.decided.moneyBack);
      }),
      runs(200, 20_000),
    );
  });
});
