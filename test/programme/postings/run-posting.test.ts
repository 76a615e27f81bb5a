import { recordChange } from '../../../src/coalition/access/record-change';
import { balancesIf } from '../../../src/members/identification/what-is-told';
import { whenOf } from '../../../src/programme/postings/posting-time';
import { runPosting } from '../../../src/programme/postings/run-posting';
import { createShopCoalition, type ShopCoalition } from '../../support/shop-coalition';

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop.close());

test.each([
  ['a dry run', true, 0],
  ['the request itself', false, 1],
])('what a look writes for %s', async (_, dryRun, kept) => {
  const operation = dryRun ? 'tried' : 'used';
  const { principal, brandId } = await shop.brand(dryRun ? 'FUEL' : 'TAXI');
  await runPosting(shop.app, principal, {
    kind: 'NEW_OPERATION',
    party: brandId,
    idempotencyKey: 'key',
    content: {},
    dryRun,
    tellAgain: () => balancesIf(true),
    async look(tx) {
      await recordChange(shop.app, tx, principal, { operation, target: brandId });
      return { tell: balancesIf(true) };
    },
    plan: (_found, { now }) => ({
      when: whenOf({ occurredAt: null }, now, { timeZone: 'UTC' }),
      loads: { wallets: [] },
      plan: () => ({ steps: [], answer: {} }),
    }),
    answer: ({ duplicate }) => expect(duplicate).toBe(false),
  });
  const { rows } = await shop.database.owner.query('SELECT FROM audit_entry WHERE operation = $1', [operation]);
  expect(rows).toHaveLength(kept);
});
