import type { PostingRequest, Step } from '../../../src/ledger/ledger/posting';
import { newUuid } from '../../../src/platform/ids';
import { holdUntil } from '../../support/holds';
import { type LedgerCast, ledgerJournal } from '../../support/journal/ledger-journal';
import type { Journal } from '../../support/journal/run-journal';
import { accepted, type Brand, LedgerBook, TERMS } from '../../support/ledger-book';
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

it('a refusal tells the balances as they are when it happened', async () => {
  const { cast } = await journal`
    2026-01-10  earn  ana 100 FLP at FUEL
    2026-01-11  hold  ana  60 FLP at TAXI until 2026-01-12 as ride
    2026-01-13  burn  ana 101 FLP at TAXI  refused INSUFFICIENT_POINTS, available 100, active 100, held 0, spendable 100`;
  // Nothing was written for it: the refused posting has not booked the expiry.
  expect(await rows('SELECT state FROM hold WHERE id = $1', cast.posted('ride').id)).toEqual([{ state: 'OPEN' }]);
  expect(await rows('SELECT held::int FROM account WHERE id = $1', await cast.wallet('ana'))).toEqual([{ held: 60 }]);
});

describe('a retry-safe refusal', () => {
  const no = { code: 'TOO_EARLY', message: 'What it rests on is not there yet.', retrySafe: true, fields: {} };
  const isThere = { now: false };
  const request = (wallet: number): PostingRequest => {
    const earned = book.request(fuel, '2026-01-11T10:00:00Z', { wallets: [wallet] }, () => []);
    return { ...earned, plan: (view) => (isThere.now ? earned.plan(view) : { refused: no }) };
  };

  it('is not kept under its key', async () => {
    const asked = request(await book.wallet());
    const refused = { duplicate: false, refusal: no, answer: null };
    // In one batch too, and whatever its content was.
    const outcomes = await Promise.all([asked, asked, { ...asked, contentHash: Buffer.alloc(32) }].map((each) => test.app.ledger.post(each)));
    for (const outcome of outcomes) expect(outcome).toMatchObject(refused);
    expect(await test.app.ledger.preview(asked)).toMatchObject(refused);
    expect(await rows('SELECT count(*)::int FROM posting WHERE id = $1', asked.id)).toEqual([{ count: 0 }]);
    isThere.now = true;
    expect(await test.app.ledger.post(asked)).toMatchObject({ duplicate: false, refusal: null });
    isThere.now = false;
    // Once it is booked, it stays so.
    expect(await test.app.ledger.post(asked)).toMatchObject({ duplicate: true, refusal: null });
  });

  it('takes back what the posting did before it', async () => {
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 100, '2026-01-10T10:00:00Z');
    const hold = newUuid();
    accepted(await book.hold(taxi, wallet, 60, '2026-01-10T10:00:00Z', '2026-01-10T12:00:00Z', hold));
    expect((await test.app.ledger.post(request(wallet))).balances[0]).toMatchObject({ active: 100, held: 0 });
    expect(await rows('SELECT state FROM hold WHERE id = $1', hold)).toEqual([{ state: 'OPEN' }]);
  });
});

