import fc from 'fast-check';
import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { addMonths, type Day, dayFromIso, dayToIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { clearRange, retrySetAside } from '../../../src/settlement/clearing/clear-events';
import { attemptClose, noteObstacle } from '../../../src/settlement/months/attempt-close';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { LONG } from '../../invariants/run-settings';
import { type BookedBrand, type BookOptions, SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';

const finance: Principal = { kind: 'staff', staffId: newUuid(), brandId: newUuid(), role: 'FINANCE', ofOperator: true };
let test: TestApp;
let book: SettlementBook;
let brands: BookedBrand[];

/** FUEL, TAXI and SHOP. Months close on the day after they end, so that statements fall due in order. */
async function open(options: BookOptions = {}): Promise<void> {
  test = await createTestApp({ now: new Date('2027-01-10T12:00:00Z') });
  book = await SettlementBook.open(test, options);
  brands = [];
  for (const code of ['FUEL', 'TAXI', 'SHOP']) brands.push(await book.brand(code));
}
afterEach(() => test.close());

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
async function clearAll(): Promise<void> {
  await book.settled();
  await clearRange(test.app, { from: 0n, to: 2n ** 62n });
}
async function close(month: string) {
  await book.settled();
  const period = await closePeriod(test.app, finance, { currency: 'FLP', month: dayFromIso(`${month}-01`) });
  await book.settled();
  return { id: period.id, obstacle: await attemptClose(test.app, period.id) };
}
/** "FUEL 0.023331 pays 0.02 carries 0.003331", by brand. */
async function statements(month: string): Promise<string[]> {
  const found = await rows(
    `SELECT b.code, s.net::text, s.payable_minor::text AS payable, s.carried_remainder::text AS carried FROM statement s
     JOIN period p ON p.id = s.period_id JOIN brand b ON b.id = s.brand_id WHERE p.month = $1 ORDER BY b.code`,
    `${month}-01`,
  );
  return found.map(({ code, net, payable, carried }) => `${code} ${net} pays ${payable} carries ${carried}`);
}

it('a month in which the operator has only a remainder to carry closes under ISSUER', async () => {
  await open({ model: 'ISSUER', reimbursementPrice: 3_333 });
  const shared = await SettlementBook.open(test, { currency: 'STAR', model: 'ISSUER' });
  const rateId = await book.rateTo(shared, 3_333);
  const [fuel, taxi] = brands;
  const ana = await book.wallet();
  await book.earn(fuel, ana, 100, '2026-10-05T10:00:00Z');
  await book.convert(taxi, ana, 7, '2026-10-06T10:00:00Z', { to: shared, rateId });
  await book.burn(taxi, ana, 13, '2026-11-06T10:00:00Z');
  expect((await close('2026-10')).obstacle).toBeNull();
  expect(await statements('2026-10')).toEqual([
    'FUEL 23331 pays 2 carries 3331',
    'OPERATOR -23331 pays -2 carries -3331',
    'SHOP 0 pays 0 carries 0',
    'TAXI 0 pays 0 carries 0',
  ]);
  // The operator has no line of its own in November, and what it carries is what the others carry.
  expect((await close('2026-11')).obstacle).toBeNull();
  expect(await statements('2026-11')).toEqual([
    'FUEL 43329 pays 4 carries 6660',
    'OPERATOR 0 pays 0 carries -3331',
    'SHOP 0 pays 0 carries 0',
    'TAXI -43329 pays -4 carries -3329',
  ]);
});

/** What happens to the three wallets of a random month. */
const event = fc.record({
  what: fc.constantFrom('earn', 'burn', 'convert', 'refund', 'claw back' as const),
  brand: fc.nat(2),
  wallet: fc.nat(2),
  points: fc.integer({ min: 1, max: 29 }),
});
const months = fc.array(fc.array(event, { maxLength: 8 }), { minLength: 3, maxLength: 4 });

it.each(['OPERATOR', 'ISSUER'] as const)(
  'every month of three brands closes, and sums to zero, at prices that do not divide: %s',
  async (model) => {
    const random = { seed: Number(process.env.TESSERA_SEED ?? 20261130), numRuns: LONG ? 40 : 4 };
    const prices = fc.record({ issuancePrice: fc.integer({ min: 1, max: 9_999 }), reimbursementPrice: fc.integer({ min: 1, max: 9_999 }) });
    await open({ model });
    let year = 2020;
    await fc.assert(
      fc.asyncProperty(months, prices, fc.integer({ min: 1, max: 9_999 }), async (plan, each, transferPrice) => {
        // A currency of its own for each run, in the same coalition.
        const code = `R${year++}`;
        const own = await SettlementBook.open(test, { currency: code, model, ...each });
        const shared = await SettlementBook.open(test, { currency: `${code}S`, model });
        const rateId = await own.rateTo(shared, transferPrice);
        const members: BookedBrand[] = [];
        for (const name of ['FUEL', 'TAXI', 'SHOP']) members.push(await own.brand(name));
        const wallets = [await own.wallet(), await own.wallet(), await own.wallet()];
        const spent: { brand: BookedBrand; wallet: number; id: string; left: number }[] = [];
        const earned: { brand: BookedBrand; wallet: number; id: string; left: number }[] = [];
        const balance = [0, 0, 0];
        let month: Day = dayFromIso('2026-06-01');
        for (const events of plan) {
          for (const [at, { what, brand, wallet, points }] of events.entries()) {
            const when = `${dayToIso(month).slice(0, 7)}-0${at + 1}T10:00:00Z`;
            const has = Math.min(points, Math.max(0, balance[wallet]));
            const reversible = (list: typeof spent) => list.find((each) => each.wallet === wallet && each.left > 0);
            if (what === 'earn') {
              earned.push({ brand: members[brand], wallet, id: await own.earn(members[brand], wallets[wallet], points, when), left: points });
              balance[wallet] += points;
            } else if (what === 'burn' && has > 0) {
              spent.push({ brand: members[brand], wallet, id: await own.burn(members[brand], wallets[wallet], has, when), left: has });
              balance[wallet] -= has;
            } else if (what === 'convert' && has > 0) {
              await own.convert(members[brand], wallets[wallet], has, when, { to: shared, rateId });
              balance[wallet] -= has;
            } else if (what === 'refund' || what === 'claw back') {
              const of = reversible(what === 'refund' ? spent : earned);
              if (!of) continue;
              const back = Math.min(points, of.left);
              of.left -= back;
              balance[wallet] += what === 'refund' ? back : -back;
              await (what === 'refund' ? own.refund(of.brand, wallets[wallet], of.id, back, when) : own.clawBack(of.brand, wallets[wallet], of.id, back, when));
            }
          }
          await own.settled();
          const { id } = await closePeriod(test.app, finance, { currency: code, month });
          await own.settled();
          expect(await attemptClose(test.app, id)).toBeNull();
          const [sums] = await rows(
            'SELECT sum(net)::text AS net, sum(payable_minor)::text AS payable, sum(carried_remainder)::text AS carried FROM statement WHERE period_id = $1',
            id,
          );
          expect(sums).toEqual({ net: '0', payable: '0', carried: '0' });
          month = addMonths(month, 1);
        }
      }),
      random,
    );
  },
  300_000,
);

it('terms of a pair price what was posted after they were countersigned, whenever that is cleared', async () => {
  await open({ model: 'ISSUER' });
  const [fuel, taxi] = brands;
  const ana = await book.wallet();
  await book.earn(fuel, ana, 100, '2026-10-05T10:00:00Z');
  // Both happened at the same instant, under terms that began long before it; one was posted before these were
  // countersigned.
  await book.burn(taxi, ana, 10, '2026-10-06T10:00:00Z');
  const termsId = await book.proposedTerms(fuel.id, taxi.id, 5_000);
  await rows("UPDATE terms_version SET status = 'COUNTERSIGNED', decided_at = now(), decided_by_brand_id = $2 WHERE id = $1", termsId, taxi.id);
  await book.burn(taxi, ana, 20, '2026-10-06T10:00:00Z');
  await clearAll();
  const owed = async () =>
    (await rows("SELECT points::int, price::int FROM obligation WHERE kind = 'REIMBURSEMENT' ORDER BY points")).map((each) => [each.points, each.price]);
  expect(await owed()).toEqual([
    [10, 8_000],
    [20, 5_000],
  ]);
  // The same of a suspension that counts from an instant before the event: what was posted before it goes by the pair's
  // terms.
  await book.burn(taxi, ana, 30, '2026-10-07T10:00:00Z');
  await rows(
    `INSERT INTO partnership_event (partnership_id, seq, state, at, by_brand_id, by_actor)
     SELECT partnership_id, 9, 'SUSPENDED', '2026-10-07T09:00:00Z', $2, 'test' FROM terms_version WHERE id = $1`,
    termsId,
    taxi.id,
  );
  await rows('UPDATE coalition_version SET version = version + 1');
  await book.burn(taxi, ana, 40, '2026-10-07T10:00:00Z');
  await clearAll();
  expect((await owed()).slice(2)).toEqual([
    [30, 5_000],
    [40, 8_000],
  ]);
});

it('an event that cannot be priced is set aside, holds up its own currency alone, and is cleared once it can be', async () => {
  await open();
  const other = await SettlementBook.open(test, { currency: 'STAR' });
  const star = await other.brand('FUEL');
  const [fuel] = brands;
  const ana = await book.wallet();
  const wrong = await book.earn(fuel, ana, 100, '2026-10-05T10:00:00Z');
  await book.earn(fuel, ana, 50, '2026-10-06T10:00:00Z');
  await other.earn(star, await other.wallet(), 7, '2026-10-06T10:00:00Z');
  const [{ terms_id: termsId }] = await rows('SELECT terms_id FROM transfer WHERE id = $1', wrong);
  const setTerms = (id: string | null) =>
    test.database.owner.query(`
      ALTER TABLE transfer DISABLE TRIGGER USER;
      UPDATE transfer SET terms_id = ${id ? `'${id}'` : 'NULL'} WHERE id = '${wrong}';
      ALTER TABLE transfer ENABLE TRIGGER USER`);
  await setTerms(null);
  await clearAll();
  expect(await rows('SELECT event_transfer_id AS id, reason, attempts FROM set_aside_event')).toEqual([
    { id: wrong, reason: expect.stringContaining('names no terms'), attempts: 1 },
  ]);
  // The others are cleared; the other currency's month closes; this one's says what it waits for.
  expect(await rows('SELECT points::int FROM obligation ORDER BY points')).toEqual([{ points: 7 }, { points: 50 }]);
  await book.settled();
  const ofStar = await closePeriod(test.app, finance, { currency: 'STAR', month: dayFromIso('2026-10-01') });
  await book.settled();
  expect(await attemptClose(test.app, ofStar.id)).toBeNull();
  const { id, obstacle } = await close('2026-10');
  expect(obstacle).toMatchObject({ for: 'SET_ASIDE_EVENTS', message: expect.stringContaining('names no terms') });
  if (obstacle) await noteObstacle(test.app, id, obstacle);
  expect(await retrySetAside(test.app, null)).toEqual({ cleared: 0, failed: 1 });
  const checker = new Client({ connectionString: test.database.urls.app });
  await checker.connect();
  const findings = await verifyBooks(checker);
  await checker.end();
  const stuck = findings
    .filter(({ of }) => ['set-aside events', 'closing months'].includes(of))
    .map(({ of, wrong: count, first }) => `${count} ${of}: ${first?.found}`);
  expect(stuck).toEqual([
    expect.stringMatching(/^1 set-aside events: .*names no terms/),
    expect.stringMatching(/^1 closing months: 1 events cannot be priced/),
  ]);
  // So the month waits, beyond the 14 days within which it is to be paid.
  test.clock.set(new Date('2027-02-20T12:00:00Z'));
  await setTerms(termsId);
  expect(await retrySetAside(test.app, null)).toEqual({ cleared: 1, failed: 0 });
  expect(await rows('SELECT FROM set_aside_event')).toEqual([]);
  expect(await attemptClose(test.app, id)).toBeNull();
  expect(await statements('2026-10')).toContain('FUEL 1500000 pays 150 carries 0');
  const due = await rows('SELECT DISTINCT due_on::text AS due, closed_at::date::text AS at FROM statement WHERE period_id = $1', id);
  expect(due).toEqual([{ due: '2027-03-06', at: '2027-02-20' }]);
});
