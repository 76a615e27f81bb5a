import { dayFromIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

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
const lotsOf = async (wallet: number) =>
  (
    await rows(
      "SELECT issuer_code, to_char(issue_month, 'YYYY-MM') AS m, expires_on::text AS x, remaining::int, held::int FROM lot WHERE account_id = $1 AND remaining + held > 0 ORDER BY expires_on, issue_month, issuer_code",
      wallet,
    )
  ).map((lot) => `${lot.issuer_code} ${lot.m} ${lot.x} ${lot.remaining}${lot.held ? ` held ${lot.held}` : ''}`);

it('earns, burns soonest to expire first, and says the balances after', async () => {
  const ana = await book.wallet();
  await book.earn(taxi, ana, 50, '2026-01-10T10:00:00Z');
  await book.earn(fuel, ana, 30, '2026-02-10T10:00:00Z', { expires: '2026-12-31' });
  await book.earn(fuel, ana, 20, '2026-01-10T10:00:00Z');
  const outcome = accepted(await book.burn(taxi, ana, 60, '2026-03-01T10:00:00Z'));
  expect(outcome.balances).toEqual([{ account: ana, active: 40, pending: 0, held: 0, arrears: 0, spendable: 40 }]);
  // 30 that expire first, then January's lots by issuer code: FUEL before TAXI.
  expect(await lotsOf(ana)).toEqual(['TAXI 2026-01 infinity 40']);
});

it('refuses what the wallet cannot pay, stores the refusal and writes nothing else', async () => {
  const ben = await book.wallet();
  await book.earn(fuel, ben, 10, '2026-01-10T10:00:00Z');
  const before = await rows('SELECT count(*) FROM transfer');
  const request = book.burnRequest(taxi, ben, 11, '2026-01-11T10:00:00Z');
  const refused = await test.app.ledger.post(request);
  expect(refused.refusal).toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 10, requested: 11 } });
  expect(refused.balances[0].active).toBe(10);
  await book.earn(fuel, ben, 10, '2026-01-12T10:00:00Z');
  // The first outcome again, although it would be accepted now.
  expect(await test.app.ledger.post(request)).toEqual({ ...refused, duplicate: true });
  expect(await rows('SELECT count(*) FROM transfer')).not.toEqual(before);
  expect(await rows('SELECT debits::int FROM account WHERE id = $1', ben)).toEqual([{ debits: 0 }]);
});

it('a key used again with other content is a conflict', async () => {
  const wallet = await book.wallet();
  const first = await book.earnRequest(fuel, wallet, 10, '2026-01-10T10:00:00Z', newUuid(), {}, 'same-key');
  accepted(await test.app.ledger.post(first));
  const other = { ...first, contentHash: Buffer.alloc(32, 7) };
  await expect(test.app.ledger.post(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(await rows('SELECT credits::int FROM account WHERE id = $1', wallet)).toEqual([{ credits: 10 }]);
});

it('expired and not yet available points cannot be spent, whoever was late', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z', { expires: '2026-02-01' });
  await book.earn(fuel, wallet, 5, '2026-01-10T10:00:00Z', { available: '2026-03-01' });
  const early = await book.burn(taxi, wallet, 11, '2026-01-31T23:59:59Z');
  expect(early.refusal?.fields).toMatchObject({ available: 10 });
  const late = await book.burn(taxi, wallet, 1, '2026-02-01T00:00:00Z');
  expect(late.refusal?.fields).toMatchObject({ available: 0 });
  expect(late.balances[0]).toMatchObject({ active: 0, pending: 5 });
  accepted(await book.burn(taxi, wallet, 5, '2026-03-01T00:00:00Z'));
});

it('holds, captures in part and gives the rest back to its lots', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 1_000, '2026-01-10T10:00:00Z');
  const hold = newUuid();
  expect(accepted(await book.hold(taxi, wallet, 600, '2026-01-11T10:00:00Z', '2026-01-18T10:00:00Z', hold)).balances[0]).toMatchObject({
    active: 400,
    held: 600,
  });
  expect((await book.burn(taxi, wallet, 401, '2026-01-12T10:00:00Z')).refusal?.code).toBe('INSUFFICIENT_POINTS');
  expect((await book.capture(taxi, wallet, hold, 601, '2026-01-12T10:00:00Z')).refusal?.code).toBe('CAPTURE_EXCEEDS_HOLD');
  expect(accepted(await book.capture(taxi, wallet, hold, 500, '2026-01-12T10:00:00Z')).balances[0]).toMatchObject({ active: 500, held: 0 });
  expect((await book.capture(taxi, wallet, hold, 1, '2026-01-12T10:00:00Z')).refusal?.code).toBe('HOLD_NOT_OPEN');
  expect((await book.release(taxi, wallet, hold, '2026-01-12T10:00:00Z')).refusal?.code).toBe('HOLD_NOT_OPEN');
  expect(await lotsOf(wallet)).toEqual(['FUEL 2026-01 infinity 500']);
});

