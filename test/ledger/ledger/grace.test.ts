import type { AccountId, Away, Step } from '../../../src/ledger/ledger/posting';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { accepted, type Brand, LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: LedgerBook;
let shop: Brand;

beforeAll(async () => {
  test = await createTestApp();
  book = await LedgerBook.open(test.app.ledger, test.database);
  shop = await book.brand('SHOP');
});
afterAll(() => test.close());

const noon = (day: string) => `${day}T12:00:00Z`;

async function post(day: string, wallets: AccountId[], steps: Step[], loads: { transfers?: Uuid[]; holds?: Uuid[] } = {}, recorded = day) {
  const request = { ...book.request(shop, noon(day), { wallets, ...loads }, () => steps), recordedAt: Date.parse(noon(recorded)) };
  return accepted(await test.app.ledger.post(request));
}

/** A wallet with points that end on a day. */
async function walletWith(points: number, expires: string): Promise<AccountId> {
  const wallet = await book.wallet();
  await book.earn(shop, wallet, points, noon('2026-01-10'), { expires });
  return wallet;
}

async function burn(wallet: AccountId, points: number, day: string): Promise<Uuid> {
  const id = newUuid();
  accepted(await book.burn(shop, wallet, points, noon(day), id));
  return id;
}

const refund = (wallet: AccountId, reverses: Uuid, points: number, day: string, since: string, away: Partial<Away> = {}) =>
  book.reinstate(shop, wallet, reverses, points, noon(day), { since: dayFromIso(since), ...away });

/** Ends and points of what lies in the wallet. */
async function lotsOf(wallet: AccountId): Promise<string[]> {
  const { rows } = await test.database.owner.query(
    "SELECT expires_on::text || ' ' || remaining AS lot FROM lot WHERE account_id = $1 AND remaining > 0 ORDER BY expires_on, origin_id DESC",
    [wallet],
  );
  return rows.map(({ lot }) => lot);
}

describe('points that come back', () => {
  it('keep an end that did not pass, however near it is and however often they go and come', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    for (const day of ['2026-01-20', '2026-02-01', '2026-02-09']) accepted(await refund(wallet, await burn(wallet, 400, day), 400, day, day));
    expect(await lotsOf(wallet)).toEqual(['2026-02-10 400']);
  });

  it('get their grace where it passed while they were away', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    const burned = await burn(wallet, 400, '2026-02-01');
    accepted(await refund(wallet, burned, 100, '2026-02-10', '2026-02-01'));
    accepted(await refund(wallet, burned, 300, '2026-02-20', '2026-02-01'));
    expect(await lotsOf(wallet)).toEqual(['2026-03-12 100', '2026-03-22 300']);
  });

  it('get it once: what comes back a second time gets only the days that it was away', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    accepted(await refund(wallet, await burn(wallet, 400, '2026-02-01'), 400, '2026-02-20', '2026-02-01'));
    // Five days were left to them when they went, and so there are when they come.
    accepted(await refund(wallet, await burn(wallet, 400, '2026-03-17'), 400, '2026-05-01', '2026-03-17'));
    expect(await lotsOf(wallet)).toEqual(['2026-05-06 400']);
    accepted(await refund(wallet, await burn(wallet, 400, '2026-05-05'), 400, '2026-07-01', '2026-05-05'));
    expect(await lotsOf(wallet)).toEqual(['2026-07-02 400']);
    // Other points of the same end still have their own.
    await book.earn(shop, wallet, 50, noon('2026-07-01'), { expires: '2026-07-02' });
    accepted(await refund(wallet, await burn(wallet, 450, '2026-07-01'), 450, '2026-07-10', '2026-07-01'));
    expect(await lotsOf(wallet)).toEqual(['2026-07-11 400', '2026-08-09 50']);
  });

  it('are told late: their grace begins at their end, if they came back before it', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    const reverses = await burn(wallet, 400, '2026-02-01');
    const away = { since: dayFromIso('2026-02-01'), bookedOn: dayFromIso('2026-02-20'), graceDays: 30 };
    const step: Step = { do: 'reinstate', id: newUuid(), reverses, amount: 400, code: 'REFUND', away };
    await post('2026-02-05', [wallet], [step], { transfers: [reverses] }, '2026-02-20');
    expect(await lotsOf(wallet)).toEqual(['2026-03-12 400']);
  });

  it('come back in the order in which they would be spent; of a part, what was consumed last', async () => {
    const wallet = await walletWith(10, '2026-03-01');
    await book.earn(shop, wallet, 10, noon('2026-01-10'), { expires: '2026-04-01' });
    const earned = await book.earn(shop, wallet, 10, noon('2026-01-10'), { expires: '2026-05-01' });
    const burned = await burn(wallet, 30, '2026-02-01');
    // Five points owed: they are filled by what would be spent first of what comes back.
    accepted(await book.clawBack(shop, wallet, earned, 5, noon('2026-02-02')));
    accepted(await refund(wallet, burned, 15, '2026-02-03', '2026-02-01'));
    expect(await lotsOf(wallet)).toEqual(['2026-05-01 10']);
    accepted(await refund(wallet, burned, 15, '2026-02-04', '2026-02-01'));
    expect(await lotsOf(wallet)).toEqual(['2026-03-01 10', '2026-04-01 5', '2026-05-01 10']);
  });
});

