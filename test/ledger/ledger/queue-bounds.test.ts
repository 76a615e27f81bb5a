import { createLedger, type LedgerOptions, type RunningLedger } from '../../../src/ledger/ledger/posting-ledger';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
let wallet: number;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
});
beforeEach(async () => {
  wallet = await book.wallet();
  await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
});
afterAll(() => test.close());

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
const burns = (count: number) => Array.from({ length: count }, () => book.burnRequest(fuel, wallet, 1, '2026-01-11T10:00:00Z'));

async function ledger(options: Partial<LedgerOptions>): Promise<RunningLedger> {
  const made = createLedger({ connectionString: test.database.urls.kernel, clock: test.clock, log: test.app.log, ...options });
  await made.openAccounts([{ kind: 'REDEEMED', owner: fuel.id, currencyId: book.currencyId }]);
  return made;
}

it('what is beyond the bound of the queue is refused unwritten', async () => {
  const small = await ledger({ maxQueue: 10, maxBatch: 4 });
  const requests = burns(30);
  const outcomes = await Promise.allSettled(requests.map((request) => small.post(request)));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10);
  for (const outcome of outcomes.slice(10)) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OVERLOADED', retrySafe: true } });
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 10 }]);
  expect(small.stats.batches).toBe(3);
  for (const request of requests.slice(10)) expect(accepted(await small.post(request)).duplicate).toBe(false);
  await small.close();
});

it('closing posts what waits and refuses what comes after', async () => {
  const closing = await ledger({ maxBatch: 3 });
  const posted = burns(10).map((request) => closing.post(request));
  const closed = closing.close();
  await expect(closing.post(burns(1)[0])).rejects.toMatchObject({ code: 'OVERLOADED', retrySafe: true });
  for (const outcome of await Promise.all(posted)) accepted(outcome);
  await closed;
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 10 }]);
});

it('a request that the database will not take fails alone', async () => {
  const forbidden = { table: { name: 'currency', columns: { code: 'text' } }, values: { code: newUuid() } } as const;
  const bad = book.request(fuel, '2026-01-11T10:00:00Z', { wallets: [wallet] }, () => ({
    steps: [{ do: 'debit', id: newUuid(), from: wallet, to: fuel.redeemed, amount: 1, code: 'BURN', termsId: fuel.id }],
    rows: [forbidden],
    answer: {},
  }));
  const good = burns(40);
  const requests = [...good.slice(0, 17), bad, ...good.slice(17)];
  const outcomes = await Promise.allSettled(requests.map((request) => test.app.ledger.post(request)));
  expect(outcomes.map((outcome) => outcome.status === 'rejected')).toEqual(requests.map((request) => request === bad));
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 40 }]);
  expect(await rows('SELECT count(*)::int FROM posting WHERE id = $1', bad.id)).toEqual([{ count: 0 }]);
});

it('who waits too long is refused unwritten', async () => {
  const slow = await ledger({ maxBatch: 1 });
  const clock = jest.spyOn(performance, 'now');
  try {
    const real = performance.now();
    clock.mockReturnValue(real);
    const posted = burns(3).map((request) => slow.post(request));
    clock.mockReturnValue(real + 10_001);
    for (const outcome of await Promise.allSettled(posted))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OVERLOADED', retrySafe: true } });
  } finally {
    clock.mockRestore();
  }
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 0 }]);
  accepted(await slow.post(burns(1)[0]));
  await slow.close();
});
