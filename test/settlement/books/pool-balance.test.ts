import type { Principal } from '../../../src/coalition/access/principal';
import { newUuid } from '../../../src/platform/ids';
import { readPoolBalanceAt, readWalletBalanceAt } from '../../../src/settlement/books/account-balances';
import { householdsOf } from '../../support/households';
import { createShopCoalition, type ShopCoalition } from '../../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop.close());

test("what a household pool held at an instant is its members' and the operator's to see", async () => {
  const people = householdsOf(shop, await shop.brand('FUEL'));
  const [ana, ben, zoe] = [await people.person(100), await people.person(50), await people.person()];
  const pool = await people.pool(ana, ben);
  await people.contribute(ana, 40);
  const then = shop.clock.now();
  shop.clock.advance(3_600_000);
  await people.contribute(ben, 50);
  shop.clock.advance(3_600_000);
  const operator: Principal = { kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true };
  const held = (asker: Principal, at: Date) => readPoolBalanceAt(shop.app, asker, pool, 'FLP', at);
  for (const asker of [ana.self, ben.self, operator]) {
    expect(await held(asker, then)).toMatchObject({ kind: 'POOL', owner: pool, credits: 40n, debits: 0n });
    expect(await held(asker, new Date(shop.clock.now().getTime() - 60_000))).toMatchObject({ credits: 90n, debits: 0n });
  }
  expect(await held(zoe.self, then)).toBeNull();
  await expect(held(ana.self, shop.clock.now())).rejects.toMatchObject({ code: 'NOT_SETTLED_YET' });
  const wallet = (at: Date) => readWalletBalanceAt(shop.app, ben.self, null, 'FLP', at);
  expect(await wallet(then)).toMatchObject({ kind: 'WALLET', credits: 50n, debits: 0n });
  expect(await wallet(new Date(shop.clock.now().getTime() - 60_000))).toMatchObject({ credits: 50n, debits: 50n });
});
