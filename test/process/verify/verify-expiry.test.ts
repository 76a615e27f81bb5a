import { setRule } from '../../../src/coalition/rules/set-rule';
import { cancelAwards } from '../../../src/programme/earning/cancel-awards';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { giveNotices } from '../../../src/programme/expiry/give-notices';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf } from '../../support/shop-coalition';
import { faults, firstFault } from '../../support/verified-books';

let shop: ShopCoalition;

/**
 * One wallet with an award that was confirmed, one that was cancelled, one that still can be, points that have expired,
 * some of which were used before and told of after it, and a notice.
 */
beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-01-10T12:00:00Z'), expiry: { kind: 'ROLLING', months: 3, rounding: 'NONE' } });
  const fuel = await shop.brand('FUEL');
  const ana = await fuel.enrol('ana');
  const buy = (amount: string) => recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, amount));
  await buy('10');
  const availability = { kind: 'ON_EVENT', days: 20 };
  const rule = { idempotencyKey: 'rule', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: shop.clock.now(), availability };
  await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse(rule));
  const [kept] = [await buy('20'), await buy('40')];
  await confirmPurchase(shop.app, fuel.principal, { idempotencyKey: 'confirm', purchaseId: kept.purchaseId, occurredAt: null });
  shop.clock.set(new Date('2026-03-15T12:00:00Z'));
  await cancelAwards(shop.app);
  await giveNotices(shop.app);
  shop.clock.set(new Date('2026-04-11T12:00:00Z'));
  await expirePoints(shop.app);
  await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 4, { occurredAt: new Date('2026-04-01T12:00:00Z') }));
  await buy('70');
});

afterAll(() => shop.close());

/** Alters one row as a superuser can, looks, and puts everything back. */
async function faultsAfter(sql: string): Promise<string[]> {
  const owner = await shop.database.owner.connect();
  try {
    await owner.query("SET session_replication_role = 'replica'");
    const tables = ['purchase_award', 'award_resolution', 'expiry_notice', 'allocation', 'lot_change', 'expired_lot'];
    for (const table of tables) await owner.query(`CREATE TEMP TABLE kept_${table} AS TABLE ${table}`);
    expect((await owner.query(sql)).rowCount).toBe(1);
    const found = (await faults(shop)).map(({ check }) => check);
    for (const table of tables) await owner.query(`DELETE FROM ${table}; INSERT INTO ${table} TABLE kept_${table}; DROP TABLE kept_${table}`);
    return found;
  } finally {
    await owner.query("SET session_replication_role = 'origin'");
    owner.release();
  }
}

it('finds books in which awards, notices and expiry are as they were booked in order', async () => {
  expect((await shop.database.owner.query("SELECT count(*)::int AS n FROM transfer WHERE code = 'EXPIRY'")).rows).toEqual([{ n: 1 }]);
  expect((await shop.database.owner.query('SELECT points::int FROM expiry_notice ORDER BY points')).rows).toEqual([{ points: 30 }]);
  expect(await firstFault(shop)).toBeUndefined();
});

it.each([
  ['an award of another deadline', 'UPDATE purchase_award SET deadline = deadline + 1 WHERE points = 40', 'pending awards'],
  ['an award that is gone', 'DELETE FROM purchase_award WHERE points = 20', 'pending awards'],
  ['a cancellation of more than was taken back', "UPDATE award_resolution SET points = 41 WHERE state = 'CANCELLED'", 'pending awards'],
  [
    'a confirmation that gave nothing',
    `INSERT INTO award_resolution SELECT a.wallet_id, a.purchase_id, a.brand_id, gen_random_uuid(), 'CONFIRMED', a.points, now(), now()
     FROM purchase_award a WHERE a.points = 70`,
    'pending awards',
  ],
  ['a confirmation that is not told of', "UPDATE award_resolution SET state = 'CANCELLED' WHERE state = 'CONFIRMED'", 'pending awards'],
  [
    'points that expired before their day',
    "UPDATE allocation a SET expires_on = '2026-04-12' FROM transfer t WHERE t.id = a.transfer_id AND t.code = 'EXPIRY'",
    'lots',
  ],
  [
    'an expiry cancelled of points that were over when it was said to have happened',
    "UPDATE allocation a SET expires_on = '2026-04-01' FROM transfer t WHERE t.id = a.transfer_id AND t.code = 'EXPIRY_CANCELLATION'",
    'expired points against',
  ],
  ['an expiry that was cancelled, and counts still', 'UPDATE expired_lot SET amount = amount + 4', 'expired lots'],
  ['a notice of somebody else', 'UPDATE expiry_notice SET wallet_id = gen_random_uuid()', 'notices'],
  ['a notice given too early', 'UPDATE expiry_notice SET days = 7', 'notices'],
])('finds %s', async (_what, sql, check) => {
  expect(await faultsAfter(sql)).toContainEqual(expect.stringContaining(check));
});
