import { type LedgerCast, ledgerJournal } from '../../support/journal/ledger-journal';
import type { Journal } from '../../support/journal/run-journal';
import { LedgerBook } from '../../support/ledger-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let journal: Journal<LedgerCast>;

beforeAll(async () => {
  test = await createTestApp();
  const book = await LedgerBook.open(test.app.ledger, test.database);
  journal = ledgerJournal(test, book, [await book.brand('SHOP')]);
});
afterAll(() => test.close());

describe('points that come back', () => {
  it('keep an end that did not pass, however often they go and come', () => journal`
    2026-01-10  earn       ana 400 FLP at SHOP until 2026-02-10
    2026-01-20  burn       ana 400 FLP at SHOP as once
                reinstate  once 400 FLP
    2026-02-01  burn       ana 400 FLP at SHOP as twice
                reinstate  twice 400 FLP
    2026-02-09  burn       ana 400 FLP at SHOP as thrice
                reinstate  thrice 400 FLP
                lots       ana  says SHOP 2026-01 until 2026-02-10 400`);

  it('get their grace where it passed while they were away', () => journal`
    2026-01-10  earn       ana 400 FLP at SHOP until 2026-02-10
    2026-02-01  burn       ana 400 FLP at SHOP as ride
    2026-02-10  reinstate  ride 100 FLP gone since 2026-02-01
    2026-02-20  reinstate  ride 300 FLP gone since 2026-02-01
                lots       ana  says SHOP 2026-01 until 2026-03-12 100, SHOP 2026-01 until 2026-03-22 300`);

  it('get it once, and later only the days that they were away', () => journal`
    2026-01-10  earn       ana 400 FLP at SHOP until 2026-02-10
    2026-02-01  burn       ana 400 FLP at SHOP as once
    2026-02-20  reinstate  once 400 FLP gone since 2026-02-01
    // Five days were left to them when they went, and so there are when they come.
    2026-03-17  burn       ana 400 FLP at SHOP as twice
    2026-05-01  reinstate  twice 400 FLP gone since 2026-03-17
                lots       ana  says SHOP 2026-01 until 2026-05-06 400
    2026-05-05  burn       ana 400 FLP at SHOP as thrice
    2026-07-01  reinstate  thrice 400 FLP gone since 2026-05-05
                lots       ana  says SHOP 2026-01 until 2026-07-02 400
    // Other points of the same end still have their own.
    2026-07-01  earn       ana  50 FLP at SHOP until 2026-07-02
                burn       ana 450 FLP at SHOP as all
    2026-07-10  reinstate  all 450 FLP gone since 2026-07-01
                lots       ana  says SHOP 2026-01 until 2026-07-11 400, SHOP 2026-07 until 2026-08-09 50`);

  it('get it from their end on where they came back before it, told late', () => journal`
    2026-01-10  earn       ana 400 FLP at SHOP until 2026-02-10
    2026-02-01  burn       ana 400 FLP at SHOP as ride
    2026-02-05  reinstate  ride 400 FLP gone since 2026-02-01 told on 2026-02-20
                lots       ana  says SHOP 2026-01 until 2026-03-12 400`);

  it('come back in the order in which they would be spent', () => journal`
    2026-01-10  earn       ana 10 FLP at SHOP until 2026-03-01
                earn       ana 10 FLP at SHOP until 2026-04-01
                earn       ana 10 FLP at SHOP until 2026-05-01 as last
    2026-02-01  burn       ana 30 FLP at SHOP as ride
    // Five points owed: they are filled by what would be spent first of what comes back.
    2026-02-02  clawback   last 5 FLP
    2026-02-03  reinstate  ride 15 FLP gone since 2026-02-01
                lots       ana  says SHOP 2026-01 until 2026-05-01 10
    2026-02-04  reinstate  ride 15 FLP gone since 2026-02-01
                lots       ana  says SHOP 2026-01 until 2026-03-01 10, SHOP 2026-01 until 2026-04-01 5, SHOP 2026-01 until 2026-05-01 10`);
});

