import { enrolMember } from '../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../src/members/members/enrolment';
import { recordPurchase } from '../../src/programme/earning/record-purchases';
import { givePoints } from '../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from './households';
import { createShopCoalition, purchaseOf, type ShopCoalition } from './shop-coalition';
import { writtenRows } from './written-rows';

let shop: ShopCoalition;

beforeAll(async () => {
  shop = await createShopCoalition();
  const fuel = await shop.brand('FUEL');
  const people = householdsOf(shop, fuel);
  await people.allowGifts();
  const [ana, ben] = [await people.person(100), await people.person()];
  await givePoints(shop.app, ana.self, giftOf(ben.card, 10));
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '1'));
  await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: 'cem', customerId: 'cem' }));
});
afterAll(() => shop.close());

test.each([
  ['a counter that moved', 'UPDATE counter SET value = value + 7'],
  ['a lot that ends on another day', "UPDATE lot SET expires_on = '2099-01-01'"],
  ['what one account lost and another got', 'UPDATE account SET credits = 200 - credits WHERE credits BETWEEN 1 AND 199'],
  ['an account with another date', "UPDATE account SET slides_until = '2099-01-01' WHERE credits > 0"],
  ['a member of another country', "UPDATE member SET jurisdiction = 'AT'"],
  ['a row in the place of another', 'WITH gone AS (DELETE FROM counter RETURNING *) INSERT INTO counter SELECT account_id + 1000, key, value FROM gone'],
  ['rows that are gone', 'DELETE FROM counter'],
])('%s is written', async (_what, change) => {
  const before = await writtenRows(shop.database);
  expect(await writtenRows(shop.database)).toEqual(before);
  const { rowCount } = await shop.database.owner.query(change);
  expect(rowCount).toBeGreaterThan(0);
  expect(await writtenRows(shop.database)).not.toEqual(before);
});
