import fc from 'fast-check';
import { newUuid } from '../../src/ids';
import type * as BatchStates from '../../src/ledger/internal/batch-state';
import type * as Decides from '../../src/ledger/internal/decide';
import type * as LoadStates from '../../src/ledger/internal/load-state';
import type * as Lots from '../../src/ledger/internal/lots';
import type * as PostingsInProgress from '../../src/ledger/internal/posting-in-progress';
import type * as PostingLedgers from '../../src/ledger/posting-ledger';
import { type Brand, LedgerBook } from '../support/ledger-book';
import { createTestApp, type TestApp } from '../support/test-app';
import { CHECKS, faultsInBooks, faultsSeenBy } from './book-checks';
import { databaseTarget, TargetOwners } from './database-target';
import { compareWithModel, memoryTarget } from './model-run';
import { commandsOf } from './random-asks';

/**
 * A check that cannot fail is a defect. Each fault here replaces one function of the kernel by a wrong one;
 * the same comparison that is green for the kernel (ledger-model.test.ts) must then be red.
 */
const KERNEL = '../../src/ledger/internal/';

afterEach(() => jest.resetModules());

/** The module with some of its functions replaced. */
function replace<M extends object>(name: string, change: (actual: M) => Partial<M>): void {
  jest.doMock(`${KERNEL}${name}`, () => {
    const actual = jest.requireActual<M>(`${KERNEL}${name}`);
    return { ...actual, ...change(actual) };
  });
}

async function isolated<T>(faults: () => void, work: () => Promise<T>): Promise<T> {
  let result: T | undefined;
  await jest.isolateModulesAsync(async () => {
    faults();
    result = await work();
  });
  for (const name of ['batch-state', 'lots', 'apply-step', 'posting-in-progress', 'load-state', 'row-counts']) jest.dontMock(`${KERNEL}${name}`);
  return result as T;
}

async function isRedInMemory(faults: () => void, numRuns = 500): Promise<boolean> {
  return isolated(faults, async () => {
    const { decide } = require('../../src/ledger/internal/decide') as typeof Decides;
    const property = fc.asyncProperty(commandsOf(60), (commands) => compareWithModel(memoryTarget(decide), commands, 'each batch'));
    return (await fc.check(property, { numRuns, seed: 20_260_101, endOnFailure: true })).failed;
  });
}

const FAULTS: Readonly<Record<string, () => void>> = {
  'lot order: the issue month does not count': () =>
    replace<typeof BatchStates>('batch-state', ({ compareLots }) => ({ compareLots: (a, b) => compareLots({ ...a, issueMonth: 0 }, { ...b, issueMonth: 0 }) })),
  'lot order: a lot that is made goes to the end': () => replace<typeof BatchStates>('batch-state', () => ({ compareLots: () => 0 })),
  'allocation: the last lot of several is not recorded': () =>
    replace<typeof PostingsInProgress>('posting-in-progress', ({ Posting }) => {
      const { addAllocations } = Posting.prototype;
      Posting.prototype.addAllocations = function (id, account, allocations, first) {
        return addAllocations.call(this, id, account, allocations.length > 1 ? allocations.slice(0, -1) : allocations, first);
      };
      return {};
    }),
  'allocation: a refund does not know what was consumed': () =>
    replace<typeof PostingsInProgress>('posting-in-progress', ({ Posting }) => {
      const { addTransfer } = Posting.prototype;
      Posting.prototype.addTransfer = function (transfer, allocations = [], filled = 0) {
        return addTransfer.call(this, transfer, [...allocations].reverse(), filled);
      };
      return {};
    }),
  'arrears: the youngest is filled first': () =>
    replace<typeof Lots>('lots', ({ addToLot }) => ({
      addToLot: (posting, wallet, ...rest) => {
        wallet.arrearsRows.reverse();
        const filled = addToLot(posting, wallet, ...rest);
        wallet.arrearsRows.reverse();
        return filled;
      },
    })),
  'arrears: what is earned goes past them': () =>
    replace<typeof Lots>('lots', () => ({
      addToLot: (posting, wallet, _transfer, key, amount) => {
        posting.shiftLot(posting.lotOf(wallet, key), amount, 0);
        return 0;
      },
    })),
  'hold expiry: nobody releases what has expired': () => replace('apply-step', () => ({ catchUp: () => undefined })),
  'idempotency: the content is not compared': () => replace<typeof BatchStates>('batch-state', () => ({ isSameContent: () => true })),
  'floor: nobody asks whether the wallet can pay': () => replace<typeof Lots>('lots', () => ({ requireSpendable: () => undefined })),
  'floor: points are spendable before they are available': () =>
    replace<typeof BatchStates>('batch-state', () => ({ isSpendable: (lot, _wallet, day) => day < lot.expiresOn })),
  'undo: a refused posting leaves what its first steps did': () =>
    replace<typeof PostingsInProgress>('posting-in-progress', ({ Posting }) => {
      Posting.prototype.undo = () => undefined;
      return {};
    }),
};

