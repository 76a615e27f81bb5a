import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { recordReturn } from '../../../src/programme/returns/record-return';
import type { Journal } from '../../support/journal/run-journal';
import type { ShopCast } from '../../support/journal/shop-cast';
import { shopJournal } from '../../support/journal/shop-journal';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

// What a redemption rule refuses at once, no capture and no refund may leave either: a part of the minimum, or of a
// step.

let shop: ShopCoalition;
let till: Till;
let journal: Journal<ShopCast>;
beforeAll(async () => {
  shop = await createShopCoalition();
  till = await shop.brand('STEPS', { pointsPerUnit: 100 });
  await shop.database.owner.query('UPDATE redemption_rule SET minimum = 1000, step = 500 WHERE brand_id = $1', [till.brandId]);
  journal = shopJournal(shop, { STEPS: till });
});
afterAll(() => shop.close());

const setMinimum = (minimum: number) => shop.database.owner.query('UPDATE redemption_rule SET minimum = $2 WHERE brand_id = $1', [till.brandId, minimum]);

describe('keep the rule', () => {
  test('a capture takes what the rule would, and what a refusal names', () => journal`
    buy      ana  100 GBP at STEPS
    hold     ana 3000 FLP at STEPS as part
    capture  part   3 FLP  refused BELOW_MINIMUM, minimum 1000, nextIncrement 1000, retrySafe true
    capture  part 999 FLP  refused BELOW_MINIMUM, minimum 1000, nextIncrement 1000, retrySafe true
    capture  part 1200 FLP refused NOT_A_STEP, step 500, nextIncrement 1000, retrySafe true
    capture  part 1250 FLP refused NOT_A_STEP, step 500, nextIncrement 1000, retrySafe true
    capture  part 1000 FLP says points 1000
    hold     ana 3000 FLP at STEPS as all
    capture  all 2999 FLP  refused NOT_A_STEP, step 500, nextIncrement 3000, retrySafe true
    capture  all 3000 FLP  says points 3000`);

  test('a refund leaves what the rule would take', () => journal`
    buy      ana  100 GBP at STEPS
    redeem   ana 3000 FLP at STEPS as all
    refund   all 2999 FLP  refused BELOW_MINIMUM, minimum 1000, nextIncrement 3000
    refund   all 3000 FLP  says points 3000
    redeem   ana 3000 FLP at STEPS as most
    refund   most 2300 FLP refused BELOW_MINIMUM, minimum 1000, nextIncrement 2000
    refund   most 2000 FLP says points 2000
    redeem   ana 3000 FLP at STEPS as step
    refund   step   1 FLP  refused NOT_A_STEP, step 500, nextIncrement 500
    refund   step 500 FLP  says points 500
    redeem   ana 3000 FLP at STEPS as half
    refund   half 1700 FLP refused NOT_A_STEP, step 500, nextIncrement 1500
    refund   half 1500 FLP says points 1500`);

  test('a capture of all fits by default', () => journal`
    buy      ana  100 GBP at STEPS
    hold     ana 3000 FLP at STEPS as all
    capture  all           says points 3000`);

  test('a refund of the rest fits where it is less than the rule takes', async () => {
    const { goOn } = await journal`
      buy      ana  100 GBP at STEPS
      redeem   ana 3000 FLP at STEPS as all
      refund   all 2000 FLP`;
    await setMinimum(2_000);
    await goOn`refund all says points 1000`.finally(() => setMinimum(1_000));
  });

  test('a return of goods gives back what it must, whatever the rule takes', async () => {
    const { ref } = await till.enrol();
    await recordPurchase(shop.app, till.principal, purchaseOf(ref, '100'));
    const { redemptionId } = await redeemPoints(shop.app, till.principal, spendingOf(ref, 1_000));
    const lines = [
      { sku: 'PEN', quantity: '1', unitPrice: '7' },
      { sku: 'INK', quantity: '1', unitPrice: '3' },
    ];
    const bought = await recordPurchase(shop.app, till.principal, purchaseOf(ref, '0', { lines, redemptionIds: [redemptionId] }));
    const back = await recordReturn(shop.app, till.principal, returnOf(bought.purchaseId, [{ lineNo: 2, quantity: '1' }]));
    expect(back.reinstated).toBe(300);
  });
});