describe('a plan that is not sound fails unstored', () => {
  const posted = async (steps: Step[], loads: Partial<PostingRequest['loads']> = {}, wallet?: number) => {
    const on = wallet ?? (await book.wallet());
    const request = book.request(taxi, '2026-01-11T10:00:00Z', { wallets: [on], ...loads }, () => steps);
    const good = await book.earnRequest(fuel, await book.wallet(), 1, '2026-01-11T10:00:00Z', newUuid());
    const [bad, other] = await Promise.allSettled([test.app.ledger.post(request), test.app.ledger.post(good)]);
    expect(other).toMatchObject({ status: 'fulfilled', value: { refusal: null } });
    expect(await rows('SELECT count(*)::int FROM posting WHERE id = $1', request.id)).toEqual([{ count: 0 }]);
    return bad.status === 'rejected' ? String(bad.reason) : bad;
  };
  const count = (account: number, by: number): Step => ({ do: 'count', account, key: 'uses', by });

  it('a counter of a wallet that is not locked', async () => {
    const elsewhere = await book.wallet();
    expect(await posted([count(elsewhere, 1)], { counters: [{ account: elsewhere, key: 'uses' }] })).toMatch(/counter uses without its wallet/);
  });

  it('a counter that is no whole number any more', async () => {
    const wallet = await book.wallet();
    const counters = [{ account: wallet, key: 'uses' }];
    expect(await posted([count(wallet, 0.5)], { counters }, wallet)).toMatch(/RangeError/);
    expect(await posted([count(wallet, Number.MAX_SAFE_INTEGER), count(wallet, 1)], { counters }, wallet)).toMatch(/RangeError/);
  });

  it('a wallet that does not exist', async () => {
    expect(await posted([], {}, 999_999_999)).toMatch(/does not exist/);
    expect(await posted([], {}, fuel.issued)).toMatch(/does not exist/);
  });

  it('a hold that has expired when it is placed', async () => {
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
    const hold: Step = {
      do: 'hold',
      id: newUuid(),
      from: wallet,
      to: taxi.redeemed,
      amount: 1,
      ...holdUntil(Date.parse('2026-01-11T10:00:00Z')),
      termsId: TERMS,
    };
    expect(await posted([hold], {}, wallet)).toMatch(/RangeError/);
  });

  it('a hold that is booked as expired before its time', async () => {
    const wallet = await book.wallet();
    await book.earn(fuel, wallet, 10, '2026-01-10T10:00:00Z');
    const hold = newUuid();
    accepted(await book.hold(taxi, wallet, 10, '2026-01-10T10:00:00Z', '2026-01-12T10:00:00Z', hold));
    expect(await posted([{ do: 'release', holdId: hold, as: 'EXPIRED' }], { holds: [hold] }, wallet)).toMatch(/does not expire before 2026-01-12/);
  });

  it('money that moves from an account to itself', async () => {
    const move: Step = { do: 'move', id: newUuid(), from: taxi.redeemed, to: taxi.redeemed, amount: 1, code: 'CLEARING', termsId: TERMS };
    expect(await posted([move])).toMatch(/cannot pay itself/);
  });

  it('amounts that are not positive whole numbers', async () => {
    const wallet = await book.wallet();
    for (const amount of [0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])
      expect(await posted([{ do: 'debit', id: newUuid(), from: wallet, to: taxi.redeemed, amount, code: 'BURN', termsId: TERMS }], {}, wallet)).toMatch(
        /RangeError/,
      );
  });
});

describe('near the largest balance there can be', () => {
  const MOST = Number.MAX_SAFE_INTEGER;

  it('the last point that fits is taken, and can be spent', async () => {
    const { cast } = await journal`
      2026-01-10  earn  ana ${MOST - 1} FLP at FUEL
      2026-02-10  earn  ana 1 FLP at TAXI
                  earn  ana 1 FLP at FUEL        refused BALANCE_OUT_OF_RANGE, active ${MOST}, spendable ${MOST}
      2026-02-11  burn  ana ${MOST} FLP at TAXI  says active 0`;
    expect(await rows('SELECT credits, debits FROM account WHERE id = $1', await cast.wallet('ana'))).toEqual([
      { credits: String(MOST), debits: String(MOST) },
    ]);
  });

  it('as much is clawed back into arrears', () => journal`
    2026-01-10  earn      ana ${MOST} FLP at FUEL as all
    2026-01-11  hold      ana ${MOST} FLP at TAXI until 2026-01-20 as ride
    2026-01-12  clawback  all ${MOST} FLP  says held ${MOST}, arrears ${MOST}
    // Captured on top of what was clawed back, debits would leave the range.
    2026-01-13  capture   ride 1 FLP       refused BALANCE_OUT_OF_RANGE
                void      ride             says active ${MOST}, arrears ${MOST}, spendable 0, held 0`);
});
