import { newUuid } from '../../../src/platform/ids';
import { type LedgerCast, ledgerJournal } from '../../support/journal/ledger-journal';
import type { Journal } from '../../support/journal/run-journal';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: LedgerBook;
let fuel: Brand;
let taxi: Brand;
let journal: Journal<LedgerCast>;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  fuel = await book.brand('FUEL');
  taxi = await book.brand('TAXI');
  journal = ledgerJournal(test, book, [fuel, taxi]);
});
afterAll(() => test.close());

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;

describe('burn', () => {
  it('a burn takes what expires soonest, then the oldest month, then by issuer code', () => journal`
    2026-01-10  earn  ana 50 FLP at TAXI
    2026-02-10  earn  ana 30 FLP at FUEL until 2026-12-31
    2026-01-10  earn  ana 20 FLP at FUEL
    2026-03-01  burn  ana 60 FLP at TAXI   says active 40, pending 0, held 0, arrears 0, spendable 40
                lots  ana                  says TAXI 2026-01 40`);

  it('a refused burn stays refused when it is asked again', () => journal`
    2026-01-10  earn     ben 10 FLP at FUEL
    2026-01-11  burn     ben 11 FLP at TAXI as ride  refused INSUFFICIENT_POINTS, available 10, requested 11, active 10
    2026-01-12  earn     ben 10 FLP at FUEL
                again    ride                        refused INSUFFICIENT_POINTS, available 10, requested 11, active 10
                balance  ben 20 FLP`);

  it('a key used again with other content is a conflict', async () => {
    const wallet = await book.wallet();
    const first = await book.earnRequest(fuel, wallet, 10, '2026-01-10T10:00:00Z', newUuid(), {}, 'same-key');
    accepted(await test.app.ledger.post(first));
    const other = { ...first, contentHash: Buffer.alloc(32, 7) };
    await expect(test.app.ledger.post(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await rows('SELECT credits::int FROM account WHERE id = $1', wallet)).toEqual([{ credits: 10 }]);
  });

  it('expired or not yet available points cannot be spent', () => journal`
    2026-01-10           earn  ana 10 FLP at FUEL until 2026-02-01
    2026-01-10           earn  ana  5 FLP at FUEL from 2026-03-01
    2026-01-31T23:59:59  burn  ana 11 FLP at TAXI  refused INSUFFICIENT_POINTS, available 10
    2026-02-01T00:00     burn  ana  1 FLP at TAXI  refused INSUFFICIENT_POINTS, available 0, active 0, pending 5
    2026-03-01T00:00     burn  ana  5 FLP at TAXI`);
});

describe('hold', () => {
  it('what is not captured of a hold goes back to its lots', () => journal`
    2026-01-10  earn     ana 1000 FLP at FUEL
    2026-01-11  hold     ana  600 FLP at TAXI until 2026-01-18 as ride  says active 400, held 600
    2026-01-12  burn     ana  401 FLP at TAXI                           refused INSUFFICIENT_POINTS
                capture  ride 601 FLP                                   refused CAPTURE_EXCEEDS_HOLD
                capture  ride 500 FLP                                   says active 500, held 0
                capture  ride   1 FLP                                   refused HOLD_NOT_OPEN
                void     ride                                           refused HOLD_NOT_OPEN
                lots     ana                                            says FUEL 2026-01 500`);

  it('an expired hold counts as released at once', async () => {
    const { cast, goOn } = await journal`
      2026-01-10  earn     ana 100 FLP at FUEL
      2026-01-11  hold     ana 100 FLP at TAXI until 2026-01-12 as ride
      2026-01-12  capture  ride 100 FLP  refused HOLD_EXPIRED
                  burn     ana 100 FLP at TAXI`;
    expect(await rows('SELECT state FROM hold WHERE id = $1', cast.posted('ride').id)).toEqual([{ state: 'EXPIRED' }]);
    await goOn`2026-01-13  expire ride`;
  });
});

describe('reverse', () => {
  it('a clawback takes its own lot, then its issuer’s, then any, then arrears', async () => {
    const { cast } = await journal`
      2026-01-10        earn      ana 10 FLP at TAXI
                        earn      ana 20 FLP at FUEL as january
      2026-02-10        earn      ana  5 FLP at FUEL
      2026-02-11        burn      ana 15 FLP at TAXI
                        lots      ana             says FUEL 2026-01 5, TAXI 2026-01 10, FUEL 2026-02 5
      2026-02-12        clawback  january 12 FLP  says active 8, arrears 0
                        lots      ana             says TAXI 2026-01 8
      2026-02-12T13:00  burn      ana  8 FLP at TAXI
      2026-02-13        clawback  january  8 FLP  says active 0, arrears 8
                        clawback  january  1 FLP  refused REVERSAL_EXCEEDS_ORIGINAL
      2026-02-14        earn      ana  5 FLP at TAXI
      2026-02-15        earn      ana  5 FLP at TAXI
                        balance   ana  2 FLP      says arrears 0
                        lots      ana             says TAXI 2026-02 2`;
    expect(await rows('SELECT amount::int FROM arrears_fill WHERE account_id = $1 ORDER BY amount', await cast.wallet('ana'))).toEqual([
      { amount: 3 },
      { amount: 5 },
    ]);
  });

  it('a reinstatement fills the consumed lots, last consumed first', () => journal`
    2026-01-10  earn       ana 10 FLP at FUEL until 2026-03-01
                earn       ana 10 FLP at FUEL until 2026-06-01
    2026-02-10  burn       ana 15 FLP at TAXI as ride
    2026-04-01  reinstate  ride 7 FLP gone since 2026-02-10
                lots       ana  says FUEL 2026-01 until 2026-05-01 2, FUEL 2026-01 until 2026-06-01 10
                reinstate  ride 8 FLP gone since 2026-02-10
                lots       ana  says FUEL 2026-01 until 2026-05-01 10, FUEL 2026-01 until 2026-06-01 10
                reinstate  ride 1 FLP  refused REVERSAL_EXCEEDS_ORIGINAL`);
});

describe('post', () => {
  it('a locked wallet earns and does not spend', () => journal`
    2026-01-10  lock    ana
                earn    ana 10 FLP at FUEL
    2026-01-11  burn    ana  1 FLP at TAXI  refused WALLET_LOCKED
                unlock  ana
                burn    ana  1 FLP at TAXI`);

  it('100 identical requests at once are one posting', async () => {
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
    const request = book.burnRequest(taxi, wallet, 40, '2026-01-11T10:00:00Z');
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => test.app.ledger.post(request)));
    const first = outcomes.find((outcome) => !outcome.duplicate);
    for (const outcome of outcomes) expect({ ...outcome, duplicate: false }).toEqual(first);
    expect(outcomes.filter((outcome) => !outcome.duplicate)).toHaveLength(1);
    expect(await rows('SELECT count(*)::int FROM transfer WHERE posting_id = $1', request.id)).toEqual([{ count: 1 }]);
  });

  it('30 of 100 burns at once pass against a balance for 30', async () => {
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 300, '2026-01-10T10:00:00Z');
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => book.burn(taxi, wallet, 10, '2026-01-11T10:00:00Z')));
    expect(outcomes.filter((outcome) => outcome.refusal === null)).toHaveLength(30);
    expect(outcomes.filter((outcome) => outcome.refusal?.code === 'INSUFFICIENT_POINTS')).toHaveLength(70);
    expect(await rows('SELECT (credits - debits)::int AS balance FROM account WHERE id = $1', wallet)).toEqual([{ balance: 0 }]);
  });

  it('two gateways at once post each key once', async () => {
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

  it('postings and transfers cannot be deleted, not even by their owner', async () => {
    for (const table of ['posting', 'transfer', 'allocation', 'arrears_fill']) {
      await expect(test.database.owner.query(`DELETE FROM ${table}`)).rejects.toMatchObject({ code: '23001' });
      await expect(test.database.owner.query(`TRUNCATE ${table}`)).rejects.toMatchObject({ code: '23001' });
    }
  });
});