it.each(Object.keys(FAULTS))('the model catches: %s', async (fault) => {
  expect(await isRedInMemory(FAULTS[fault])).toBe(true);
});

it('without a fault the same runs are green', async () => {
  expect(await isRedInMemory(() => undefined, 60)).toBe(false);
});

describe('on PostgreSQL', () => {
  let test: TestApp;
  let owners: TargetOwners;

  beforeAll(async () => {
    test = await createTestApp();
    owners = await TargetOwners.open(test);
  });
  afterAll(() => test.close());

  /** A ledger made of modules with a fault in one of them. */
  async function withLedger<T>(faults: () => void, work: (faulty: TestApp) => Promise<T>): Promise<T> {
    return isolated(faults, async () => {
      const { createLedger } = require('../../src/ledger/posting-ledger') as typeof PostingLedgers;
      const ledger = createLedger({ connectionString: test.database.urls.kernel, clock: test.clock, log: test.app.log });
      try {
        for (const { id } of owners.brands)
          await ledger.openAccounts([
            { kind: 'ISSUED', owner: id, currencyId: owners.book.currencyId },
            { kind: 'REDEEMED', owner: id, currencyId: owners.book.currencyId },
          ]);
        return await work({ ...test, app: { ...test.app, ledger } });
      } finally {
        await ledger.close();
      }
    });
  }

  it('the model catches: lots are read in another order', async () => {
    const reversed = () =>
      replace<typeof LoadStates>('load-state', ({ loadState }) => ({
        loadState: async (...args) => {
          const state = await loadState(...args);
          for (const wallet of state.wallets.values()) wallet.lots.reverse();
          return state;
        },
      }));
    const red = await withLedger(reversed, async (faulty) => {
      const property = fc.asyncProperty(commandsOf(60), async (commands) => compareWithModel(await databaseTarget(faulty, owners), commands, 'at the end'));
      return (await fc.check(property, { numRuns: 60, seed: 20_260_101, endOnFailure: true })).failed;
    });
    expect(red).toBe(true);
  });

  describe('a lot that does not change although it was decided', () => {
    let brand: Brand;
    let book: LedgerBook;

    beforeAll(async () => {
      book = await LedgerBook.open(test.app.ledger, test.database, 'LOST');
      brand = await book.brand('AXLE');
      await test.database.owner.query('CREATE FUNCTION keep_old() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$');
    });

    /** What becomes of a burn when the database silently keeps the lot as it was. */
    async function burnWithoutEffect(ledger: TestApp['app']['ledger']) {
      const wallet = await book.wallet();
      await book.earn(brand, wallet, 10, '2026-01-10T10:00:00Z');
      await ledger.openAccounts([{ kind: 'REDEEMED', owner: brand.id, currencyId: book.currencyId }]);
      const burn = book.burnRequest(brand, wallet, 4, '2026-01-11T10:00:00Z', newUuid());
      await test.database.owner.query(
        `CREATE TRIGGER keep_old BEFORE UPDATE ON lot FOR EACH ROW WHEN (OLD.account_id = ${wallet}) EXECUTE FUNCTION keep_old()`,
      );
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
      const unchecked = () => replace('row-counts', () => ({ requireRowCount: () => undefined }));
      expect(await withLedger(unchecked, (faulty) => burnWithoutEffect(faulty.app.ledger))).toBe('acknowledged');
      const faults = await faultsInBooks(test.database.owner);
      expect(faults.map((fault) => fault.split(':')[0])).toEqual(expect.arrayContaining(['conservation', 'lots add up to their wallet']));
    });
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
  'lots are what credits, fills and allocations make them':
    'UPDATE lot SET remaining = remaining + CASE WHEN ctid = (SELECT min(ctid) FROM lot) THEN 1 ELSE -1 END WHERE ctid IN (SELECT min(ctid) FROM lot UNION SELECT max(ctid) FROM lot WHERE remaining > 0)',
  'each debit and hold has its allocations': 'DELETE FROM allocation WHERE ctid = (SELECT ctid FROM allocation LIMIT 1)',
  'arrears are what their fills left': 'UPDATE arrears SET remaining = remaining - 1 WHERE id = (SELECT id FROM arrears WHERE remaining > 0 LIMIT 1)',
  'arrears were filled oldest first':
    'UPDATE arrears SET remaining = amount WHERE (account_id, seq) IN (SELECT account_id, min(seq) FROM arrears GROUP BY account_id HAVING bool_and(remaining < amount) AND count(*) > 1)',
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
    const owners = await TargetOwners.open(test);
    for (const commands of fc.sample(commandsOf(60), { numRuns: 40, seed: 20_260_101 }))
      await compareWithModel(await databaseTarget(test, owners), commands, 'at the end');
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