describe('points that a hold gives back', () => {
  const held = async (wallet: AccountId, points: number, day: string, until: string) => {
    const id = newUuid();
    accepted(await book.hold(shop, wallet, points, noon(day), noon(until), id));
    return id;
  };

  it('get their grace when they are voided, or not captured, after their end', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    const [voided, captured] = [await held(wallet, 100, '2026-02-05', '2026-02-25'), await held(wallet, 300, '2026-02-05', '2026-02-25')];
    accepted(await book.release(shop, wallet, voided, noon('2026-02-12')));
    accepted(await book.capture(shop, wallet, captured, 200, noon('2026-02-20')));
    expect(await lotsOf(wallet)).toEqual(['2026-03-14 100', '2026-03-22 100']);
  });

  it('come to the same whoever books its end, and when', async () => {
    const lots = [];
    for (const bookedOn of ['2026-02-15', '2026-03-01']) {
      const wallet = await walletWith(400, '2026-02-10');
      await held(wallet, 400, '2026-02-05', '2026-02-15');
      await post(bookedOn, [wallet], [{ do: 'slide', account: wallet, until: dayFromIso('2027-01-01') }]);
      lots.push(await lotsOf(wallet));
    }
    expect(lots).toEqual([['2026-03-17 400'], ['2026-03-17 400']]);
  });

  it('have none where their hold ended before they did, though nobody has booked it', async () => {
    const wallet = await walletWith(400, '2026-02-10');
    await held(wallet, 400, '2026-02-05', '2026-02-09');
    await post('2026-02-20', [wallet], [{ do: 'slide', account: wallet, until: dayFromIso('2027-01-01') }]);
    expect(await lotsOf(wallet)).toEqual(['2026-02-10 400']);
  });
});

describe('a wallet that slides', () => {
  it('is moved by nothing that comes back before its day; after it, it lives on with only what came back', async () => {
    const wallet = await book.wallet();
    await book.earn(shop, wallet, 100, noon('2026-01-10'));
    await post('2026-01-10', [wallet], [{ do: 'slide', account: wallet, until: dayFromIso('2026-03-01') }]);
    const burned = await burn(wallet, 60, '2026-01-11');
    accepted(await refund(wallet, burned, 20, '2026-02-28', '2026-01-11'));
    const day = async () => (await test.database.owner.query('SELECT slides_until::text AS day FROM account WHERE id = $1', [wallet])).rows[0].day;
    expect([await day(), await lotsOf(wallet)]).toEqual(['2026-03-01', ['infinity 60']]);
    accepted(await refund(wallet, burned, 40, '2026-03-10', '2026-01-11'));
    expect([await day(), await lotsOf(wallet)]).toEqual(['2026-04-09', ['2026-03-01 60', 'infinity 40']]);
  });
});
