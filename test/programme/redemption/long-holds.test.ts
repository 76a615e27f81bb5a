import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import * as activities from '../../../src/programme/expiry/activity';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

// So that its functions can be replaced by wrong ones.
jest.mock('../../../src/programme/expiry/activity', () => ({ __esModule: true, ...jest.requireActual('../../../src/programme/expiry/activity') }));

let shop: ShopCoalition;
let fuel: Till;
beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'SLIDING', months: 1 } });
  fuel = await shop.brand('FUEL');
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => shop.close());

async function heldBeyondItsMonth(): Promise<void> {
  const { app, clock } = shop;
  clock.set(new Date('2026-03-01T12:00:00Z'));
  const { ref } = await fuel.enrol();
  await recordPurchase(app, fuel.principal, purchaseOf(ref, '100'));
  const held = await holdPoints(app, fuel.principal, spendingOf(ref, 40, { expiresAt: new Date('2026-05-20T12:00:00Z') }));
  clock.set(new Date('2026-05-10T12:00:00Z'));
  const bought = await recordPurchase(app, fuel.principal, purchaseOf(ref, '10'));
  expect(bought.balance).toMatchObject({ active: 70, held: 40 });
  const voided = await voidHold(app, fuel.principal, voidHoldSchema.parse({ idempotencyKey: held.redemptionId, redemptionId: held.redemptionId }));
  expect(voided.balance).toMatchObject({ active: 110, held: 0 });

  // A month after the day until which they might have been held, all of it lapses.
  clock.set(new Date('2026-06-19T12:00:00Z'));
  expect((await holdPoints(app, fuel.principal, spendingOf(ref, 110, { dryRun: true }))).points).toBe(110);
  clock.set(new Date('2026-06-20T12:00:00Z'));
  await expect(holdPoints(app, fuel.principal, spendingOf(ref, 1))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
}

it('a wallet does not lapse while points of it are held', heldBeyondItsMonth);

it('a seeded fault turns it red: a hold is activity only of the day on which it is placed', async () => {
  const { activity } = jest.requireActual<typeof activities>('../../../src/programme/expiry/activity');
  jest.spyOn(activities, 'activity').mockImplementation((policy, account, day) => activity(policy, account, day));
  await expect(heldBeyondItsMonth()).rejects.toThrow(/"active": 10/);
});