it('an expired hold counts as released at once and cannot be captured', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
  const hold = newUuid();
  accepted(await book.hold(taxi, wallet, 100, '2026-01-11T10:00:00Z', '2026-01-12T10:00:00Z', hold));
  expect((await book.capture(taxi, wallet, hold, 100, '2026-01-12T10:00:00Z')).refusal?.code).toBe('HOLD_EXPIRED');
  accepted(await book.burn(taxi, wallet, 100, '2026-01-12T10:00:00Z'));
  expect(await rows('SELECT state FROM hold WHERE id = $1', hold)).toEqual([{ state: 'EXPIRED' }]);
  accepted(await book.release(taxi, wallet, hold, '2026-01-13T10:00:00Z', 'EXPIRED'));
});

it('a clawback takes its own lot, then the issuer’s, then any, then goes into arrears that the next earn fills', async () => {
  const wallet = await book.wallet();
  await book.earn(taxi, wallet, 10, '2026-01-10T10:00:00Z');
  const january = await book.earn(fuel, wallet, 20, '2026-01-10T10:00:00Z');
  await book.earn(fuel, wallet, 5, '2026-02-10T10:00:00Z');
  accepted(await book.burn(taxi, wallet, 15, '2026-02-11T10:00:00Z'));
  expect(await lotsOf(wallet)).toEqual(['FUEL 2026-01 infinity 5', 'TAXI 2026-01 infinity 10', 'FUEL 2026-02 infinity 5']);
  const outcome = accepted(await book.clawBack(fuel, wallet, january, 12, '2026-02-12T10:00:00Z'));
  expect(outcome.balances[0]).toMatchObject({ active: 8, arrears: 0 });
  expect(await lotsOf(wallet)).toEqual(['TAXI 2026-01 infinity 8']);
  accepted(await book.burn(taxi, wallet, 8, '2026-02-12T11:00:00Z'));
  expect(accepted(await book.clawBack(fuel, wallet, january, 8, '2026-02-13T10:00:00Z')).balances[0]).toMatchObject({ active: 0, arrears: 8 });
  expect((await book.clawBack(fuel, wallet, january, 1, '2026-02-13T10:00:00Z')).refusal?.code).toBe('REVERSAL_EXCEEDS_ORIGINAL');
  await book.earn(taxi, wallet, 5, '2026-02-14T10:00:00Z');
  await book.earn(taxi, wallet, 5, '2026-02-15T10:00:00Z');
  expect(await rows('SELECT (credits - debits)::int AS balance, arrears::int FROM account WHERE id = $1', wallet)).toEqual([{ balance: 2, arrears: 0 }]);
  expect(await lotsOf(wallet)).toEqual(['TAXI 2026-02 infinity 2']);
  expect(await rows('SELECT amount::int FROM arrears_fill WHERE account_id = $1 ORDER BY amount', wallet)).toEqual([{ amount: 3 }, { amount: 5 }]);
});

it('a reinstatement fills the consumed lots again, last consumed first; only what ended meanwhile gets its grace, and lies apart', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z', { expires: '2026-03-01' });
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z', { expires: '2026-06-01' });
  const burn = newUuid();
  accepted(await book.burn(taxi, wallet, 15, '2026-02-10T10:00:00Z', burn));
  accepted(await book.reinstate(taxi, wallet, burn, 7, '2026-04-01T10:00:00Z', { since: dayFromIso('2026-02-10') }));
  expect(await lotsOf(wallet)).toEqual(['FUEL 2026-01 2026-05-01 2', 'FUEL 2026-01 2026-06-01 10']);
  accepted(await book.reinstate(taxi, wallet, burn, 8, '2026-04-01T10:00:00Z', { since: dayFromIso('2026-02-10') }));
  expect(await lotsOf(wallet)).toEqual(['FUEL 2026-01 2026-05-01 10', 'FUEL 2026-01 2026-06-01 10']);
  expect((await book.reinstate(taxi, wallet, burn, 1, '2026-04-01T10:00:00Z')).refusal?.code).toBe('REVERSAL_EXCEEDS_ORIGINAL');
});

