import { createLedger, type LedgerOptions, type RunningLedger } from '../../../src/ledger/ledger/posting-ledger';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook, TERMS } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';
import { untilItWaits } from '../../support/until-it-waits';

let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
const opened: RunningLedger[] = [];

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
});
afterAll(async () => {
  for (const each of opened) await each.close();
  await test.close();
});

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

function ledger(options: Partial<LedgerOptions> = {}): RunningLedger {
  const made = createLedger({ connectionString: test.database.urls.kernel, clock: test.clock, log: test.app.log, ...options });
  opened.push(made);
  return made;
}

it('remembers only so many accounts, and gives none without an id', async () => {
  const forgetful = ledger({ maxKnownAccounts: 3 });
  const wallets = Array.from({ length: 5 }, () => ({ kind: 'WALLET' as const, owner: newUuid(), currencyId: book.currencyId }));
  const first = await forgetful.openAccounts(wallets.slice(0, 2));
  const all = await forgetful.openAccounts(wallets);
  expect(all.slice(0, 2)).toEqual(first);
  expect(new Set(all).size).toBe(5);
  expect(await Promise.all(wallets.map(async (ref) => (await forgetful.openAccounts([ref]))[0]))).toEqual(all);
  expect(await forgetful.openAccounts([wallets[4], wallets[4]])).toEqual([all[4], all[4]]);
});

it('two processes that open the same accounts at once get the same ids', async () => {
  const [one, two] = [ledger(), ledger()];
  const refs = Array.from({ length: 40 }, () => ({ kind: 'WALLET' as const, owner: newUuid(), currencyId: book.currencyId }));
  const [a, b] = await Promise.all([one.openAccounts(refs), two.openAccounts([...refs].reverse())]);
  expect(b.reverse()).toEqual(a);
});

it('lots keep the code that their issuer had when they were made', async () => {
  const wallet = await book.wallet();
  const earned = await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
  const later = ledger();
  const origin = { issuer: fuel.id, issuerCode: 'PETROL', currencyId: book.currencyId, issueMonth: dayFromIso('2026-01-01'), termsId: TERMS, offerId: null };
  await later.openAccounts([{ kind: 'ISSUED', owner: fuel.id, currencyId: book.currencyId }]);
  expect(await later.lotOrigin(origin)).toBe(await test.app.ledger.lotOrigin({ ...origin, issuerCode: 'FUEL' }));
  const step = { do: 'clawBack' as const, id: newUuid(), reverses: earned, amount: 4, expired: null };
  accepted(await later.post(book.request(fuel, '2026-01-11T10:00:00Z', { wallets: [wallet], transfers: [earned] }, () => [step])));
  expect(await rows('SELECT issuer_code, remaining::int FROM lot WHERE account_id = $1', wallet)).toEqual([{ issuer_code: 'FUEL', remaining: 6 }]);
});

it('a spend lock takes an owner’s wallets in the order in which postings do', async () => {
  const other = await LedgerBook.open(test.app.ledger, test.database, 'OTHER');
  const owner = newUuid();
  // Opened in the other order than their currencies'.
  const [low] = await test.app.ledger.openAccounts([{ kind: 'WALLET', owner, currencyId: other.currencyId }]);
  const [high] = await test.app.ledger.openAccounts([{ kind: 'WALLET', owner, currencyId: book.currencyId }]);
  expect(low).toBeLessThan(high);
  const poster = await test.database.owner.connect();
  try {
    await poster.query('BEGIN');
    await poster.query('SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE', [low]);
    const { waiting } = await untilItWaits(test.database, () => test.app.ledger.setSpendLock(owner, true));
    await poster.query('SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE NOWAIT', [high]);
    await poster.query('COMMIT');
    await waiting;
  } finally {
    poster.release(true);
  }
  expect(await rows('SELECT spend_locked FROM account WHERE owner_id = $1', owner)).toEqual([{ spend_locked: true }, { spend_locked: true }]);
});
