import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { contentHash } from '../../../src/ledger/ledger/idempotency';
import type { AccountKind } from '../../../src/ledger/ledger/ledger';
import type { AccountId, PostingRequest, Step } from '../../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, dayOf, monthStart, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { clearRange } from '../../../src/settlement/clearing/clear-events';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { completeClose } from '../../../src/settlement/months/complete-close';
import type { StatementContent } from '../../../src/settlement/months/statement';
import { type BookedBrand, SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';

const finance: Principal = { kind: 'staff', staffId: newUuid(), brandId: newUuid(), role: 'FINANCE', ofOperator: true };
const AT = '2026-01-10T10:00:00Z';

/** FUEL and TAXI issue FLP; MIL is AIR's own currency, and so many of FLP become MIL at 4,000 micro-units a point. */
describe.each(['OPERATOR', 'ISSUER'] as const)('the ledger in full under %s', (model) => {
  let test: TestApp;
  let book: SettlementBook;
  let fuel: BookedBrand;
  let taxi: BookedBrand;
  let air: Uuid;
  let miles: number;
  let rateId: Uuid;

  const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
  const account = async (kind: AccountKind, owner: Uuid, currencyId = book.currencyId) =>
    (await test.app.ledger.openAccounts([{ kind, owner, currencyId }]))[0];
  const origin = (issuer: Uuid, issuerCode: string, currencyId: number, termsId: Uuid) =>
    test.app.ledger.lotOrigin({ issuer, issuerCode, currencyId, issueMonth: monthStart(dayOf(new Date(AT), 'UTC')), termsId, offerId: null });
  async function post(party: Uuid, wallets: readonly AccountId[], steps: readonly Step[], more: Omit<PostingRequest['loads'], 'wallets'> = {}): Promise<void> {
    const now = Date.parse(AT);
    const request = {
      id: newUuid(),
      party,
      kind: 'TEST',
      contentHash: contentHash('TEST', newUuid()),
      occurredAt: now,
      day: dayOf(new Date(now), 'UTC'),
      recordedAt: now,
    };
    const { refusal } = await test.app.ledger.post({ ...request, loads: { wallets, ...more }, plan: () => ({ steps, answer: {} }) });
    if (refusal) throw new Error(refusal.message);
  }
  async function credit(code: 'OPENING' | 'GOODWILL', brand: BookedBrand, wallet: AccountId, amount: number): Promise<void> {
    const lot = { originId: await origin(brand.id, brand.code, book.currencyId, brand.termsId), expiresOn: NEVER, availableOn: ALWAYS };
    await post(
      brand.id,
      [wallet],
      [{ do: 'credit', id: newUuid(), from: await account(code, brand.id), to: wallet, amount, code, lot, termsId: brand.termsId }],
    );
  }
  const give = (from: AccountId, to: AccountId, amount: number) =>
    post(fuel.id, [from, to], [{ do: 'give', id: newUuid(), from, to, amount, code: 'GIFT', termsId: null }]);
  async function convert(from: AccountId, to: AccountId, out: number, into: number): Promise<void> {
    const [{ id: route }] = await rows('SELECT id FROM conversion_route');
    const originId = await origin(air, 'AIR', miles, rateId);
    await post(
      taxi.id,
      [from, to],
      [
        {
          do: 'convert',
          out: { id: newUuid(), from, to: await account('CONVERSION', route), amount: out },
          in: { id: newUuid(), from: await account('CONVERSION', route, miles), to, amount: into },
          origins: new Map([[monthStart(dayOf(new Date(AT), 'UTC')), originId]]),
          expiry: 'KEEP',
          notAfter: NEVER,
          termsId: rateId,
        },
      ],
    );
  }
  async function arrears(brand: BookedBrand, wallet: AccountId, amount: number): Promise<void> {
    const earn = await book.earn(brand, wallet, amount, '2026-01-05T10:00:00Z');
    await book.burn(brand, wallet, amount, '2026-01-05T11:00:00Z');
    await book.clawBack(brand, wallet, earn, amount, '2026-01-05T12:00:00Z');
  }
  /** "KIND debtor>creditor points x price", of one code, without what the arrears cost in coming to be. */
  async function owed(...codes: string[]): Promise<string[]> {
    await book.settled();
    await clearRange(test.app, { from: 0n, to: 2n ** 62n });
    const found = await rows(
      `SELECT o.kind, d.code AS debtor, c.code AS creditor, o.points::int, o.price::int, o.amount::text FROM obligation o JOIN transfer t ON t.id = o.event_transfer_id
       JOIN brand d ON d.id = o.debtor_brand_id JOIN brand c ON c.id = o.creditor_brand_id WHERE t.code = ANY ($1) ORDER BY t.xid, t.id, o.leg`,
      codes,
    );
    return found.map((each) => `${each.kind} ${each.debtor}>${each.creditor} ${each.points} x ${each.price} = ${each.amount}`);
  }

  beforeAll(async () => {
    test = await createTestApp({ now: new Date('2026-02-10T12:00:00Z') });
    book = await SettlementBook.open(test, { model, arrearsCarrier: 'ISSUER' });
    fuel = await book.brand('FUEL');
    taxi = await book.brand('TAXI');
    await rows('UPDATE terms_version SET opening_price = 2500');
    const other = await SettlementBook.open(test, { currency: 'MIL', model });
    miles = other.currencyId;
    air = (await other.brand('AIR')).id;
    await rows('UPDATE point_currency SET owner_brand_id = $2 WHERE id = $1', miles, air);
    rateId = newUuid();
    await rows(
      `INSERT INTO conversion_rate (id, from_currency_id, to_currency_id, numerator, denominator, minimum, increment, effective, transfer_price, created_at)
       VALUES ($1, $2, $3, 1, 2, 1, 1, '[2020-01-01,)', 4000, now())`,
      rateId,
      book.currencyId,
      miles,
    );
    await rows(
      'INSERT INTO conversion_route (id, from_currency_id, to_currency_id, created_at) VALUES ($1, $2, $3, now()) ON CONFLICT DO NOTHING',
      newUuid(),
      book.currencyId,
      miles,
    );
  });
  afterAll(() => test.close());

  const byModel = (operator: string[], issuer: string[]) => (model === 'OPERATOR' ? operator : issuer);

  it('openings and goodwill', async () => {
    const ana = await book.wallet();
    await credit('OPENING', fuel, ana, 1_000);
    await credit('GOODWILL', taxi, ana, 200);
    expect(await owed('OPENING', 'GOODWILL')).toEqual(
      byModel(['OPENING FUEL>OPERATOR 1000 x 2500 = 2500000', 'GOODWILL TAXI>OPERATOR 200 x 10000 = 2000000'], []),
    );
  });

  it('what a conversion costs, and the arrears that its points fill', async () => {
    const [ben, his] = [await book.wallet(), (await test.app.ledger.openAccounts([{ kind: 'WALLET', owner: newUuid(), currencyId: miles }]))[0]];
    await book.earn(fuel, ben, 300, '2026-01-06T10:00:00Z');
    await book.earn(taxi, ben, 100, '2026-01-06T11:00:00Z');
    await convert(ben, his, 360, 180);
    expect(await owed('CONVERSION_OUT', 'CONVERSION_IN')).toEqual(
      byModel(['CONVERSION OPERATOR>AIR 360 x 4000 = 1440000'], ['CONVERSION FUEL>AIR 300 x 4000 = 1200000', 'CONVERSION TAXI>AIR 60 x 4000 = 240000']),
    );
  });

  it("points given, merged and brought in from an old programme fill arrears at their issuers' cost", async () => {
    const [cem, dora] = [await book.wallet(), await book.wallet()];
    await arrears(fuel, cem, 100);
    await book.earn(taxi, dora, 50, '2026-01-07T10:00:00Z');
    await give(dora, cem, 30);
    await post(fuel.id, [dora, cem], [{ do: 'giveAll', id: newUuid(), from: dora, to: cem, code: 'MERGE' }]);
    await credit('OPENING', taxi, cem, 45);
    expect(await owed('GIFT', 'MERGE')).toEqual(
      byModel(
        ['ARREARS_FILL OPERATOR>FUEL 30 x 10000 = 300000', 'ARREARS_FILL OPERATOR>FUEL 20 x 10000 = 200000'],
        ['ARREARS_FILL TAXI>FUEL 30 x 8000 = 240000', 'ARREARS_FILL TAXI>FUEL 20 x 8000 = 160000'],
      ),
    );
    expect((await owed('OPENING')).slice(-2)).toEqual(
      byModel(['OPENING TAXI>OPERATOR 45 x 2500 = 112500', 'ARREARS_FILL OPERATOR>FUEL 45 x 10000 = 450000'], ['ARREARS_FILL TAXI>FUEL 45 x 8000 = 360000']),
    );
  });

  it('a cancelled return owes back what it made owe', async () => {
    const eve = await book.wallet();
    const earn = await book.earn(fuel, eve, 100, '2026-01-08T10:00:00Z');
    await book.earn(taxi, eve, 30, '2026-01-08T11:00:00Z');
    // All of FUEL's. Then 30 of TAXI's are taken, and 20 are owed, which 15 of TAXI's and 5 of FUEL's that come back
    // fill.
    const burn = await book.burn(taxi, eve, 100, '2026-01-08T12:00:00Z');
    const [clawback, reinstatement] = [newUuid(), newUuid()];
    const away = { since: dayFromIso('2026-01-08'), bookedOn: dayFromIso('2026-01-10'), graceDays: 0 };
    await post(fuel.id, [eve], [{ do: 'clawBack', id: clawback, reverses: earn, amount: 50, expired: null }], { transfers: [earn] });
    await book.earn(taxi, eve, 15, '2026-01-10T10:00:00Z');
    await post(taxi.id, [eve], [{ do: 'reinstate', id: reinstatement, reverses: burn, amount: 40, code: 'REINSTATEMENT', away }], { transfers: [burn] });
    await post(fuel.id, [eve], [{ do: 'cancelClawback', id: newUuid(), cancels: clawback, credit: earn, away }], {
      transfers: [earn, clawback],
      cancelled: [clawback],
    });
    await post(taxi.id, [eve], [{ do: 'cancelReinstatement', id: newUuid(), cancels: reinstatement, debit: burn }], { transfers: [burn, reinstatement] });
    expect(await owed('CLAWBACK_CANCELLATION', 'REINSTATEMENT_CANCELLATION')).toEqual(
      byModel(
        ['ISSUANCE FUEL>OPERATOR 50 x 10000 = 500000', 'REIMBURSEMENT OPERATOR>TAXI 40 x 8000 = 320000'],
        ['FOREIGN_CLAWBACK FUEL>TAXI 45 x 8000 = 360000', 'REIMBURSEMENT FUEL>TAXI 40 x 8000 = 320000'],
      ),
    );
    // What is left is as if nothing had come back: TAXI's 45 points, and what was owed for FUEL's 100 and for them.
    const [{ left }] = await rows('SELECT credits - debits AS left FROM account WHERE id = $1', eve);
    expect(Number(left)).toBe(45);
  });

  it('the month closes, with the owner of the other currency among those who are paid; the books agree', async () => {
    const period = await closePeriod(test.app, finance, { currency: 'FLP', month: dayFromIso('2026-01-01') });
    await book.settled();
    await clearRange(test.app, { from: 0n, to: 2n ** 62n });
    expect(await completeClose(test.app, period.id)).toBeNull();
    const contents = (await rows('SELECT content FROM statement')).map(({ content }) => JSON.parse(content) as StatementContent);
    const ofAir = contents.find(({ brand }) => brand === 'AIR');
    expect(ofAir?.lines.map(({ kind, counterparty, amount }) => `${kind} ${counterparty} ${amount}`)).toEqual(
      byModel(['CONVERSION OPERATOR -1.440000'], ['CONVERSION FUEL -1.200000', 'CONVERSION TAXI -0.240000']),
    );
    expect(contents.reduce((sum, { net }) => sum + Math.round(Number(net) * 1e6), 0)).toBe(0);
    const checker = new Client({ connectionString: test.database.urls.app });
    await checker.connect();
    const wrong = (await verifyBooks(checker)).filter((finding) => finding.wrong > 0);
    await checker.end();
    // Posted straight to the ledger: nobody has written down who gave, who converted and who approved.
    expect(wrong.filter(({ of }) => !['gifts', 'conversions', 'transfers of goodwill'].includes(of))).toEqual([]);
  });
});
