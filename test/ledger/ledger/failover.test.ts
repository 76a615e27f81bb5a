import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { faultsInBooks } from '../../invariants/book-checks';
import { type KillableServer, startKillableServer } from '../../support/killable-server';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

/**
 * The server dies, and its standby is promoted, which has missed the last transactions. A gateway that lives on has
 * seen what never was: accounts and origins whose numbers are given out again, a rule whose version is another rule's
 * now.
 */
let server: KillableServer;
let shop: ShopCoalition;
let fuel: Till;

beforeAll(async () => {
  server = await startKillableServer({ fsync: 'off' });
  shop = await createShopCoalition({ database: server.database });
  fuel = await shop.brand('FUEL', { pointsPerUnit: 1 });
});
afterAll(async () => {
  await shop?.close();
  await server?.stop();
});

const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows;

const rule = (pointsPerUnit: number) =>
  sql(
    `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, effective_from, created_at)
     VALUES ($1, $2, $3, 2, 'GBP', $4, '2026-03-01', '2026-03-01')`,
    [newUuid(), fuel.brandId, shop.currencyId, pointsPerUnit],
  );

const configuration = async () => (await sql('SELECT version::text FROM coalition_version'))[0].version;

/** What any client does that is told to send the same again. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 5 || !(error as { retrySafe?: boolean }).retrySafe) throw error;
      shop.clock.advance(1);
    }
  }
}

const walletAccount = async (walletId: string) => (await sql("SELECT id FROM account WHERE owner_id = $1 AND kind = 'WALLET'", [walletId]))[0]?.id;

it('nothing that the former server knew alone is believed of the new one', async () => {
  const { app, clock } = shop;
  const early = await fuel.enrol('early');
  await recordPurchase(app, fuel.principal, purchaseOf(early.ref, '10'));
  await server.copy();

  // What the standby will miss: a member with her account, lots of another month, a rule.
  await rule(50);
  const lost = await configuration();
  const ana = await fuel.enrol('ana');
  clock.set(new Date('2026-04-15T12:00:00Z'));
  expect((await recordPurchase(app, fuel.principal, purchaseOf(ana.ref, '10'))).points).toBe(500);
  const anas = await walletAccount(ana.walletId);

  await server.failOver();
  clock.advance(60_000);
  await rule(20);
  expect(await configuration()).toBe(lost);

  // Sent to the gateway that has lived on.
  const ben = await again(() => fuel.enrol('ben'));
  expect((await again(() => recordPurchase(app, fuel.principal, purchaseOf(ben.ref, '1')))).points).toBe(20);
  const back = await again(() => fuel.enrol('ana'));
  expect((await again(() => recordPurchase(app, fuel.principal, purchaseOf(back.ref, '2')))).balance?.active).toBe(40);
  // Or this has shown nothing.
  expect(await walletAccount(ben.walletId)).toBe(anas);
  expect(await sql('SELECT FROM lot WHERE origin_id NOT IN (SELECT id FROM lot_origin)')).toEqual([]);
  expect(await faultsInBooks(server.database.owner)).toEqual([]);
});
