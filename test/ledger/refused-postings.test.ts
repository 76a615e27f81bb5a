import { newUuid } from '../../src/ids';
import { accepted, type Brand, LedgerBook } from '../support/ledger-book';
import { createTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
let taxi: Brand;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
  taxi = await book.brand('TAXI');
});
afterAll(() => test.close());

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

it('a refusal tells the balances as they are at its occurredAt: points of an expired hold are there again', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
  const hold = newUuid();
  accepted(await book.hold(taxi, wallet, 60, '2026-01-11T10:00:00Z', '2026-01-12T10:00:00Z', hold));
  const refused = await book.burn(taxi, wallet, 101, '2026-01-13T10:00:00Z');
  expect(refused.refusal).toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 100 } });
  expect(refused.balances[0]).toMatchObject({ active: 100, held: 0, spendable: 100 });
  // Nothing was written for it: the refused posting has not booked the expiry.
  expect(await rows('SELECT state FROM hold WHERE id = $1', hold)).toEqual([{ state: 'OPEN' }]);
  expect(await rows('SELECT held::int FROM account WHERE id = $1', wallet)).toEqual([{ held: 60 }]);
});
