import type { AccountId, Step } from '../../../src/ledger/ledger/posting';
import { dayFromIso, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: LedgerBook;
let brand: Brand;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  brand = await book.brand('AXLE');
});
afterAll(() => test.close());

/** Posts steps that need these wallets and transfers. */
async function post(at: string, wallets: AccountId[], steps: Step[], transfers: string[] = []) {
  return accepted(await test.app.ledger.post(book.request(brand, at, { wallets, transfers }, () => steps)));
}

async function balanceOn(day: string, wallet: AccountId) {
  const { balances } = await test.app.ledger.preview(book.request(brand, `${day}T12:00:00Z`, { wallets: [wallet] }, () => []));
  return balances[0];
}

/** An award that waits to be confirmed: never available, over after its deadline. */
async function award(wallet: AccountId, amount: number, at: string, end: string) {
  const id = newUuid();
  const request = await book.earnRequest(brand, wallet, amount, at, id);
  const plan = request.plan as () => { steps: Extract<Step, { do: 'credit' }>[]; answer: object };
  const [credit] = plan().steps;
  accepted(
    await test.app.ledger.post({
      ...request,
      plan: () => ({ steps: [{ ...credit, lot: { ...credit.lot, availableOn: NEVER, expiresOn: dayFromIso(end) } }], answer: {} }),
    }),
  );
  return id;
}

it('two wallets that have lapsed can be used in one posting', async () => {
  const [giver, receiver] = [await book.wallet(), await book.wallet()];
  for (const wallet of [giver, receiver]) {
    await book.earn(brand, wallet, 10, '2026-01-01T10:00:00Z');
    await post('2026-01-01T11:00:00Z', [wallet], [{ do: 'slide', account: wallet, until: dayFromIso('2026-01-05') }]);
  }
  const again: Step[] = [giver, receiver].map((account) => ({ do: 'slide', account, until: dayFromIso('2026-02-01') }));
  await post('2026-01-10T10:00:00Z', [giver, receiver], again);
  expect(await balanceOn('2026-01-10', giver)).toMatchObject({ active: 0, pending: 0 });
  expect(await balanceOn('2026-01-10', receiver)).toMatchObject({ active: 0, pending: 0 });
});

it('points whose time is over fill no arrears when they come back from a pool', async () => {
  const wallet = await book.wallet();
  const [pool] = await test.app.ledger.openAccounts([{ kind: 'POOL', owner: newUuid(), currencyId: book.currencyId }]);
  await book.earn(brand, wallet, 10, '2026-01-01T10:00:00Z', { expires: '2026-01-10' });
  const give: Step = { do: 'give', id: newUuid(), from: wallet, to: pool, amount: 10, code: 'POOL_CONTRIBUTION', termsId: null };
  await post('2026-01-02T10:00:00Z', [wallet, pool], [give]);
  const earned = await book.earn(brand, wallet, 6, '2026-01-03T10:00:00Z');
  accepted(await book.burn(brand, wallet, 6, '2026-01-03T11:00:00Z'));
  accepted(await book.clawBack(brand, wallet, earned, 6, '2026-01-04T10:00:00Z'));
  await post('2026-01-10T10:00:00Z', [pool, wallet], [{ do: 'giveAll', id: newUuid(), from: pool, to: wallet, code: 'POOL_RETURN' }]);
  expect(await balanceOn('2026-01-10', wallet)).toMatchObject({ active: 0, arrears: 6 });
});

it('an award cannot be confirmed once its time is over, whether or not somebody took it back', async () => {
  const wallet = await book.wallet();
  const credit = await award(wallet, 10, '2026-01-01T10:00:00Z', '2026-01-10');
  const confirm = (): Step[] => [{ do: 'redate', id: newUuid(), credit, availableOn: dayFromIso('2026-01-01'), expiresOn: NEVER }];
  await expect(post('2026-01-10T10:00:00Z', [wallet], confirm(), [credit])).rejects.toThrow('is over');
  expect(await balanceOn('2026-01-10', wallet)).toMatchObject({ active: 0, pending: 0 });
  await post('2026-01-09T10:00:00Z', [wallet], confirm(), [credit]);
  expect(await balanceOn('2026-01-10', wallet)).toMatchObject({ active: 10 });
});

it('an award that was not confirmed is clawed back from where it lies, however late', async () => {
  const wallet = await book.wallet();
  const credit = await award(wallet, 10, '2026-01-01T10:00:00Z', '2026-01-10');
  await book.earn(brand, wallet, 7, '2026-01-02T10:00:00Z');
  accepted(await book.clawBack(brand, wallet, credit, 10, '2026-01-15T10:00:00Z'));
  expect(await balanceOn('2026-01-15', wallet)).toMatchObject({ active: 7, arrears: 0 });
});
