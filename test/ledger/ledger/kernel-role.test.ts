import { Client } from 'pg';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let client: Client;

beforeAll(async () => {
  test = await createTestApp();
  const book = await LedgerBook.open(test.app.ledger, test.database);
  const brand: Brand = await book.brand('FUEL');
  const wallet = await book.wallet();
  const earned = await book.earn(brand, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await book.hold(brand, wallet, 10, '2026-01-10T10:00:00Z', '2026-01-12T10:00:00Z', newUuid()));
  accepted(await book.clawBack(brand, wallet, earned, 10, '2026-01-10T11:00:00Z'));
  client = new Client({ connectionString: test.database.urls.kernel });
  await client.connect();
  await client.query('SET ROLE tessera_kernel');
});
afterAll(async () => {
  await client.end();
  await test.close();
});

const LEDGER = ['account', 'lot_origin', 'posting', 'transfer', 'hold', 'allocation', 'arrears', 'arrears_fill'];

it.each(LEDGER)('the kernel’s role can neither delete nor empty %s', async (table) => {
  await expect(client.query(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
  await expect(client.query(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: '42501' });
  await expect(client.query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`)).rejects.toMatchObject({ code: '42501' });
});

/** Workers clear away what is empty or long past. */
it('it deletes empty lots and counters of velocity limits only', async () => {
  await client.query("INSERT INTO counter (account_id, key, value) VALUES (1, 'returned:a purchase', 1), (1, 'velocity:a limit:2020-01-01', 1)");
  const { rowCount: lots } = await client.query('SELECT FROM lot WHERE remaining > 0 OR held > 0');
  await client.query('DELETE FROM lot');
  expect((await client.query('SELECT FROM lot')).rowCount).toBe(lots);
  expect(lots).toBeGreaterThan(0);
  await client.query('DELETE FROM counter');
  expect((await client.query('SELECT key FROM counter')).rows).toEqual([{ key: 'returned:a purchase' }]);
  for (const table of ['lot', 'counter'])
    for (const statement of [`TRUNCATE ${table}`, `ALTER TABLE ${table} DISABLE TRIGGER ALL`, `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`])
      await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
});

it.each([
  'UPDATE transfer SET amount = 1',
  "UPDATE posting SET outcome = 'REFUSED'",
  'UPDATE allocation SET amount = 1',
  'UPDATE arrears_fill SET amount = 1',
  "UPDATE lot_origin SET issuer_code = 'OTHER'",
  'UPDATE lot SET expires_on = expires_on + 1',
  'UPDATE hold SET amount = 1',
  'UPDATE hold SET expires_at = now()',
  'UPDATE arrears SET amount = 1',
  'UPDATE account SET owner_id = gen_random_uuid()',
  'UPDATE account SET guarded = false',
  'UPDATE counter SET account_id = 1',
])('it cannot change what was recorded: %s', async (statement) => {
  await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
});

it('what it may change is bound by the wallet’s own constraints', async () => {
  for (const [statement, constraint] of [
    ['UPDATE account SET debits = debits + 1 WHERE guarded', 'account_floor'],
    ['UPDATE account SET held = held + 1 WHERE guarded', 'account_floor'],
    ['UPDATE account SET arrears = -1, debits = 0, held = 0 WHERE guarded', 'account_parts'],
    ['UPDATE account SET credits = 9007199254740992 WHERE guarded', 'account_bounds'],
    ['UPDATE account SET credits = 1 WHERE NOT guarded', 'account_summed'],
    ['UPDATE lot SET remaining = -1', 'lot_not_negative'],
    ["UPDATE hold SET state = 'CAPTURED'", 'hold_captured'],
    ["UPDATE hold SET state = 'VOIDED'", 'hold_settled'],
    ['UPDATE arrears SET remaining = amount + 1', 'arrears_remaining'],
  ])
    await expect(client.query(statement)).rejects.toMatchObject({ code: '23514', constraint });
});

it('it sees every wallet’s rows', async () => {
  for (const table of ['account', 'posting', 'transfer', 'lot', 'hold', 'allocation', 'arrears']) {
    const { rows } = await client.query(`SELECT count(*)::int FROM ${table}`);
    expect(rows[0].count).toBeGreaterThan(0);
  }
});
