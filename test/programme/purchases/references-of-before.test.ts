import type { QueryRunner } from 'typeorm';
import { ReceiptsByReference1790000000033 as Receipts } from '../../../migrations/0033-receipts-by-reference';
import { BareReferences1790000000046 as BareReferences } from '../../../migrations/0046-bare-references';
import { createOwnerDataSource } from '../../../src/platform/database/data-source';
import { derivedUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf } from '../../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop?.close());

async function migrate(work: (runner: QueryRunner) => Promise<void>): Promise<void> {
  const source = await createOwnerDataSource(shop.database.urls.owner).initialize();
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  await work(runner);
  await runner.commitTransaction();
  await runner.release();
  await source.destroy();
}

it('what was booked before references named it takes its name', async () => {
  const { owner } = shop.database;
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

  await migrate(async (runner) => {
    await new Receipts().down(runner);
    await new Receipts().up(runner);
  });

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

it('what was booked while blanks counted is found without them', async () => {
  const { owner } = shop.database;
  const padding = await shop.brand('PADDING');
  const pia = await padding.enrol('pia');
  const buy = (reference: string, amount = '10') => recordPurchase(shop.app, padding.principal, purchaseOf(pia.ref, amount, { reference }));
  const [till, twice, other] = [await buy('P-1'), await buy('P-2'), await buy('P-2/', '11')];
  // As the version before booked them: each under the name of just what was sent; P-2 by the till, with a blank, and by
  // the file, without.
  const before = async (purchaseId: string, reference: string) => {
    await owner.query(
      "SET session_replication_role = 'replica'; " +
        `UPDATE purchase SET reference = '${reference}' WHERE id = '${purchaseId}'; ` +
        `UPDATE claim SET name = '${derivedUuid('reference', padding.brandId, 'PURCHASE', 'FLP', reference)}' WHERE made_id = '${purchaseId}'; ` +
        "SET session_replication_role = 'origin'",
    );
  };
  await before(till.purchaseId, 'P-1 ');
  await before(other.purchaseId, 'P-2 ');
  const claims = async () => (await owner.query('SELECT name, made_id, turn FROM claim WHERE party_id = $1', [padding.brandId])).rows;
  const taken = await claims();
  for (let time = 0; time < 2; time++)
    await migrate(async (runner) => {
      await new BareReferences().down(runner);
      await new BareReferences().up(runner);
    });
  expect(await claims()).toEqual(expect.arrayContaining(taken));
  expect(await claims()).toHaveLength(5);
  expect(await buy('P-1')).toMatchObject({ purchaseId: till.purchaseId, duplicate: true });
  expect(await buy('P-1 ')).toMatchObject({ purchaseId: till.purchaseId, duplicate: true });
  expect(await buy('P-2 ')).toMatchObject({ purchaseId: twice.purchaseId, duplicate: true });
  expect(await buy('P-2', '11')).toMatchObject({ purchaseId: other.purchaseId, duplicate: true });
  await expect(buy('P-2', '12')).rejects.toMatchObject({ code: 'REFERENCE_TAKEN', fields: { first: twice.purchaseId } });
});
