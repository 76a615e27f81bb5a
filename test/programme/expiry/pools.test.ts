import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { giveNotices } from '../../../src/programme/expiry/give-notices';
import { listExpiryNotices } from '../../../src/programme/expiry/list-notices';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { createPool, createPoolSchema } from '../../../src/programme/sharing/create-pool';
import { householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, spendingOf } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

it("books what ends in a household's pool, whatever was spent of it", async () => {
  const shop = await createShopCoalition({ now: new Date('2026-01-15T12:00:00Z'), expiry: { kind: 'SLIDING', months: 6 } });
  const fuel = await shop.brand('FUEL');
  const ana = await householdsOf(shop, fuel).person();
  const at = (instant: string) => shop.clock.set(new Date(instant));
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
  await createPool(shop.app, ana.self, createPoolSchema.parse({ idempotencyKey: 'pool' }));
  await contributeToPool(shop.app, ana.self, contributeToPoolSchema.parse({ idempotencyKey: 'give', currency: 'FLP', points: 60n }));
  const fromPool = (points: number) => spendingOf(ana.card, points, { source: 'POOL' });
  at('2026-05-01T12:00:00Z');
  await redeemPoints(shop.app, fuel.principal, fromPool(10));
  const hold = await holdPoints(shop.app, fuel.principal, fromPool(10));
  await captureHold(shop.app, fuel.principal, captureHoldSchema.parse({ idempotencyKey: 'capture', redemptionId: hold.redemptionId }));
  // Her own wallet goes on; what she put into the pool keeps its day.
  await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 10));
  at('2026-06-20T12:00:00Z');
  expect(await giveNotices(shop.app)).toBe(1);
  expect(await listExpiryNotices(shop.app, ana.self, { memberId: null, limit: 10, before: null })).toMatchObject([{ points: 40, on: '2026-07-15', days: 30 }]);
  // Not a brand: it sees no pool, nor that there is one.
  for (const principal of [fuel.principal, { ...ana.self, brandId: fuel.brandId }])
    expect(await listExpiryNotices(shop.app, principal, { memberId: null, limit: 10, before: null })).toEqual([]);
  at('2026-07-15T12:00:00Z');
  await expect(redeemPoints(shop.app, fuel.principal, fromPool(1))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 0 } });
  expect(await expirePoints(shop.app)).toEqual({ accounts: 1, more: false });
  const { rows } = await shop.database.owner.query('SELECT kind, (credits - debits)::int AS left, slides_until::text FROM account WHERE guarded ORDER BY kind');
  expect(rows).toEqual([
    { kind: 'POOL', left: 0, slides_until: 'infinity' },
    { kind: 'WALLET', left: 30, slides_until: '2026-11-01' },
  ]);
  expect(await firstFault(shop)).toBeUndefined();
  await shop.close();
});
