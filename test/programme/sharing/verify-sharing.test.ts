import { verifyBooks } from '../../../src/process/verify/verify-books';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition, type ShopCoalition } from '../../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop.close());

test('whose points are in a pool, and what a gift says, are verified', async () => {
  const people = householdsOf(shop, await shop.brand('FUEL'));
  await people.allowGifts();
  const [ana, ben] = [await people.person(100), await people.person()];
  await people.pool(ana);
  await people.contribute(ana, 40);
  const { giftId } = await givePoints(shop.app, ana.self, giftOf(ben.card, 10));
  const wrong = async () => {
    const client = await shop.database.owner.connect();
    await client.query('SET ROLE tessera_app');
    const findings = await verifyBooks(client);
    client.release(true);
    return findings.filter((finding) => finding.wrong > 0).map((finding) => [finding.check, finding.first?.account?.kind]);
  };
  const spoil = async (statement: string, values: unknown[] = []) => {
    await shop.database.owner.query(`ALTER TABLE gift DISABLE TRIGGER USER; ALTER TABLE household_member DISABLE TRIGGER USER`);
    await shop.database.owner.query(statement, values);
  };
  expect(await wrong()).toEqual([]);
  await spoil('UPDATE gift SET points = 11 WHERE id = $1', [giftId]);
  expect(await wrong()).toEqual([['gifts against transfers', 'WALLET']]);
  await spoil('UPDATE gift SET points = 10 WHERE id = $1', [giftId]);
  await spoil('UPDATE household_member SET joined_at = NULL');
  expect(await wrong()).toEqual([['points in pools against who was in them', 'POOL']]);
});
