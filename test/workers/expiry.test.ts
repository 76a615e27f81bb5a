import { setRule } from '../../src/coalition/rules/set-rule';
import { EARNING_RULE } from '../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../src/programme/earning/record-purchases';
import { startWorkers } from '../../workers/main';
import { createShopCoalition, purchaseOf } from '../support/shop-coalition';
import { until } from '../support/until';
import { firstFault } from '../support/verified-books';

it('is looked after by the workers, unasked: awards taken back, expired points booked, members told', async () => {
  const shop = await createShopCoalition({ now: new Date('2026-01-10T12:00:00Z'), expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
  const fuel = await shop.brand('FUEL');
  const ana = await fuel.enrol('ana');
  const buy = (amount: string) => recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, amount));
  await buy('10');
  shop.clock.set(new Date('2026-02-05T12:00:00Z'));
  await buy('20');
  const rule = { idempotencyKey: 'rule', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: shop.clock.now() };
  await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind: 'ON_EVENT', days: 3 } }));
  await buy('40');
  shop.clock.set(new Date('2026-02-11T12:00:00Z'));
  const workers = await startWorkers(shop.app);
  const look = async () => {
    const { rows } = await shop.database.owner.query(
      `SELECT (SELECT sum(amount)::int FROM transfer WHERE code = 'EXPIRY') AS expired, (SELECT sum(amount)::int FROM transfer WHERE code = 'CLAWBACK') AS taken_back,
         (SELECT sum(points)::int FROM expiry_notice) AS told`,
    );
    return rows[0];
  };
  await until('members are told', async () => (await look()).told !== null);
  await workers.close();
  expect(await look()).toEqual({ expired: 10, taken_back: 40, told: 20 });
  expect(await firstFault(shop)).toBeUndefined();
  await shop.close();
});
