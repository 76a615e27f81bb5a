import { setTimeout as sleep } from 'node:timers/promises';
import { Outage } from '../../../src/ledger/ledger/internal/batch/failures';
import { createLedger, type LedgerOptions, type RunningLedger } from '../../../src/ledger/ledger/posting-ledger';
import { systemClock } from '../../../src/platform/clock';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';
import { until } from '../../support/until';
import { Wire } from '../../support/wire';

let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
let taxi: Brand;
const opened: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
  taxi = await book.brand('TAXI');
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => test.close());

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

async function ledger(options: Partial<LedgerOptions> = {}): Promise<RunningLedger> {
  const made = createLedger({ connectionString: test.database.urls.kernel, clock: systemClock, log: test.app.log, ...options });
  opened.push(() => made.close());
  await made.openAccounts([
    { kind: 'REDEEMED', owner: taxi.id, currencyId: book.currencyId },
    { kind: 'ISSUED', owner: fuel.id, currencyId: book.currencyId },
  ]);
  return made;
}

async function wireToKernel(): Promise<Wire> {
  const wire = await Wire.open(test.database.urls.kernel);
  opened.push(() => wire.close());
  return wire;
}

it('a connection that ends in a transaction is an error of that transaction alone', async () => {
  const { ledger: workers } = test.app;
  const lost = workers.transaction(async (client) => {
    const { rows: backends } = await client.query('SELECT pg_backend_pid() AS pid');
    // Nothing is being asked when the connection goes.
    const gone = new Promise<void>((done) => client.once('end', done));
    await rows('SELECT pg_terminate_backend($1)', backends[0].pid);
    await gone;
    await client.query('SELECT 1');
  });
  await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
  expect(await workers.transaction(async (client) => (await client.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }]);
});

it('a transaction that nobody answers says that it may be sent again', async () => {
  const wire = await wireToKernel();
  const away = await ledger({ connectionString: wire.connectionString });
  await wire.close();
  await expect(away.transaction(async (client) => client.query('SELECT 1'))).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
});

it('workers that open accounts within their transactions do not wait for each other for ever', async () => {
  const few = await ledger({ maxWorkerConnections: 2 });
  const owners = [newUuid(), newUuid(), newUuid(), newUuid()];
  const ids = await Promise.all(
    owners.map((owner) =>
      few.transaction(async (client) => {
        await client.query('SELECT 1');
        return few.openAccounts([{ kind: 'ISSUED', owner, currencyId: book.currencyId }]);
      }),
    ),
  );
  expect(new Set(ids.flat()).size).toBe(4);
});

it('a posting whose COMMIT was not answered is found when it is asked again', async () => {
  const wire = await wireToKernel();
  const far = await ledger({ connectionString: wire.connectionString });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  const request = book.burnRequest(taxi, wallet, 10, '2026-01-11T10:00:00Z');
  wire.cutAfter = 'COMMIT';
  const outcome = await far.post(request);
  expect(wire.cutAfter).toBeNull();
  expect(outcome).toMatchObject({ refusal: null, duplicate: false, balances: [{ active: 0 }] });
  expect(await rows('SELECT amount::int FROM transfer WHERE posting_id = $1', request.id)).toEqual([{ amount: 10 }]);
  expect(await far.post(request)).toEqual({ ...outcome, duplicate: true });
});

