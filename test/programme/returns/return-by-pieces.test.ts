import { decideReturnByPieces } from '../../../src/programme/returns/return-by-pieces';
import type { StandingPurchase } from '../../../src/programme/returns/return-decision';
import { goods, purchase } from './standing-purchase';

test.each`
  lines                 | kept  | paid  | burned  | line | back | clawBack | reinstate | why
  ${['2x5']}            | ${10} | ${0}  | ${0}    | ${1} | ${1} | ${5}     | ${0}      | ${'half of it'}
  ${['3x0.50', '1x10']} | ${11} | ${0}  | ${0}    | ${1} | ${1} | ${0}     | ${0}      | ${'floor(11.00) is still 11'}
  ${['3x0.50', '1x10']} | ${11} | ${0}  | ${0}    | ${1} | ${2} | ${1}     | ${0}      | ${'floor(10.50) is 10'}
  ${['2x5']}            | ${6}  | ${4}  | ${400}  | ${1} | ${1} | ${5}     | ${0}      | ${'points due are floor(5 - 4)'}
  ${['2x5']}            | ${6}  | ${4}  | ${400}  | ${1} | ${2} | ${6}     | ${400}    | ${'nothing left: burned points come back'}
  ${['2x5', '1x1']}     | ${7}  | ${4}  | ${400}  | ${1} | ${2} | ${7}     | ${0}      | ${'1 left, 4 paid with points: never below zero'}
  ${['2x5']}            | ${0}  | ${10} | ${1000} | ${1} | ${2} | ${0}     | ${1000}   | ${'a purchase that earned nothing'}
`(
  '$lines, $kept points, $paid paid with $burned points, $back of line $line back: clawed back $clawBack, reinstated $reinstate ($why)',
  ({ lines, kept, paid, burned, line, back, clawBack, reinstate }) => {
    const decided = decideReturnByPieces(purchase(lines, { pointsKept: kept, paid, burned }), [goods(line, back)]);
    expect(decided.clawBack).toBe(clawBack);
    expect(decided.reinstate.reduce((sum, points) => sum + points, 0)).toBe(reinstate);
  },
);

test('returns add up: what came back before counts', () => {
  const decided = decideReturnByPieces(purchase(['4x2.50'], { back: [1], pointsKept: 7 }), [goods(1, 1)]);
  expect(decided).toMatchObject({ clawBack: 2, returned: [{ lineNo: 1, quantity: 1_000n, left: 2_000n }], amountLeft: 5_000_000_000n });
});

test('goods named by sku come off the last line first', () => {
  const standing = purchase(['2x1', '2x9', '3x1']);
  const lines = standing.lines.map((line) => ({ ...line, sku: line.lineNo === 2 ? 'OTHER' : 'SAME' }));
  const decided = decideReturnByPieces({ ...standing, lines, pointsKept: 23 }, [{ lineNo: null, sku: 'SAME', quantity: 4_000n }]);
  expect(decided.returned).toMatchObject([
    { lineNo: 1, quantity: 1_000n, left: 1_000n },
    { lineNo: 3, quantity: 3_000n, left: 0n },
  ]);
});

test('more than is left is refused', () => {
  expect(() => decideReturnByPieces(purchase(['4x2.50'], { back: [3] }), [goods(1, 2)])).toThrow(
    expect.objectContaining({ code: 'RETURN_EXCEEDS_PURCHASE', fields: { lineNo: 1, sku: 'S1', left: '1.000' } }),
  );
});

test('ineligible lines earn nothing, before the return and after', () => {
  const standing = purchase(['1x10', '1x30'], { pointsKept: 10 });
  const lines = standing.lines.map((line) => ({ ...line, eligible: line.lineNo === 1 }));
  expect(decideReturnByPieces({ ...standing, lines }, [goods(2, 1)]).clawBack).toBe(0);
  expect(decideReturnByPieces({ ...standing, lines }, [goods(1, 1)]).clawBack).toBe(10);
});

describe('which part is refunded first', () => {
  // 10 units, 4 of them paid with 400 points; 6 points earned.
  const standing = (refundOrder: StandingPurchase['refundOrder'], more = {}) =>
    purchase(['10x1'], { pointsKept: 6, paid: 4, burned: 400, refundOrder, ...more });
  test.each`
    order             | back  | given  | clawBack | reinstate
    ${'POINTS_LAST'}  | ${9}  | ${0}   | ${6}     | ${0}
    ${'PRO_RATA'}     | ${5}  | ${0}   | ${3}     | ${200}
    ${'PRO_RATA'}     | ${5}  | ${120} | ${3}     | ${80}
    ${'POINTS_FIRST'} | ${3}  | ${0}   | ${0}     | ${300}
    ${'POINTS_FIRST'} | ${5}  | ${0}   | ${1}     | ${400}
    ${'POINTS_FIRST'} | ${10} | ${400} | ${6}     | ${0}
  `('$order: $back of 10 back, $given given back before: $reinstate points back, $clawBack clawed back', ({ order, back, given, clawBack, reinstate }) => {
    const decided = decideReturnByPieces(standing(order, { given }), [goods(1, back)]);
    expect(decided.reinstate).toEqual([reinstate]);
    expect(decided.clawBack).toBe(clawBack);
  });
});
