import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf } from '../../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-03-01T12:00:00Z'), expiry: { kind: 'SLIDING', months: 1 } });
});
afterAll(() => shop.close());

/** Seeded fault that turned it red: a hold that counts as activity only on the day on which it is placed. */
it('a wallet does not lapse while points of it are held: what a hold gives back never comes to life again', async () => {
  const { app, clock } = shop;
  const fuel = await shop.brand('FUEL');
  const { ref } = await fuel.enrol();
  await recordPurchase(app, fuel.principal, purchaseOf(ref, '100'));
  const held = await holdPoints(app, fuel.principal, spendingOf(ref, 40, { expiresAt: new Date('2026-05-20T12:00:00Z') }));
  clock.set(new Date('2026-05-10T12:00:00Z'));
  const bought = await recordPurchase(app, fuel.principal, purchaseOf(ref, '10'));
  expect(bought.balance).toMatchObject({ active: 70, held: 40 });
  const voided = await voidHold(app, fuel.principal, voidHoldSchema.parse({ idempotencyKey: 'void', redemptionId: held.redemptionId }));
  expect(voided.balance).toMatchObject({ active: 110, held: 0 });

  // A month after the day until which they might have been held, all of it lapses.
  clock.set(new Date('2026-06-19T12:00:00Z'));
  expect((await holdPoints(app, fuel.principal, spendingOf(ref, 110, { dryRun: true }))).points).toBe(110);
  clock.set(new Date('2026-06-20T12:00:00Z'));
  await expect(holdPoints(app, fuel.principal, spendingOf(ref, 1))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
});
