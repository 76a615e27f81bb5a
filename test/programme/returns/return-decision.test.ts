import { decideReturn, type StandingPurchase } from '../../../src/programme/returns/return-decision';
import { CENT, cents, goods, purchase } from './standing-purchase';

/** What a decision comes to, money in cents. */
function came(standing: StandingPurchase, ...back: readonly ReturnType<typeof goods>[]) {
  const { clawBack, reinstate, amountLeft, moneyBack } = decideReturn(standing, back);
  return { clawBack, reinstate, left: Number(amountLeft / CENT), money: Number((moneyBack ?? 0n) / CENT) };
}

test.each`
  lines                 | kept  | paid  | burned  | line | back | clawBack | reinstate | money   | why
  ${['2x5']}            | ${10} | ${0}  | ${0}    | ${1} | ${1} | ${5}     | ${[]}     | ${500}  | ${'half of it'}
  ${['3x0.50', '1x10']} | ${11} | ${0}  | ${0}    | ${1} | ${1} | ${0}     | ${[]}     | ${50}   | ${'floor(11.00) is still 11'}
  ${['3x0.50', '1x10']} | ${11} | ${0}  | ${0}    | ${1} | ${2} | ${1}     | ${[]}     | ${100}  | ${'floor(10.50) is 10'}
  ${['2x5']}            | ${6}  | ${4}  | ${400}  | ${1} | ${1} | ${5}     | ${[0]}    | ${500}  | ${'points due are floor(5 - 4)'}
  ${['2x5']}            | ${6}  | ${4}  | ${400}  | ${1} | ${2} | ${6}     | ${[400]}  | ${600}  | ${'nothing left: all points come back'}
  ${['2x5', '1x1']}     | ${7}  | ${4}  | ${400}  | ${1} | ${2} | ${7}     | ${[300]}  | ${700}  | ${'1 left: what 100 points pay'}
  ${['2x5']}            | ${0}  | ${10} | ${1000} | ${1} | ${2} | ${0}     | ${[1000]} | ${0}    | ${'all of it paid with points'}
  ${['1x75', '3x5']}    | ${60} | ${30} | ${3000} | ${1} | ${1} | ${60}    | ${[1500]} | ${6000} | ${'60 in money first, the other 15 can only have been points'}
  ${['1x120', '1x0']}   | ${95} | ${25} | ${2500} | ${1} | ${1} | ${95}    | ${[2500]} | ${9500} | ${'a piece that costs nothing is not something left'}
  ${['2x5']}            | ${6}  | ${4}  | ${3}    | ${1} | ${2} | ${6}     | ${[3]}    | ${600}  | ${'points worth more than a unit each'}
  ${['2x3', '1x1']}     | ${3}  | ${4}  | ${3}    | ${1} | ${2} | ${3}     | ${[2]}    | ${300}  | ${'one point of 1.33 is the least that reaches 1'}
`(
  '$lines, $kept points, $paid paid with $burned points, $back of line $line back: $why',
  ({ lines, kept, paid, burned, line, back, clawBack, reinstate, money }) => {
    expect(came(purchase(lines, { pointsKept: kept, paid, burned }), goods(line, back))).toMatchObject({ clawBack, reinstate, money });
  },
);

test('a purchase that earned less than its rule gives keeps what it earned as long as that is due', () => {
  expect(came(purchase(['2x5'], { pointsKept: 3 }), goods(1, 1)).clawBack).toBe(0);
  expect(came(purchase(['5x2'], { pointsKept: 3 }), goods(1, 4)).clawBack).toBe(1);
});

test('returns add up: what came back before counts', () => {
  const decided = decideReturn(purchase(['4x2.50'], { back: [1], pointsKept: 7 }), [goods(1, 1)]);
  expect(decided).toMatchObject({ clawBack: 2, returned: [{ lineNo: 1, quantity: 1_000n, left: 2_000n }], amountLeft: 5_000_000_000n });
});

test('of several redemptions the one named last gives back first', () => {
  // 20 units: 4 paid by 400 points, 6 by 300, 5 by 50, the rest in money.
  const paidBy = [
    { points: 400, reversed: 0, value: cents(400) },
    { points: 300, reversed: 0, value: cents(600) },
    { points: 50, reversed: 0, value: cents(500) },
  ];
  const standing = purchase(['20x1'], { pointsKept: 5, paidBy, paidWithPoints: cents(1_500) });
  expect(came(standing, goods(1, 5))).toMatchObject({ reinstate: [0, 0, 0], money: 500 });
  expect(came(standing, goods(1, 7))).toMatchObject({ reinstate: [0, 0, 20], money: 500 });
  expect(came(standing, goods(1, 12))).toMatchObject({ reinstate: [0, 100, 50], money: 500 });
  expect(came(standing, goods(1, 18))).toMatchObject({ reinstate: [200, 300, 50], money: 500 });
});

