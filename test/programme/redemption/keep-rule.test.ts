import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

// What a redemption rule refuses at once, no capture and no refund may leave either: a part of the minimum, or of a
// step.

let shop: ShopCoalition;
let till: Till;
beforeAll(async () => {
  shop = await createShopCoalition();
  till = await shop.brand('STEPS', { pointsPerUnit: 100 });
  await shop.database.owner.query('UPDATE redemption_rule SET minimum = 1000, step = 500 WHERE brand_id = $1', [till.brandId]);
});
afterAll(() => shop.close());

let keys = 0;
async function rich() {
  const { ref } = await till.enrol();
  await recordPurchase(shop.app, till.principal, purchaseOf(ref, '100'));
  return ref;
}
const held = async () => (await holdPoints(shop.app, till.principal, spendingOf(await rich(), 3_000))).redemptionId;
const burned = async () => (await redeemPoints(shop.app, till.principal, spendingOf(await rich(), 3_000))).redemptionId;
const capture = (redemptionId: string, points?: number) =>
  captureHold(shop.app, till.principal, captureHoldSchema.parse({ idempotencyKey: `c${++keys}`, redemptionId, points: points && BigInt(points) }));
const refund = (redemptionId: string, points?: number) =>
  refundRedemption(shop.app, till.principal, refundRedemptionSchema.parse({ idempotencyKey: `r${++keys}`, redemptionId, points: points && BigInt(points) }));

test.each`
  points   | refused
  ${3}     | ${{ code: 'BELOW_MINIMUM', fields: { minimum: 1_000, nextIncrement: 1_000 } }}
  ${999}   | ${{ code: 'BELOW_MINIMUM', fields: { minimum: 1_000, nextIncrement: 1_000 } }}
  ${1_200} | ${{ code: 'NOT_A_STEP', fields: { step: 500, nextIncrement: 1_000 } }}
  ${1_250} | ${{ code: 'NOT_A_STEP', fields: { step: 500, nextIncrement: 1_000 } }}
  ${2_999} | ${{ code: 'NOT_A_STEP', fields: { step: 500, nextIncrement: 3_000 } }}
`('$points points captured of a hold of 3,000: $refused.code', async ({ points, refused }) => {
  const id = await held();
  await expect(capture(id, points)).rejects.toMatchObject({ ...refused, retrySafe: true });
  // What it names is taken.
  expect((await capture(id, refused.fields.nextIncrement)).points).toBe(refused.fields.nextIncrement);
});

test.each`
  points   | refused
  ${2_999} | ${{ code: 'BELOW_MINIMUM', fields: { minimum: 1_000, nextIncrement: 3_000 } }}
  ${2_300} | ${{ code: 'BELOW_MINIMUM', fields: { minimum: 1_000, nextIncrement: 2_000 } }}
  ${1}     | ${{ code: 'NOT_A_STEP', fields: { step: 500, nextIncrement: 500 } }}
  ${1_700} | ${{ code: 'NOT_A_STEP', fields: { step: 500, nextIncrement: 1_500 } }}
`('$points of 3,000 points refunded: $refused.code', async ({ points, refused }) => {
  const id = await burned();
  await expect(refund(id, points)).rejects.toMatchObject(refused);
  expect((await refund(id, refused.fields.nextIncrement)).points).toBe(refused.fields.nextIncrement);
});

test('all, or none, always fits: also where what is left is less than the rule takes', async () => {
  expect((await capture(await held())).points).toBe(3_000);
  const id = await burned();
  await refund(id, 2_000);
  await shop.database.owner.query('UPDATE redemption_rule SET minimum = 2000 WHERE brand_id = $1', [till.brandId]);
  try {
    expect((await refund(id)).points).toBe(1_000);
  } finally {
    await shop.database.owner.query('UPDATE redemption_rule SET minimum = 1000 WHERE brand_id = $1', [till.brandId]);
  }
});

test('a return of goods gives back what it must, whatever the rule takes', async () => {
  const ref = await rich();
  const { redemptionId } = await redeemPoints(shop.app, till.principal, spendingOf(ref, 1_000));
  const lines = [
    { sku: 'PEN', quantity: '1', unitPrice: '7' },
    { sku: 'INK', quantity: '1', unitPrice: '3' },
  ];
  const bought = await recordPurchase(shop.app, till.principal, purchaseOf(ref, '0', { lines, redemptionIds: [redemptionId] }));
  const back = await recordReturn(shop.app, till.principal, returnOf(bought.purchaseId, [{ lineNo: 2, quantity: '1' }]));
  expect(back.reinstated).toBe(300);
});
