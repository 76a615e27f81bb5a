import fc from 'fast-check';
import { worthOfLines } from '../../../src/programme/earning/earning-base';
import type { ExactAmount } from '../../../src/programme/purchases/exact-amount';
import { type PayingPoints, worthStillUsed } from '../../../src/programme/returns/points-that-pay';
import { decideReturn, type StandingPurchase } from '../../../src/programme/returns/return-decision';
import { type ReturnableLine, type ReturnedGoods, takeBack, worthLeft } from '../../../src/programme/returns/returned-goods';
import { runs } from '../../invariants/run-settings';
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
/** What a line has besides: its total instead of a price, a discount and tax, each as a share in percent. */
const receiptLine = fc.record({
  byTotal: fc.boolean(),
  discount: fc.constantFrom(0, 0, 7, 50, 100),
  tax: fc.constantFrom(0, 0, 20),
  money: fc.constantFrom(0, 0, 3, 40, 100),
});
/** Redemptions as [points, share of what is still to pay], coarse and fine ones. */
const redemptions = fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 100 })), { maxLength: 3 });
const anyPurchase = fc
  .record({
    lines,
    receipt: fc.array(receiptLine, { minLength: 4, maxLength: 4 }),
    redemptions,
    refundOrder: fc.constantFrom('POINTS_LAST' as const, 'PRO_RATA' as const, 'POINTS_FIRST' as const),
  })
  .map(({ lines: basket, receipt, redemptions: paying, refundOrder }) => {
    const plain = purchase(
      basket.map(([quantity, price]) => `${quantity}x${price}`),
      { refundOrder, pointsKept: 1_000_000 },
    );
    const received = plain.lines.map((line, i): ReturnableLine => {
      const full = worthLeft(line, CENT).amount;
      const percent = (of: bigint, share: number) => cents(Number((of * BigInt(share)) / 100n / CENT));
      const total = receipt[i].byTotal ? { unitPrice: null, amount: full } : {};
      const discount = percent(full, receipt[i].discount);
      return { ...line, ...total, discount, tax: percent(full - discount, receipt[i].tax) };
    });
    const amount = worthOfLines(
      'GROSS',
      received.map((line) => ({ ...worthLeft(line, CENT), earns: true })),
    ).gross;
    let toPay = amount / CENT;
    const paidBy = paying.map(([points, share]): PayingPoints => {
      const value = (toPay * BigInt(share)) / 100n;
      toPay -= value;
      return { points, reversed: 0, value: cents(Number(value)) };
    });
    const paidWithPoints = cents(paidBy.reduce((sum, { value }) => sum + Number(value / CENT), 0));
    return { standing: { ...plain, lines: received, amount, paidBy, paidWithPoints }, money: receipt.map(({ money }) => money) };
  });

/** What comes back at a time: a piece of a line, or money on it, a share in percent of what is left of its worth. */
type Back = { readonly lineNo: number; readonly percent: number | null };

/** A purchase, and an order in which all its pieces come back, with money given back in between, so many at a time. */
const comingBack = anyPurchase.chain(({ standing, money }) => {
  const pieces = standing.lines.flatMap(({ lineNo, quantity }) => Array.from({ length: Number(quantity / 1_000n) }, (): Back => ({ lineNo, percent: null })));
  const reductions = standing.lines.flatMap(({ lineNo }, i): Back[] => (money[i] > 0 ? [{ lineNo, percent: money[i] }] : []));
  const all = [...pieces, ...reductions];
  return fc.tuple(fc.constant(standing), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }), fc.integer({ min: 1, max: 4 }));
});

function applied(standing: StandingPurchase, back: readonly Back[]) {
  let lines = standing.lines;
  const named = back.flatMap(({ lineNo, percent }): ReturnedGoods[] => {
    const line = lines[lineNo - 1];
    const { amount, tax } = worthLeft(line, CENT);
    const money = (((amount + tax) * BigInt(percent ?? 0)) / 100n / CENT) * 10_000n;
    if (percent !== null && money === 0n) return [];
    const each: ReturnedGoods = percent === null ? goods(lineNo, 1) : { lineNo, sku: null, amount: money };
    lines = takeBack(lines, [each], CENT);
    return [each];
  });
  const decided = decideReturn(standing, named);
  const next: StandingPurchase = {
    ...standing,
    // As the counters have it.
    lines: standing.lines.map((line) => {
      const change = decided.returned.find(({ lineNo }) => lineNo === line.lineNo);
      return { ...line, returned: line.returned + (change?.quantity ?? 0n), reduced: (line.reduced + (change?.reduction ?? 0n)) as ExactAmount };
    }),
    paidBy: standing.paidBy.map((paid, i) => ({ ...paid, reversed: paid.reversed + decided.reinstate[i] })),
    pointsKept: standing.pointsKept - decided.clawBack,
  };
  expect(next.lines).toEqual(lines);
  return { decided, next };
}

const usedOf = (standing: StandingPurchase) => worthStillUsed(standing.paidBy, CENT);
/** At least what the dearest point pays. */
function dearest({ paidBy }: StandingPurchase): bigint {
  return paidBy.reduce((most, { value, points }) => (value / BigInt(points) + 1n > most ? value / BigInt(points) + 1n : most), 0n);
}

describe('whatever comes back in whatever order', () => {
  it('money and points together are worth what came back, to a point', () => {
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
          for (const line of next.lines) expect(worthLeft(line, CENT).amount).toBeGreaterThanOrEqual(0n);
          const worth = usedOf(first) - usedOf(next);
          // What stays used beyond what is left is less than a point is worth.
          const overpaid = usedOf(next) > decided.amountLeft ? usedOf(next) - decided.amountLeft : 0n;
          expect(overpaid).toBeLessThanOrEqual(dearest(first));
          expect(money + worth).toBe(cameBack - overpaid);
          standing = next;
        }
        for (const { points, reversed } of standing.paidBy) expect(reversed).toBe(points);
        expect(standing.pointsKept).toBe(0);
        expect(standing.lines.map(({ reduced }) => reduced)).toEqual(standing.lines.map(() => 0n));
      }),
      runs(300, 20_000),
    );
  });

  it('POINTS_LAST gives the same points and money in one return as in many, in any order', () => {
    // What money lies on hangs on when it was given back; goods alone do not.
    const pointsLast = comingBack.map(([standing, order, atOnce]) => {
      const last: StandingPurchase = { ...standing, refundOrder: 'POINTS_LAST' };
      return [last, order.filter(({ percent }) => percent === null), atOnce] as const;
    });
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
