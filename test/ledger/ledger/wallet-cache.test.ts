import { setTimeout as sleep } from 'node:timers/promises';
import type * as LoadStates from '../../../src/ledger/ledger/internal/rows/load-state';
import type * as PostingLedgers from '../../../src/ledger/ledger/posting-ledger';
import { createLedger, type RunningLedger } from '../../../src/ledger/ledger/posting-ledger';
import type * as RunTogether from '../../../src/platform/database/pipeline';
import { newUuid } from '../../../src/platform/ids';
import { faultsInBooks } from '../../invariants/book-checks';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';
import { untilItWaits } from '../../support/until-it-waits';

/**
 * Wallets are kept between batches. Whatever happens to them elsewhere or goes wrong here, the next posting sees them
 * as they are.
 */
let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
const ledgers: RunningLedger[] = [];

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
});
afterEach(async () => {
  for (const ledger of ledgers.splice(0)) await ledger.close();
});
afterAll(() => test.close());

const sql = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

/** A gateway process more, with its own idea of the wallets. */
async function gateway(create: typeof createLedger = createLedger): Promise<RunningLedger> {
  const ledger = create({ connectionString: test.database.urls.kernel, clock: test.clock, log: test.app.log });
  ledgers.push(ledger);
  await ledger.openAccounts([
    { kind: 'ISSUED', owner: fuel.id, currencyId: book.currencyId },
    { kind: 'REDEEMED', owner: fuel.id, currencyId: book.currencyId },
  ]);
  return ledger;
}

const burn = (ledger: RunningLedger, wallet: number, amount: number) => ledger.post(book.burnRequest(fuel, wallet, amount, '2026-01-11T10:00:00Z'));

/** Two gateways spend from one wallet in turn; returns what is left by each answer. */
async function inTurn(one: RunningLedger, two: RunningLedger): Promise<number[]> {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z', { expires: '2027-01-01' });
  const left: number[] = [];
  for (const ledger of [one, two, one, one, two, one]) left.push(accepted(await burn(ledger, wallet, 3)).balances[0].active);
  return left;
}

it('a wallet that another process changed is read again', async () => {
  expect(await inTurn(await gateway(), await gateway())).toEqual([17, 14, 11, 8, 5, 2]);
  expect(await faultsInBooks(test.database.owner)).toEqual([]);
});

it('a spend lock set elsewhere is seen at once', async () => {
  const [one, two] = [await gateway(), await gateway()];
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await burn(one, wallet, 1));
  const [{ owner_id: owner }] = await sql('SELECT owner_id FROM account WHERE id = $1', wallet);
  await two.setSpendLock(owner, true);
  expect((await burn(one, wallet, 1)).refusal?.code).toBe('WALLET_LOCKED');
  await two.setSpendLock(owner, false);
  expect(accepted(await burn(one, wallet, 1)).balances[0].active).toBe(8);
});

/**
 * One gateway has kept a wallet with little in it, another credits it, and the first is asked for more than it knows
 * of.
 */
async function askedForMore(one: RunningLedger, two: RunningLedger): Promise<string> {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await burn(one, wallet, 1));
  accepted(await two.post(await book.earnRequest(fuel, wallet, 100, '2026-01-10T11:00:00Z', newUuid())));
  return (await burn(one, wallet, 50)).refusal?.code ?? 'accepted';
}

it('no refusal rests on what was kept', async () => {
  expect(await askedForMore(await gateway(), await gateway())).toBe('accepted');
});

it('two processes at the same busy wallets lose nothing, and decide little twice', async () => {
  const gateways = [await gateway(), await gateway()];
  const wallets = await Promise.all(Array.from({ length: 8 }, () => book.wallet()));
  for (const wallet of wallets) await book.earn(fuel, wallet, 1_000, '2026-01-10T10:00:00Z');
  const callers = Array.from({ length: 32 }, async (_, caller) => {
    for (let at = 0; at < 25; at++) accepted(await burn(gateways[caller % 2], wallets[(caller * 7 + at) % wallets.length], 1));
  });
  await Promise.all(callers);
  const [{ spent }] = await sql('SELECT sum(debits)::int AS spent FROM account WHERE id = ANY($1)', wallets);
  expect(spent).toBe(800);
  expect(await faultsInBooks(test.database.owner)).toEqual([]);
  // After the first time they lock first, for a while.
  expect(gateways[0].stats.retries + gateways[1].stats.retries).toBeLessThan(20);
});