test('points that pay nothing stay used while anything is left', () => {
  const paidBy = [{ points: 7, reversed: 0, value: cents(0) }];
  expect(came(purchase(['2x1'], { paidBy }), goods(1, 1))).toMatchObject({ reinstate: [0], money: 100 });
  expect(came(purchase(['2x1'], { paidBy }), goods(1, 2))).toMatchObject({ reinstate: [7], money: 200 });
});

test('each line is rounded to the minor unit, and what is left of it likewise', () => {
  // 3 rolls of 3.333333 are 10.00; 2 are 6.67.
  const standing = purchase(['3x3.333333'], { pointsKept: 10 });
  expect(standing.amount).toBe(cents(1_000));
  expect(came(standing, goods(1, 1))).toEqual({ clawBack: 4, reinstate: [], left: 667, money: 333 });
  // Half a cent goes up, as receipts do it.
  expect(came(purchase(['2x0.005']), goods(1, 1))).toMatchObject({ left: 1, money: 0 });
});

test('goods named by sku come off the last line first', () => {
  const standing = purchase(['2x9', '2x1', '3x9']);
  const lines = standing.lines.map((line) => ({ ...line, sku: line.lineNo === 2 ? 'OTHER' : 'SAME' }));
  const decided = decideReturn({ ...standing, lines, pointsKept: 47 }, [{ lineNo: null, sku: 'SAME', quantity: 4_000n }]);
  expect(decided.returned).toMatchObject([
    { lineNo: 1, quantity: 1_000n, left: 1_000n },
    { lineNo: 3, quantity: 3_000n, left: 0n },
  ]);
});

test('more than is left is refused', () => {
  expect(() => decideReturn(purchase(['4x2.50'], { back: [3] }), [goods(1, 2)])).toThrow(
    expect.objectContaining({ code: 'RETURN_EXCEEDS_PURCHASE', fields: { lineNo: 1, sku: 'S1', left: '1.000' } }),
  );
});

test('ineligible lines earn nothing, before the return and after', () => {
  const standing = purchase(['1x10', '1x30'], { pointsKept: 10 });
  const lines = standing.lines.map((line) => ({ ...line, eligible: line.lineNo === 1 }));
  expect(decideReturn({ ...standing, lines }, [goods(2, 1)]).clawBack).toBe(0);
  expect(decideReturn({ ...standing, lines }, [goods(1, 1)]).clawBack).toBe(10);
});

describe('which part is refunded first', () => {
  // 10 units, 4 of them paid with 400 points; 6 points earned.
  const standing = (refundOrder: StandingPurchase['refundOrder'], more = {}) =>
    purchase(['10x1'], { pointsKept: 6, paid: 4, burned: 400, refundOrder, ...more });
  test.each`
    order             | back  | given  | clawBack | reinstate | money
    ${'POINTS_LAST'}  | ${6}  | ${0}   | ${6}     | ${0}      | ${600}
    ${'POINTS_LAST'}  | ${9}  | ${0}   | ${6}     | ${300}    | ${600}
    ${'PRO_RATA'}     | ${5}  | ${0}   | ${3}     | ${200}    | ${300}
    ${'PRO_RATA'}     | ${5}  | ${120} | ${3}     | ${80}     | ${420}
    ${'POINTS_FIRST'} | ${3}  | ${0}   | ${0}     | ${300}    | ${0}
    ${'POINTS_FIRST'} | ${5}  | ${0}   | ${1}     | ${400}    | ${100}
    ${'POINTS_FIRST'} | ${10} | ${400} | ${6}     | ${0}      | ${1_000}
  `('$order: $back of 10 back, $given given back before: $reinstate points and $money cents back', ({ order, back, given, clawBack, reinstate, money }) => {
    expect(came(standing(order, { given }), goods(1, back))).toMatchObject({ clawBack, reinstate: [reinstate], money });
  });

  test('a redemption of which not all comes back lets none before it give any', () => {
    const paidBy = [
      { points: 300, reversed: 0, value: cents(300) },
      { points: 2, reversed: 0, value: cents(200) },
    ];
    const mixed = purchase(['20x0.50'], { paidBy, paidWithPoints: cents(500), refundOrder: 'POINTS_FIRST' });
    expect(came(mixed, goods(1, 1))).toMatchObject({ reinstate: [0, 0], money: 50 });
    expect(came(mixed, goods(1, 5))).toMatchObject({ reinstate: [50, 2], money: 0 });
  });

  test('a point that is worth more than what came back waits until enough did', () => {
    // 3 points of 0.3333 pay 1 of 2 units.
    const coarse = purchase(['200x0.01'], { paid: 1, burned: 3, refundOrder: 'POINTS_FIRST' });
    expect(came(coarse, goods(1, 34))).toMatchObject({ reinstate: [1], money: 0 });
    expect(came(coarse, goods(1, 33))).toMatchObject({ reinstate: [0], money: 33 });
    expect(came({ ...coarse, lines: [{ ...coarse.lines[0], returned: 33_000n }] }, goods(1, 1))).toMatchObject({ reinstate: [0], money: 1 });
  });
});
