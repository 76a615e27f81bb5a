import { verifyBooks } from '../../../src/process/verify/verify-books';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { createPool, createPoolSchema } from '../../../src/programme/sharing/create-pool';
import { type ExchangeTown, openExchangeTown } from './exchange-town';

/** In Auckland it is tomorrow already when the last day of a wallet in Los Angeles is not over. */
const LAST_DAY = '2026-02-09T20:00:00-08:00';
let town: ExchangeTown;

beforeEach(async () => {
  town = await openExchangeTown({ now: new Date('2026-01-10T20:00:00-08:00'), timeZone: 'Pacific/Auckland' });
  await town.currency('ELA', { timeZone: 'America/Los_Angeles', expiry: { kind: 'SLIDING', months: 1 } });
  await town.rate({ toCurrency: 'ELA' });
});
afterEach(async () => {
  const client = await town.shop.database.owner.connect();
  await client.query('SET ROLE tessera_app');
  const wrong = (await verifyBooks(client)).filter((finding) => finding.wrong > 0);
  client.release(true);
  await town.close();
  expect(wrong).toEqual([]);
});

const at = (instant: string) => town.shop.clock.set(new Date(instant));

it('a conversion into a wallet on its last day is activity in time', async () => {
  const ana = await town.memberWith(100);
  await town.convert(ana.ref, 40, { to: 'ELA' });
  at(LAST_DAY);
  expect((await town.convert(null, 10, { to: 'ELA' }, ana.self)).balances.to).toMatchObject({ active: 50 });
  at('2026-03-08T20:00:00-07:00');
  expect((await town.convert(null, 1, { to: 'ELA', dryRun: true }, ana.self)).balances.to).toMatchObject({ active: 51 });
});

it('nor does leaving a household end a day early what has a day left elsewhere', async () => {
  const ana = await town.memberWith(100);
  await town.convert(ana.ref, 40, { to: 'ELA' });
  const poolId = await createPool(town.shop.app, ana.self, createPoolSchema.parse({ idempotencyKey: 'pool' }));
  const put = (currency: string) =>
    contributeToPool(town.shop.app, ana.self, contributeToPoolSchema.parse({ idempotencyKey: currency, currency, points: 10n }));
  await put('FLP');
  await put('ELA');
  at(LAST_DAY);
  await closePool(town.shop.app, ana.self, closePoolSchema.parse({ idempotencyKey: 'close', poolId }));
  at('2026-02-09T21:00:00-08:00');
  await town.convert(ana.ref, 1, { to: 'ELA' });
  at('2026-02-20T20:00:00-08:00');
  // What was put into the pool has the day that it had then.
  expect((await town.convert(null, 1, { to: 'ELA', dryRun: true }, ana.self)).balances.to).toMatchObject({ active: 32 });
});