describe('wary of other processes, a gateway locks wallets before it decides', () => {
  /** What happens to a kept wallet elsewhere undoes a batch of a gateway that is not wary. */
  async function undoneBy(one: RunningLedger, two: RunningLedger, wallet: number): Promise<number> {
    const before = one.stats.retries;
    accepted(await burn(two, wallet, 1));
    accepted(await burn(one, wallet, 1));
    return one.stats.retries - before;
  }

  async function keptWallets(one: RunningLedger): Promise<[number, number]> {
    const wallets: [number, number] = [await book.wallet(), await book.wallet()];
    for (const wallet of wallets) {
      await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
      accepted(await burn(one, wallet, 1));
    }
    return wallets;
  }

  it('for two seconds after one was in the way', async () => {
    const [one, two] = [await gateway(), await gateway()];
    const [wallet, other] = await keptWallets(one);
    expect(await undoneBy(one, two, wallet)).toBe(1);
    expect(await undoneBy(one, two, other)).toBe(0);
    await sleep(2_100);
    expect(await undoneBy(one, two, wallet)).toBe(1);
  });

  it('for longer after a deadlock, which no caller hears of', async () => {
    const [one, two] = [await gateway(), await gateway()];
    const [first, second] = await keptWallets(one);
    const inTheWay = await test.database.owner.connect();
    await inTheWay.query("BEGIN; SET LOCAL deadlock_timeout = '1min'");
    const lock = (wallet: number) => inTheWay.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [wallet]);
    await lock(second);
    const { waiting } = await untilItWaits(test.database, () => Promise.all([burn(one, first, 1), burn(one, second, 1)]));
    // The batch has the first wallet's row by now, and waits for the second's.
    await lock(first);
    await inTheWay.query('COMMIT');
    inTheWay.release();
    for (const outcome of await waiting) expect(accepted(outcome).balances[0].active).toBe(98);
    expect(one.stats.retries).toBe(1);
    await sleep(2_100);
    expect(await undoneBy(one, two, first)).toBe(0);
  });
});

it('a refused posting leaves the kept wallet as it was', async () => {
  const one = await gateway();
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await burn(one, wallet, 1));
  const half = book.request(fuel, '2026-01-11T10:00:00Z', { wallets: [wallet] }, () => [
    { do: 'debit', id: newUuid(), from: wallet, to: fuel.redeemed, amount: 5, code: 'BURN', termsId: fuel.id },
    { do: 'debit', id: newUuid(), from: wallet, to: fuel.redeemed, amount: 5, code: 'BURN', termsId: fuel.id },
  ]);
  expect((await one.post(half)).refusal?.code).toBe('INSUFFICIENT_POINTS');
  expect(accepted(await burn(one, wallet, 9)).balances[0].active).toBe(0);
});

/**
 * A batch fails at its last write, after its wallets were changed in memory. Then the wallet is spent. Returns what is
 * left by the answer.
 */
async function afterFailure(one: RunningLedger): Promise<number> {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await burn(one, wallet, 1));
  await sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'XX000'; END $$");
  await sql('CREATE TRIGGER fail BEFORE INSERT ON posting FOR EACH STATEMENT EXECUTE FUNCTION fail()');
  await expect(burn(one, wallet, 5)).rejects.toThrow('no');
  await sql('DROP TRIGGER fail ON posting; DROP FUNCTION fail');
  return accepted(await burn(one, wallet, 2)).balances[0].active;
}

it('wallets of a batch that failed are read again', async () => {
  expect(await afterFailure(await gateway())).toBe(7);
  expect(await faultsInBooks(test.database.owner)).toEqual([]);
});

it('a server that knows less is believed, though its version is the same', async () => {
  const one = await gateway();
  const [wallet, other] = [await book.wallet(), await book.wallet()];
  for (const each of [wallet, other]) await book.earn(fuel, each, 10, '2026-01-10T10:00:00Z');
  const [before] = await sql('SELECT credits, debits, seq FROM account WHERE id = $1', wallet);
  accepted(await burn(one, wallet, 1));
  // As a standby that had not heard of the burn, and then counted another change: the version is the same, the points
  // are not.
  await sql('ALTER TABLE transfer DISABLE TRIGGER USER');
  await sql('DELETE FROM transfer WHERE debit_account = $1', wallet);
  await sql('ALTER TABLE transfer ENABLE TRIGGER USER');
  await sql('UPDATE account SET credits = $2, debits = $3, seq = $4 WHERE id = $1', wallet, before.credits, before.debits, before.seq);
  await sql('UPDATE lot SET remaining = 10 WHERE account_id = $1', wallet);
  await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tessera-kernel' AND datname = current_database()");
  // Another wallet's posting finds out.
  accepted(await burn(one, other, 1));
  expect(accepted(await burn(one, wallet, 2)).balances[0].active).toBe(8);
});

