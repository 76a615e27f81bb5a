import { ratio } from '../../../src/ledger/points/ratio';
import { checkRule, moneyValue } from '../../../src/programme/redemption/check-rule';
import type { RedemptionRule } from '../../../src/programme/redemption/redemption-rule';
import { REDEMPTION_RULE } from '../../../src/programme/redemption/redemption-rule';

const rule: RedemptionRule = {
  id: 'rule',
  ownerBrandId: 'brand',
  currencyId: 1,
  currency: 'FLP',
  version: 1,
  moneyCurrency: 'GBP',
  endsAt: null,
  pointsPerUnit: 100n,
  worth: ratio(1_000_000, 100),
  minimum: 200n,
  step: 50n,
  maximum: 5_000n,
  share: ratio(1, 2),
  effectiveFrom: new Date(0),
  withdrawnAt: null,
};
const gbp = (amount: string) => ({ amount: BigInt(Math.round(Number(amount) * 1_000_000)), moneyCurrency: 'GBP' });

test.each`
  points    | purchase                                       | refused
  ${200n}   | ${gbp('10')}                                   | ${null}
  ${500n}   | ${gbp('10')}                                   | ${null}
  ${150n}   | ${gbp('10')}                                   | ${{ code: 'BELOW_MINIMUM', fields: { minimum: 200, nextIncrement: 200 } }}
  ${201n}   | ${gbp('10')}                                   | ${{ code: 'NOT_A_STEP', fields: { step: 50, nextIncrement: 250 } }}
  ${5_050n} | ${gbp('1000')}                                 | ${{ code: 'ABOVE_MAXIMUM', fields: { maximum: 5_000 } }}
  ${5_001n} | ${gbp('1000')}                                 | ${{ code: 'ABOVE_MAXIMUM', fields: { maximum: 5_000 } }}
  ${4_999n} | ${gbp('1000')}                                 | ${{ code: 'NOT_A_STEP', fields: { step: 50, nextIncrement: 5_000 } }}
  ${480n}   | ${gbp('9.99')}                                 | ${{ code: 'SHARE_EXCEEDED', fields: { maximum: 450 } }}
  ${550n}   | ${gbp('10')}                                   | ${{ code: 'SHARE_EXCEEDED', fields: { maximum: 500 } }}
  ${500n}   | ${gbp('9.99')}                                 | ${{ code: 'SHARE_EXCEEDED', fields: { maximum: 450 } }}
  ${500n}   | ${null}                                        | ${{ code: 'PURCHASE_AMOUNT_REQUIRED' }}
  ${500n}   | ${{ amount: 10n ** 9n, moneyCurrency: 'EUR' }} | ${{ code: 'MONEY_CURRENCY_MISMATCH', fields: { expected: 'GBP' } }}
`('$points points for $purchase: $refused', ({ points, purchase, refused }) => {
  const check = () => checkRule(rule, points, purchase);
  if (refused) expect(check).toThrow(expect.objectContaining(refused));
  else expect(check).not.toThrow();
});

test('no more points are spent at once than can be counted exactly', () => {
  const boundless = { ...rule, maximum: null, share: ratio(1) };
  const refusal = (points: bigint, most?: bigint) => () => checkRule(boundless, points, null, most);
  const aboveMaximum = (maximum: number) => expect.objectContaining({ code: 'ABOVE_MAXIMUM', fields: { maximum } });
  expect(refusal(900_719_925_450n)).not.toThrow();
  expect(refusal(900_719_925_500n)).toThrow(aboveMaximum(900_719_925_450));
  expect(refusal(1_050n, 1_020n)).toThrow(aboveMaximum(1_000));
  // The next step would be an amount that there is not.
  expect(refusal(2n ** 53n - 1n)).toThrow(aboveMaximum(900_719_925_450));
});

test('a rule without a share asks for no purchase', () => {
  expect(() => checkRule({ ...rule, share: ratio(1) }, 500n, null)).not.toThrow();
});

test('points never pay more than they are worth', () => {
  const worth = (money: string, pointsPerUnit: number) => ({ moneyCurrency: money, worth: ratio(1_000_000, pointsPerUnit) });
  expect(moneyValue(worth('GBP', 3), 1n)).toBe(330_000n);
  expect(moneyValue(worth('GBP', 100), 250n)).toBe(2_500_000n);
  expect(moneyValue(worth('EUR', 130), 100n)).toBe(760_000n);
  expect(moneyValue(worth('JPY', 7), 50n)).toBe(7_000_000n);
  expect(moneyValue(worth('KWD', 7), 50n)).toBe(7_142_000n);
  // A point worth 100 rupiah.
  expect(moneyValue({ moneyCurrency: 'IDR', worth: ratio(100_000_000, 1) }, 3n)).toBe(300_000_000n);
});

test.each`
  minimum | step    | maximum | refused
  ${1n}   | ${600n} | ${500n} | ${'In steps of 600 the fewest points are 600, above the maximum of 500: nothing could be redeemed.'}
  ${601n} | ${600n} | ${700n} | ${'In steps of 600 the fewest points are 1200, above the maximum of 700: nothing could be redeemed.'}
  ${501n} | ${1n}   | ${500n} | ${'The maximum is not below the minimum.'}
  ${600n} | ${600n} | ${600n} | ${undefined}
  ${1n}   | ${600n} | ${null} | ${undefined}
`('a rule from $minimum in steps of $step up to $maximum: $refused', ({ minimum, step, maximum, refused }) => {
  const figures = { moneyCurrency: 'GBP', pointsPerUnit: 100n, minimum, step, maximum };
  const { error } = REDEMPTION_RULE.schema.safeParse({ idempotencyKey: 'rule', currency: 'FLP', effectiveFrom: new Date(), ...figures });
  expect(error?.issues.map(({ path, message }) => ({ path, message }))).toEqual(refused && [{ path: ['maximum'], message: refused }]);
});