describe('points that a hold gives back', () => {
  it('get their grace when they are voided, or not captured, after their end', () => journal`
    2026-01-10  earn     ana 400 FLP at SHOP until 2026-02-10
    2026-02-05  hold     ana 100 FLP at SHOP until 2026-02-25 as voided
                hold     ana 300 FLP at SHOP until 2026-02-25 as captured
    2026-02-12  void     voided
    2026-02-20  capture  captured 200 FLP
                lots     ana  says SHOP 2026-01 until 2026-03-14 100, SHOP 2026-01 until 2026-03-22 100`);

  it('come to the same whenever the end of the hold is booked', () => journal`
    2026-01-10  earn   ana 400 FLP at SHOP until 2026-02-10
                earn   ben 400 FLP at SHOP until 2026-02-10
    2026-02-05  hold   ana 400 FLP at SHOP until 2026-02-15
                hold   ben 400 FLP at SHOP until 2026-02-15
    2026-02-15  slide  ana until 2027-01-01
    2026-03-01  slide  ben until 2027-01-01
                lots   ana  says SHOP 2026-01 until 2026-03-17 400
                lots   ben  says SHOP 2026-01 until 2026-03-17 400`);

  it('have none where their hold ended before they did, though nobody has booked it', () => journal`
    2026-01-10  earn   ana 400 FLP at SHOP until 2026-02-10
    2026-02-05  hold   ana 400 FLP at SHOP until 2026-02-09
    2026-02-20  slide  ana until 2027-01-01
                lots   ana  says SHOP 2026-01 until 2026-02-10 400`);
});

describe('a wallet that slides', () => {
  it('lives on only with what comes back after its day', () => journal`
    2026-01-10  earn       ana 100 FLP at SHOP
                slide      ana until 2026-03-01
    2026-01-11  burn       ana 60 FLP at SHOP as ride
    2026-02-28  reinstate  ride 20 FLP gone since 2026-01-11
                slides     ana  says 2026-03-01
                lots       ana  says SHOP 2026-01 60
    2026-03-10  reinstate  ride 40 FLP gone since 2026-01-11
                slides     ana  says 2026-04-09
                lots       ana  says SHOP 2026-01 until 2026-03-01 60, SHOP 2026-01 40`);

  it('can be used in one posting with another, where both have lapsed', () => journal`
    2026-01-01  earn        ana 10 FLP at SHOP
                earn        ben 10 FLP at SHOP
                slide       ana until 2026-01-05
                slide       ben until 2026-01-05
    2026-01-10  slide both  ana ben until 2026-02-01
                balance     ana 0 FLP  says pending 0
                balance     ben 0 FLP  says pending 0`);
});

describe('points whose time is over', () => {
  it('fill no arrears when they come back from a pool', () => journal`
    2026-01-01  earn        ana 10 FLP at SHOP until 2026-01-10
    2026-01-02  contribute  ana pool 10 FLP
    2026-01-03  earn        ana 6 FLP at SHOP as earned
                burn        ana 6 FLP at SHOP
    2026-01-04  clawback    earned 6 FLP
    2026-01-10  leave       pool ana
                balance     ana 0 FLP  says arrears 6`);
});

describe('an award', () => {
  it('cannot be confirmed once its time is over', async () => {
    const { goOn } = await journal`
      2026-01-01  award    ana 10 FLP at SHOP until 2026-01-10 as bonus`;
    await expect(goOn`
      2026-01-10  confirm  bonus`).rejects.toThrow('is over');
    await goOn`
      2026-01-10  balance  ana 0 FLP  says pending 0
      2026-01-09  confirm  bonus
      2026-01-10  balance  ana 10 FLP`;
  });

  it('that was not confirmed is clawed back from where it lies, however late', () => journal`
    2026-01-01  award     ana 10 FLP at SHOP until 2026-01-10 as bonus
    2026-01-02  earn      ana  7 FLP at SHOP
    2026-01-15  clawback  bonus 10 FLP
                balance   ana  7 FLP  says arrears 0`);
});