describe('a seeded fault turns it red', () => {
  type Cache = { recent: Map<number, { version: number }>; take(account: number): { version: number } | undefined };

  /** Gateways whose module is a wrong one. */
  async function withModule<M, T>(name: string, spoil: (actual: M) => Partial<M>, work: (create: typeof createLedger) => Promise<T>): Promise<T | string> {
    let result: T | string = '';
    const path = `../../../src/${name}`;
    await jest.isolateModulesAsync(async () => {
      jest.doMock(path, () => {
        const actual = jest.requireActual(path);
        return { ...actual, ...spoil(actual) };
      });
      const { createLedger: create } = require('../../../src/ledger/ledger/posting-ledger') as typeof PostingLedgers;
      result = await work(create).catch((error: Error) => error.message);
    });
    jest.dontMock(path);
    return result;
  }

  /** Gateways whose cache is a wrong one. */
  const withCache = <T>(spoil: (cache: Cache) => void, work: (create: typeof createLedger) => Promise<T>) =>
    withModule<{ WalletCache: { prototype: Cache } }, T>(
      'ledger/ledger/internal/batch/wallet-cache',
      ({ WalletCache }) => {
        spoil(WalletCache.prototype);
        return {};
      },
      work,
    );

  it('the version does not move with the wallet', async () => {
    await sql('CREATE FUNCTION stand_still() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := OLD.version; RETURN NEW; END $$');
    await sql('CREATE TRIGGER stand_still BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION stand_still()');
    const motionless = (cache: Cache) => {
      const { take } = cache;
      cache.take = function (account) {
        const wallet = take.call(this, account);
        if (wallet) wallet.version = 0;
        return wallet;
      };
    };
    try {
      const left = await withCache(motionless, async (create) => inTurn(await gateway(create), await gateway(create)));
      expect(left).not.toEqual([17, 14, 11, 8, 5, 2]);
    } finally {
      await sql('DROP TRIGGER stand_still ON account; DROP FUNCTION stand_still');
    }
  });

  it('a wallet is written whatever its version is by now', async () => {
    const whatever = ({ pipeline }: typeof RunTogether): Partial<typeof RunTogether> => ({
      pipeline: (client, statements) =>
        pipeline(
          client,
          statements.map((each) => ({ ...each, text: each.text.replace('AND a.version = x.version', '') })),
        ),
    });
    // Each goes on from what it knew; that no two movements have one place is for the tables to refuse.
    const left = await withModule('platform/database/pipeline', whatever, async (create) => {
      await sql('DROP INDEX transfer_debit_order');
      return inTurn(await gateway(create), await gateway(create));
    });
    await sql('CREATE INDEX transfer_debit_order ON transfer (debit_account, debit_seq) WHERE debit_seq IS NOT NULL');
    expect(left).not.toEqual([17, 14, 11, 8, 5, 2]);
  });

  it('a wallet that a batch leaves as it is is not looked at', async () => {
    const unlooked = ({ loadState }: typeof LoadStates): Partial<typeof LoadStates> => ({
      loadState: async (...asked) => ({ ...(await loadState(...asked)), believed: new Set<number>() }),
    });
    const answer = await withModule('ledger/ledger/internal/rows/load-state', unlooked, async (create) =>
      askedForMore(await gateway(create), await gateway(create)),
    );
    expect(answer).toBe('INSUFFICIENT_POINTS');
  });

  it('a failed batch gives its wallets back', async () => {
    const forgetful = (cache: Cache) => {
      const { take } = cache;
      cache.take = function (account) {
        const wallet = take.call(this, account);
        if (wallet) this.recent.set(account, wallet);
        return wallet;
      };
    };
    expect(await withCache(forgetful, async (create) => afterFailure(await gateway(create)))).not.toBe(7);
  });
});