it('100 identical requests at once: one posting, 100 equal answers', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
  const request = book.burnRequest(taxi, wallet, 40, '2026-01-11T10:00:00Z');
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => test.app.ledger.post(request)));
  const first = outcomes.find((outcome) => !outcome.duplicate);
  for (const outcome of outcomes) expect({ ...outcome, duplicate: false }).toEqual(first);
  expect(outcomes.filter((outcome) => !outcome.duplicate)).toHaveLength(1);
  expect(await rows('SELECT count(*)::int FROM transfer WHERE posting_id = $1', request.id)).toEqual([{ count: 1 }]);
});

it('100 different burns at once against a balance for 30', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 300, '2026-01-10T10:00:00Z');
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => book.burn(taxi, wallet, 10, '2026-01-11T10:00:00Z')));
  expect(outcomes.filter((outcome) => outcome.refusal === null)).toHaveLength(30);
  expect(outcomes.filter((outcome) => outcome.refusal?.code === 'INSUFFICIENT_POINTS')).toHaveLength(70);
  expect(await rows('SELECT (credits - debits)::int AS balance FROM account WHERE id = $1', wallet)).toEqual([{ balance: 0 }]);
});

it('two gateways at once on the same wallet and keys: each key once', async () => {
  const other = await createTestApp({ database: test.database });
  try {
    await other.app.ledger.openAccounts([
      { kind: 'REDEEMED', owner: taxi.id, currencyId: book.currencyId },
      { kind: 'ISSUED', owner: fuel.id, currencyId: book.currencyId },
    ]);
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 300, '2026-01-10T10:00:00Z');
    const requests = Array.from({ length: 50 }, () => book.burnRequest(taxi, wallet, 10, '2026-01-11T10:00:00Z'));
    const outcomes = await Promise.all(requests.flatMap((request) => [test.app.ledger.post(request), other.app.ledger.post(request)]));
    for (let i = 0; i < 100; i += 2) expect({ ...outcomes[i], duplicate: false }).toEqual({ ...outcomes[i + 1], duplicate: false });
    expect(outcomes.filter((outcome) => outcome.refusal === null)).toHaveLength(60);
  } finally {
    await other.close();
  }
});

it('a plan that throws fails its own caller and nobody else in the batch', async () => {
  const wallet = await book.wallet();
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  const broken = book.request(taxi, '2026-01-11T10:00:00Z', { wallets: [wallet] }, () => {
    throw new Error('a defect of the plan');
  });
  const [bad, good] = await Promise.allSettled([test.app.ledger.post(broken), book.burn(taxi, wallet, 10, '2026-01-11T10:00:00Z')]);
  expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'a defect of the plan' } });
  expect(good).toMatchObject({ status: 'fulfilled', value: { refusal: null } });
  expect(await rows('SELECT count(*)::int FROM posting WHERE id = $1', broken.id)).toEqual([{ count: 0 }]);
});

it('a locked wallet earns but does not spend', async () => {
  const owner = newUuid();
  const [wallet] = await test.app.ledger.openAccounts([{ kind: 'WALLET', owner, currencyId: book.currencyId }]);
  await test.app.ledger.setSpendLock(owner, true);
  await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  expect((await book.burn(taxi, wallet, 1, '2026-01-11T10:00:00Z')).refusal?.code).toBe('WALLET_LOCKED');
  await test.app.ledger.setSpendLock(owner, false);
  accepted(await book.burn(taxi, wallet, 1, '2026-01-11T10:00:00Z'));
});

it('postings and transfers cannot be changed or deleted, not even by their owner', async () => {
  for (const table of ['posting', 'transfer', 'allocation', 'arrears_fill']) {
    await expect(test.database.owner.query(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '23001' });
    await expect(test.database.owner.query(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: '23001' });
  }
});