it('a silent network is a retry-safe refusal', async () => {
  const wire = await wireToKernel();
  const far = await ledger({ connectionString: wire.connectionString, patience: { answerMs: 500, connectMs: 300, outageMs: 400 } });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  accepted(await far.post(book.burnRequest(taxi, wallet, 1, '2026-01-11T10:00:00Z')));
  wire.silent = true;
  const request = book.burnRequest(taxi, wallet, 2, '2026-01-11T10:00:00Z');
  await expect(far.post(request)).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
  // Who comes while it is known to be out waits for one try.
  expect(wire.connections).toBeGreaterThan(1);
  wire.connections = 0;
  await expect(far.post(book.burnRequest(taxi, wallet, 3, '2026-01-11T10:00:00Z'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(wire.connections).toBe(1);
  wire.silent = false;
  expect(accepted(await far.post(request)).balances[0].active).toBe(7);
});

it('a gateway that falls silent with wallets locked does not keep the others long', async () => {
  const wire = await wireToKernel();
  // It would itself give up, and let go, long after the others have lost patience.
  const far = await ledger({ connectionString: wire.connectionString, patience: { idleMs: 300, answerMs: 120_000, connectMs: 300, outageMs: 100 } });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  wire.silentAfter = 'FOR NO KEY UPDATE';
  const request = book.burnRequest(taxi, wallet, 1, '2026-01-11T10:00:00Z');
  const silent = expect(far.post(request)).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
  await until('the wallet is locked', async () => {
    return (await rows('SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED', wallet)).length === 0;
  });
  expect(accepted(await book.burn(taxi, wallet, 2, '2026-01-11T10:00:00Z')).balances[0].active).toBe(8);
  await silent;
  wire.silent = false;
  expect(accepted(await far.post(request)).balances[0].active).toBe(7);
});

it('a wallet that somebody else keeps locked is a retry-safe refusal', async () => {
  const patient = await ledger({ patience: { lockMs: 200, outageMs: 300 } });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  const owner = await test.database.owner.connect();
  const request = book.burnRequest(taxi, wallet, 1, '2026-01-11T10:00:00Z');
  try {
    await owner.query('BEGIN');
    await owner.query('SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE', [wallet]);
    await expect(patient.post(request)).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
    // Looking takes no lock, so it waits for nobody.
    expect(await patient.preview(request)).toMatchObject({ refusal: null, balances: [{ active: 9 }] });
  } finally {
    await owner.query('ROLLBACK');
    owner.release();
  }
  accepted(await patient.post(request));
});

it('a full disk is a retry-safe refusal, and loses nothing acknowledged', async () => {
  const patient = await ledger({ patience: { outageMs: 300 } });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  await rows(
    `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`,
  );
  await rows('CREATE TRIGGER disk_full BEFORE INSERT ON posting FOR EACH STATEMENT EXECUTE FUNCTION disk_full()');
  const requests = [1, 2].map((amount) => book.burnRequest(taxi, wallet, amount, '2026-01-11T10:00:00Z'));
  try {
    const outcomes = await Promise.allSettled(requests.map((request) => patient.post(request)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE', retrySafe: true } });
  } finally {
    await rows('DROP TRIGGER disk_full ON posting');
  }
  for (const request of requests) expect(accepted(await patient.post(request)).duplicate).toBe(false);
});

it('what a database is set to by default does not change how the kernel reads and writes', async () => {
  await rows(`ALTER DATABASE ${test.database.name} SET default_transaction_isolation = 'repeatable read'`);
  await rows(`ALTER DATABASE ${test.database.name} SET bytea_output = 'escape'`);
  const [one, two] = [await ledger(), await ledger()];
  await rows(`ALTER DATABASE ${test.database.name} RESET ALL`);
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
  const requests = Array.from({ length: 20 }, () => book.burnRequest(taxi, wallet, 1, '2026-01-11T10:00:00Z'));
  for (const request of requests) {
    const outcomes = await Promise.all([one.post(request), two.post(request)]);
    expect(outcomes.map((outcome) => outcome.duplicate).sort()).toEqual([false, true]);
  }
  // Each may have believed what it kept once; since then they lock first, and the lock is what serialises them.
  expect(one.stats.retries + two.stats.retries).toBeLessThan(5);
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 20 }]);
});

it('an outage ends with the first answer, and so does a defect', async () => {
  const outage = new Outage(100);
  const fails = (...codes: string[]) =>
    outage.outlast(
      async () => {
        const code = codes.shift();
        if (code) throw Object.assign(new Error(code), { code });
        return 'posted';
      },
      () => undefined,
    );
  await expect(fails('ECONNRESET', '23505')).rejects.toMatchObject({ code: '23505' });
  await sleep(150);
  expect(await fails('ECONNRESET')).toBe('posted');
  // Somebody else in the way is no outage at all.
  await expect(fails('40001', '23505')).rejects.toMatchObject({ code: '23505' });
  await sleep(150);
  expect(await fails('40001')).toBe('posted');
});

it('nothing is begun half a minute after it was asked for', async () => {
  const now = performance.now.bind(performance);
  let later = 0;
  const wire = await wireToKernel();
  const far = await ledger({ connectionString: wire.connectionString, patience: { answerMs: 300, connectMs: 300, outageMs: 600_000 } });
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
  try {
    wire.silent = true;
    const burn = far.post(book.burnRequest(taxi, wallet, 1, '2026-01-11T10:00:00Z'));
    await until('it is asked for', () => wire.swallowed > 0);
    later = 30_000;
    wire.silent = false;
    await expect(burn).rejects.toMatchObject({ code: 'UNAVAILABLE', retrySafe: true });
  } finally {
    jest.restoreAllMocks();
  }
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', wallet)).toEqual([{ debits: 0 }]);
});
