import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import type { Finding } from '../../../src/process/verify/finding';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { clearRange } from '../../../src/settlement/clearing/clear-events';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { completeClose } from '../../../src/settlement/months/complete-close';
import { SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';
import { faults } from '../../support/verified-books';

const finance: Principal = { kind: 'staff', staffId: newUuid(), brandId: newUuid(), role: 'FINANCE', ofOperator: true };

describe.each(['OPERATOR', 'ISSUER'] as const)('settlement under the %s model', (model) => {
  let books: TestApp;
  let checker: Client;

  beforeAll(async () => {
    books = await createTestApp({ now: new Date('2026-02-10T12:00:00Z') });
    checker = new Client({ connectionString: books.database.urls.app });
    await checker.connect();
    const book = await SettlementBook.open(books, { model });
    const [fuel, taxi] = [await book.brand('FUEL'), await book.brand('TAXI')];
    const ana = await book.wallet();
    const earn = await book.earn(fuel, ana, 1_000, '2026-01-05T10:00:00Z');
    await book.earn(taxi, ana, 100, '2026-01-05T11:00:00Z');
    const burn = await book.burn(taxi, ana, 300, '2026-01-06T10:00:00Z');
    await book.capture(taxi, ana, 600, 400, '2026-01-06T11:00:00Z');
    // Takes 300 of FUEL's own, the 100 of TAXI, and leaves 300 in arrears.
    await book.clawBack(fuel, ana, earn, 700, '2026-01-07T10:00:00Z');
    await book.earn(taxi, ana, 80, '2026-01-08T10:00:00Z');
    await book.refund(taxi, ana, burn, 150, '2026-01-09T10:00:00Z');
    await book.settled();
    await clearRange(books.app, { from: 0n, to: 2n ** 62n });
    const { id } = await closePeriod(books.app, finance, { currency: 'FLP', month: dayFromIso('2026-01-01') });
    await book.settled();
    await clearRange(books.app, { from: 0n, to: 2n ** 62n });
    expect(await completeClose(books.app, id)).toBeNull();
  });
  afterAll(async () => {
    await checker.end();
    await books.close();
  });

  async function alter(sql: string): Promise<void> {
    const client = await books.database.owner.connect();
    try {
      await client.query("SET session_replication_role = 'replica'");
      expect((await client.query(sql)).rowCount).toBe(1);
    } finally {
      await client.query("SET session_replication_role = 'origin'");
      client.release();
    }
  }
  const firstFault = async (): Promise<Finding | undefined> => (await verifyBooks(checker)).find((finding) => finding.wrong > 0);

  it('passes, having compared money with points', async () => {
    const findings = await verifyBooks(checker);
    expect(findings.filter((finding) => finding.wrong > 0)).toEqual([]);
    for (const what of ['claims', 'obligations', 'money transfers', 'statements', 'closed months'])
      expect(findings.find((finding) => finding.of === what)?.checked).toBeGreaterThan(0);
  });

  const one = (table: string, key: string) => `(SELECT ${key} FROM ${table} ORDER BY ${key} LIMIT 1)`;
  it.each([
    [
      'points of an obligation',
      `UPDATE obligation SET points = points + 1 WHERE (event_transfer_id, leg) = ${one('obligation', 'event_transfer_id, leg')}`,
      'points of',
    ],
    [
      'debtor of an obligation',
      `UPDATE obligation SET debtor_brand_id = creditor_brand_id, creditor_brand_id = debtor_brand_id WHERE (event_transfer_id, leg) = ${one('obligation', 'event_transfer_id, leg')}`,
      'points of',
    ],
    [
      'price of an obligation',
      `UPDATE obligation SET price = price + 1 WHERE (event_transfer_id, leg) = ${one('obligation', 'event_transfer_id, leg')}`,
      'price and amount',
    ],
    [
      'amount of a money transfer',
      `UPDATE transfer SET amount = amount + 1 WHERE id = (SELECT id FROM transfer WHERE code = 'CLEARING' ORDER BY id LIMIT 1)`,
      'money transfer',
    ],
    ['net of a statement', `UPDATE statement SET net = net + 1 WHERE id = ${one('statement', 'id')}`, 'net of the statement of'],
    ['content of a statement', `UPDATE statement SET content = content || ' ' WHERE id = ${one('statement', 'id')}`, 'hash of the statement of'],
    [
      'payable of a statement',
      `UPDATE statement SET payable_minor = payable_minor + 1 WHERE id = ${one('statement', 'id')}`,
      'nets and payments of FLP 2026-01',
    ],
    [
      'what a statement carries',
      `UPDATE statement SET carried_remainder = carried_remainder + 1 WHERE id = ${one('statement', 'id')}`,
      'nets and payments of FLP 2026-01',
    ],
    ['when a statement is due', `UPDATE statement SET due_on = due_on + 1 WHERE id = ${one('statement', 'id')}`, 'carry of the statement of'],
  ])('%s altered: it fails and names it', async (_, sql, what) => {
    await alter(sql);
    expect((await firstFault())?.first?.what).toContain(what);
    await alter(undoOf(sql));
    expect(await firstFault()).toBeUndefined();
  });

  it('an event that clearing has passed without an obligation is found', async () => {
    await alter(`UPDATE obligation SET event_transfer_id = gen_random_uuid() WHERE (event_transfer_id, leg) = ${one('obligation', 'event_transfer_id, leg')}`);
    expect((await firstFault())?.check).toBe('obligations against points events up to the clearing cursor');
  });
});

/** The same statement the other way round. */
function undoOf(sql: string): string {
  return sql.includes('debtor_brand_id = ')
    ? sql
    : sql.includes("|| ' '")
      ? sql.replace("content || ' '", "trim(trailing ' ' FROM content)")
      : sql.replace('+ 1', '- 1');
}

it('a remainder that is carried otherwise than the month before left it is found, and one that is lost', async () => {
  const books = await createTestApp({ now: new Date('2027-01-10T12:00:00Z') });
  const owner = await books.database.owner.connect();
  const book = await SettlementBook.open(books, { issuancePrice: 3_333 });
  const [fuel, ana] = [await book.brand('FUEL'), await book.wallet()];
  for (const month of ['2026-10', '2026-11']) {
    await book.earn(fuel, ana, 101, `${month}-05T10:00:00Z`);
    await book.settled();
    const { id } = await closePeriod(books.app, finance, { currency: 'FLP', month: dayFromIso(`${month}-01`) });
    await book.settled();
    expect(await completeClose(books.app, id)).toBeNull();
  }
  const carries = async () => (await faults(books)).map(({ check, wrong }) => [check, wrong]);
  expect(await carries()).toEqual([]);
  await owner.query("SET session_replication_role = 'replica'");
  // Both parties of the first month, so that it still adds up to nothing.
  await owner.query(`UPDATE statement s SET carried_remainder = carried_remainder + CASE WHEN b.is_operator THEN 1 ELSE -1 END
    FROM brand b, period p WHERE b.id = s.brand_id AND p.id = s.period_id AND p.month = '2026-10-01'`);
  expect(await carries()).toEqual([['statements against those of the month before', 4]]);
  await owner.query("DELETE FROM statement s USING period p WHERE p.id = s.period_id AND p.month = '2026-11-01'");
  expect(await carries()).toContainEqual(['statements against those of the month before', 4]);
  owner.release(true);
  await books.close();
});
