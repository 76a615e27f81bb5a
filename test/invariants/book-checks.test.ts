import fc from 'fast-check';
import { newUuid } from '../../src/platform/ids';
import { type Brand, LedgerBook } from '../support/ledger-book';
import { createTestApp, type TestApp } from '../support/test-app';
import { CHECKS, faultsInBooks, faultsSeenBy } from './book-checks';
import { databaseTarget, openOwners, openWorld } from './database-target';
import { compareWithModel } from './model-run';
import { sequences } from './random-commands';
import { uncheckedRowCounts, withFaultyLedger } from './seeded-faults';

describe('a lot that does not change although it was decided', () => {
  let test: TestApp;
  let brand: Brand;
  let book: LedgerBook;

  beforeAll(async () => {
    test = await createTestApp();
    book = await LedgerBook.open(test.app.ledger, test.database, 'LOST');
    brand = await book.brand('AXLE');
    await test.database.owner.query('CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$');
  });

  afterAll(() => test.close());

  /** What becomes of a burn when the database silently keeps the lot as it was. */
  async function burnWithoutEffect(ledger: TestApp['app']['ledger']) {
    const wallet = await book.wallet();
    await book.earn(brand, wallet, 10, '2026-01-10T10:00:00Z');
    await ledger.openAccounts([{ kind: 'REDEEMED', owner: brand.id, currencyId: book.currencyId }]);
    const burn = book.burnRequest(brand, wallet, 4, '2026-01-11T10:00:00Z', newUuid());
    await test.database.owner.query(`CREATE TRIGGER keep_old BEFORE UPDATE ON lot FOR EACH ROW WHEN (OLD.account_id = ${wallet}) EXECUTE FUNCTION keep_old()`);
    try {
      return await ledger.post(burn).then(
        () => 'acknowledged',
        (error: Error) => error.message,
      );
    } finally {
      await test.database.owner.query('DROP TRIGGER keep_old ON lot');
    }
  }

  it('aborts the batch: nothing is acknowledged, the books are right', async () => {
    expect(await burnWithoutEffect(test.app.ledger)).toBe('update-lots affected 0 rows where 1 were decided');
    expect(await faultsInBooks(test.database.owner)).toEqual([]);
  });

  it('is caught by the check of the row counts: without it the burn is acknowledged, and the books are red', async () => {
    expect(await withFaultyLedger(test, uncheckedRowCounts, (faulty) => burnWithoutEffect(faulty.app.ledger))).toBe('acknowledged');
    const faults = await faultsInBooks(test.database.owner);
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(expect.arrayContaining(['conservation', 'lots add up to their wallet']));
  });
});

/** One row altered behind the ledger's back, for each check of the books. */
const ALTERATIONS: Readonly<Record<keyof typeof CHECKS, string>> = {
  conservation: 'UPDATE transfer SET amount = amount + 1 WHERE id = (SELECT id FROM transfer WHERE code = $$EARN$$ LIMIT 1)',
  'no wallet is below its floor': 'UPDATE account SET debits = credits + 1000 WHERE id = (SELECT id FROM account WHERE guarded LIMIT 1)',
  'wallets are what their transfers make them':
    'UPDATE account SET credits = credits + 1, debits = debits + 1 WHERE id = (SELECT id FROM account WHERE guarded LIMIT 1)',
  'movements are counted without a gap, each with the balance it left':
    'UPDATE transfer SET credit_balance_after = credit_balance_after + 1 WHERE id = (SELECT id FROM transfer WHERE code = $$EARN$$ LIMIT 1)',
  'lots add up to their wallet': 'UPDATE lot SET remaining = remaining + 1 WHERE ctid = (SELECT ctid FROM lot LIMIT 1)',
  'lots are what credits, fills, allocations and changes of date make them':
    'UPDATE lot SET remaining = remaining + CASE WHEN ctid = (SELECT min(ctid) FROM lot) THEN 1 ELSE -1 END WHERE ctid IN (SELECT min(ctid) FROM lot UNION SELECT max(ctid) FROM lot WHERE remaining > 0)',
  'points in a pool are somebody’s, those in a wallet nobody else’s':
    'UPDATE lot SET contributor_id = 0 WHERE ctid = (SELECT ctid FROM lot WHERE contributor_id <> 0 AND remaining > 0 LIMIT 1)',
  'each movement has its allocations: what it took, and what it put where no lot is named':
    'DELETE FROM allocation WHERE ctid = (SELECT ctid FROM allocation LIMIT 1)',
  'arrears are what their fills left': 'UPDATE arrears SET remaining = remaining - 1 WHERE id = (SELECT id FROM arrears WHERE remaining > 0 LIMIT 1)',
  'arrears were filled oldest first':
    'UPDATE arrears SET remaining = amount WHERE (account_id, seq) IN (SELECT account_id, min(seq) FROM arrears GROUP BY account_id HAVING bool_and(remaining < amount) AND count(*) > 1)',
  'live points never lie beside arrears': `UPDATE lot SET remaining = remaining + 1 WHERE ctid IN (
    SELECT l.ctid FROM lot l JOIN account a ON a.id = l.account_id
    WHERE a.arrears > 0 AND a.slides_until = 'infinity' AND l.expires_on = 'infinity' AND l.available_on < 'infinity' LIMIT 1)`,
  'holds are captured by one transfer of that amount':
    'UPDATE hold SET captured = captured + 1, amount = amount + 1 WHERE id = (SELECT id FROM hold WHERE captured > 0 LIMIT 1)',
  'held is what open holds hold': 'UPDATE account SET held = held + 1 WHERE id = (SELECT id FROM account WHERE guarded AND credits - debits > held LIMIT 1)',
  'no more is reversed than there was': 'UPDATE transfer SET amount = amount + 1000 WHERE id = (SELECT id FROM transfer WHERE reverses IS NOT NULL LIMIT 1)',
  'no transfer without an accepted posting': 'DELETE FROM posting WHERE id = (SELECT posting_id FROM transfer LIMIT 1)',
};

describe('the checks of the books', () => {
  let test: TestApp;

  beforeAll(async () => {
    test = await createTestApp();
    const owners = await openOwners(test);
    const shared = await openWorld(test.app.ledger, owners);
    for (const commands of fc.sample(sequences(), { numRuns: 40, seed: 20_260_101 }))
      await compareWithModel(await databaseTarget(test, owners, shared), commands);
  });
  afterAll(() => test.close());

  it('find nothing before anything is altered', async () => {
    expect(await faultsInBooks(test.database.owner)).toEqual([]);
  });

  it.each(Object.keys(CHECKS))('%s: finds one altered row', async (name) => {
    const client = await test.database.owner.connect();
    try {
      await client.query("BEGIN; SET LOCAL session_replication_role = 'replica'; ALTER TABLE account DROP CONSTRAINT account_floor");
      const { rowCount } = await client.query(ALTERATIONS[name]);
      expect(rowCount).toBeGreaterThan(0);
      expect(await faultsSeenBy(client, [name])).not.toEqual([]);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
