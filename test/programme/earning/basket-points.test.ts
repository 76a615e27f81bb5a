import { dayFromIso, dayToIso } from '../../../src/ledger/points/calendar';
import { ratio } from '../../../src/ledger/points/ratio';
import { basketPoints, lineExclusion } from '../../../src/programme/earning/basket-points';
import { expiryDate } from '../../../src/programme/expiry/expiry-date';
import type { ExactAmount } from '../../../src/programme/purchases/exact-amount';

const exact = (text: string) => (BigInt(Math.round(Number(text) * 1_000)) * 1_000_000n) as ExactAmount;

describe('points for a basket', () => {
  test.each`
    amount      | eligible    | paid     | perUnit | times  | scale | points   | why
    ${'10'}     | ${'10'}     | ${'0'}   | ${1}    | ${1}   | ${0}  | ${10n}   | ${'a point a unit'}
    ${'10.999'} | ${'10.999'} | ${'0'}   | ${1}    | ${1}   | ${0}  | ${10n}   | ${'the member loses the fraction'}
    ${'10.999'} | ${'10.999'} | ${'0'}   | ${1}    | ${2}   | ${0}  | ${20n}   | ${'the floor comes before the multiplier'}
    ${'0.999'}  | ${'0.999'}  | ${'0'}   | ${1}    | ${100} | ${0}  | ${0n}    | ${'nothing times anything'}
    ${'10'}     | ${'4'}      | ${'0'}   | ${1}    | ${1}   | ${0}  | ${4n}    | ${'only eligible lines earn'}
    ${'10'}     | ${'4'}      | ${'5'}   | ${1}    | ${1}   | ${0}  | ${4n}    | ${'points pay ineligible lines first'}
    ${'10'}     | ${'10'}     | ${'3.5'} | ${1}    | ${1}   | ${0}  | ${6n}    | ${'what points paid earns nothing'}
    ${'10'}     | ${'10'}     | ${'12'}  | ${1}    | ${1}   | ${0}  | ${0n}    | ${'never below zero'}
    ${'10.25'}  | ${'10.25'}  | ${'0'}   | ${4}    | ${1}   | ${0}  | ${41n}   | ${'points per unit before the floor'}
    ${'10.25'}  | ${'10.25'}  | ${'0'}   | ${1}    | ${1}   | ${2}  | ${1000n} | ${'whole points in the smallest unit'}
    ${'10'}     | ${'10'}     | ${'0'}   | ${0}    | ${1}   | ${0}  | ${0n}    | ${'a rule may give nothing'}
  `('$amount ($eligible eligible, $paid paid with points) x $perUnit x $times: $why', ({ amount, eligible, paid, perUnit, times, scale, points }) => {
    const rule = { pointsPerUnit: BigInt(perUnit), fullSteps: null, multiplier: ratio(times), roundTo: 'UNIT' as const };
    expect(basketPoints(rule, scale, { amount: exact(amount), eligible: exact(eligible), paidWithPoints: exact(paid) })).toBe(points);
  });

  test('a multiplier of three halves is floored again', () => {
    const rule = { pointsPerUnit: 1n, fullSteps: null, multiplier: ratio(3, 2), roundTo: 'UNIT' as const };
    expect(basketPoints(rule, 0, { amount: exact('7'), eligible: exact('7'), paidWithPoints: exact('0') })).toBe(10n);
  });
});

describe('why a line earns nothing', () => {
  const rule = { eligibleCategories: new Set(['food', 'wine']), excludedCategories: new Set(['wine']), excludedSkus: new Set(['GIFTCARD']) };
  test.each`
    sku           | category  | reason
    ${'BREAD'}    | ${'food'} | ${null}
    ${'GIFTCARD'} | ${'food'} | ${'SKU_EXCLUDED'}
    ${'RIESLING'} | ${'wine'} | ${'CATEGORY_EXCLUDED'}
    ${'SOAP'}     | ${'care'} | ${'CATEGORY_NOT_ELIGIBLE'}
    ${'SOAP'}     | ${null}   | ${'CATEGORY_NOT_ELIGIBLE'}
  `('$sku in $category: $reason', ({ sku, category, reason }) => {
    expect(lineExclusion(rule, { sku, category })).toBe(reason);
  });
});

describe('first day on which points can no longer be spent', () => {
  test.each`
    earned          | policy                                                 | expires
    ${'2026-03-15'} | ${{ kind: 'NONE' }}                                    | ${'infinity'}
    ${'2026-03-15'} | ${{ kind: 'ROLLING', months: 12, rounding: 'NONE' }}   | ${'2027-03-15'}
    ${'2026-08-31'} | ${{ kind: 'ROLLING', months: 6, rounding: 'NONE' }}    | ${'2027-02-28'}
    ${'2023-08-31'} | ${{ kind: 'ROLLING', months: 6, rounding: 'NONE' }}    | ${'2024-02-29'}
    ${'2026-03-15'} | ${{ kind: 'ROLLING', months: 12, rounding: 'MONTH' }}  | ${'2027-04-01'}
    ${'2026-11-30'} | ${{ kind: 'ROLLING', months: 1, rounding: 'MONTH' }}   | ${'2027-01-01'}
    ${'2026-01-31'} | ${{ kind: 'ROLLING', months: 1, rounding: 'QUARTER' }} | ${'2026-04-01'}
    ${'2026-12-31'} | ${{ kind: 'ROLLING', months: 3, rounding: 'QUARTER' }} | ${'2027-04-01'}
    ${'2026-03-15'} | ${{ kind: 'ROLLING', months: 24, rounding: 'YEAR' }}   | ${'2029-01-01'}
    ${'2026-03-15'} | ${{ kind: 'FIXED_DATE', monthDay: '12-31' }}           | ${'2027-01-01'}
    ${'2026-12-31'} | ${{ kind: 'FIXED_DATE', monthDay: '12-31' }}           | ${'2028-01-01'}
    ${'2026-06-30'} | ${{ kind: 'FIXED_DATE', monthDay: '03-31' }}           | ${'2027-04-01'}
    ${'2027-03-01'} | ${{ kind: 'FIXED_DATE', monthDay: '02-29' }}           | ${'2028-03-01'}
  `('earned $earned under $policy: $expires', ({ earned, policy, expires }) => {
    expect(dayToIso(expiryDate(policy, dayFromIso(earned)))).toBe(expires);
  });
});
