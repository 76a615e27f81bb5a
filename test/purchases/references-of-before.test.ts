import { ReceiptsByReference1790000000033 as Receipts } from '../../migrations/0033-receipts-by-reference';
import { createOwnerDataSource } from '../../src/database/data-source';
import { recordPurchase } from '../../src/earning/record-purchases';
import { holdPoints } from '../../src/redemption/hold-points';
import { voidHold, voidHoldSchema } from '../../src/redemption/void-hold';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf } from '../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop?.close());

it('what was booked before references named it takes its name: the first for good, and brands that repeat theirs may go on', async () => {
  const { owner, urls } = shop.database;
  const [once, often] = [await shop.brand('ONCE'), await shop.brand('OFTEN')];
  await owner.query("UPDATE brand SET references_repeat = 'ANY' WHERE id = $1", [often.brandId]);
  const [ana, ben] = [await once.enrol('ana'), await often.enrol('ben')];
  const first = await recordPurchase(shop.app, once.principal, purchaseOf(ana.ref, '1000', { reference: 'Kassa 1/ä "1"' }));
  const hold = (reference: string) => holdPoints(shop.app, once.principal, spendingOf(ana.ref, 10, { reference }));
  const over = await hold('H 1');
  await voidHold(shop.app, once.principal, voidHoldSchema.parse({ idempotencyKey: 'v', redemptionId: over.redemptionId }));
  const standing = await hold('H 1');
  const [one] = [
    await recordPurchase(shop.app, often.principal, purchaseOf(ben.ref, '1', { reference: 'till 3' })),
    await recordPurchase(shop.app, often.principal, purchaseOf(ben.ref, '2', { reference: 'till 3' })),
  ];
  const claims = async () => (await owner.query('SELECT name, made_id, turn FROM claim ORDER BY name, made_id')).rows;
  const before = await claims();

  const source = await createOwnerDataSource(urls.owner).initialize();
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  await new Receipts().down(runner);
  await new Receipts().up(runner);
  await runner.commitTransaction();
  await runner.release();
  await source.destroy();

  const after = await claims();
  expect(after.map(({ name, made_id }) => [name, made_id])).toEqual(before.map(({ name, made_id }) => [name, made_id]));
  const turnOf = (made: string) => Number(after.find(({ made_id }) => made_id === made)?.turn);
  expect([first.purchaseId, standing.redemptionId, one.purchaseId].map(turnOf)).toEqual([0, 0, 0]);
  expect(after.filter(({ turn }) => Number(turn) >= 2 ** 52)).toHaveLength(2);
  const { rows } = await owner.query("SELECT code, references_repeat AS repeat FROM brand WHERE code IN ('ONCE', 'OFTEN') ORDER BY code");
  expect(rows).toEqual([
    { code: 'OFTEN', repeat: 'ANY' },
    { code: 'ONCE', repeat: 'NEVER' },
  ]);
  // It is known again by another key.
  await owner.query('UPDATE coalition_version SET version = version + 1');
  expect(await recordPurchase(shop.app, once.principal, purchaseOf(ana.ref, '1000', { reference: 'Kassa 1/ä "1"' }))).toMatchObject({
    purchaseId: first.purchaseId,
    duplicate: true,
  });
  expect(await hold('H 1')).toMatchObject({ redemptionId: standing.redemptionId, duplicate: true });
});
