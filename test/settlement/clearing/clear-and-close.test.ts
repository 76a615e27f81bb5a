import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../../../src/coalition/access/principal';
import { readCursor } from '../../../src/ledger/outbox/journal-cursor';
import { nextRanges, settledPosition } from '../../../src/ledger/outbox/next-ranges';
import { dayFromIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { CLEARING, clearRange } from '../../../src/settlement/clearing/clear-events';
import { closePeriod } from '../../../src/settlement/months/close-period';
import { completeClose } from '../../../src/settlement/months/complete-close';
import type { StatementContent } from '../../../src/settlement/months/statement';
import { type BookedBrand, type BookOptions, SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let book: SettlementBook;
let fuel: BookedBrand;
let taxi: BookedBrand;
const finance: Principal & { kind: 'staff' } = { kind: 'staff', staffId: newUuid(), brandId: newUuid(), role: 'FINANCE', ofOperator: true };

async function open(options: BookOptions): Promise<void> {
  test = await createTestApp({ now: new Date('2026-02-10T12:00:00Z') });
  book = await SettlementBook.open(test, options);
  fuel = await book.brand('FUEL');
  taxi = await book.brand('TAXI');
}
afterEach(() => test.close());

/** Clears all that has been posted by now; another test's transaction on the same server may have to be waited for. */
async function clearAll(): Promise<number> {
  let events = 0;
  const [{ now }] = await rows('SELECT pg_current_xact_id()::text AS now');
  for (;;) {
    const { settled, range } = await test.app.database.transaction({ kind: 'worker' }, async ({ client }) => {
      const position = await settledPosition(client);
      return { settled: position, range: (await nextRanges(client, (await readCursor(client, CLEARING)).position))[0] };
    });
    if (range) events += (await clearRange(test.app, range)).events;
    else if (settled > BigInt(now)) return events;
    else await sleep(20);
  }
}

const rows = async (text: string, ...values: unknown[]) => (await test.database.owner.query(text, values)).rows;
/** Brand, net and payable of a month, as "FUEL 8.000000 8.000000". */
async function statements(month: string): Promise<string[]> {
  const found = await rows(
    'SELECT content FROM statement s JOIN period p ON p.id = s.period_id JOIN brand b ON b.id = s.brand_id WHERE p.month = $1 ORDER BY b.code',
    `${month}-01`,
  );
  return found.map(({ content }) => JSON.parse(content) as StatementContent).map(({ brand, net, payable }) => `${brand} ${net} ${payable}`);
}
const close = async (month: string) => {
  const period = await closePeriod(test.app, finance, { currency: 'FLP', month: dayFromIso(`${month}-01`) });
  await closed(period.id);
};
const closed = async (id: string) => {
  while (await completeClose(test.app, id)) await sleep(20);
};
/** What each brand owes in all, by the money ledger. */
async function moneyNets(): Promise<Record<string, string>> {
  const found = await rows(
    `SELECT b.code, sum(CASE WHEN a.id = t.debit_account THEN t.amount ELSE -t.amount END)::text AS net
     FROM transfer t JOIN account a ON a.id IN (t.debit_account, t.credit_account) JOIN brand b ON b.id = a.owner_id WHERE t.code = 'CLEARING' GROUP BY b.code`,
  );
  return Object.fromEntries(found.map(({ code, net }) => [code, net]));
}

async function workedExample(): Promise<void> {
  const ana = await book.wallet();
  const earn = await book.earn(fuel, ana, 1_000, '2026-01-05T10:00:00Z');
  await book.capture(taxi, ana, 600, 500, '2026-01-06T10:00:00Z');
  await book.clawBack(fuel, ana, earn, 200, '2026-01-07T10:00:00Z');
}

it('clears and states the worked example under OPERATOR', async () => {
  await open({ model: 'OPERATOR' });
  await workedExample();
  expect(await clearAll()).toBe(3);
  expect(await moneyNets()).toEqual({ FUEL: '8000000', TAXI: '-4000000', OPERATOR: '-4000000' });
  await close('2026-01');
  expect(await statements('2026-01')).toEqual(['FUEL 8.000000 8.000000', 'OPERATOR -4.000000 -4.000000', 'TAXI -4.000000 -4.000000']);
});

it('clears and states the worked example under ISSUER', async () => {
  await open({ model: 'ISSUER' });
  await workedExample();
  await clearAll();
  expect(await moneyNets()).toEqual({ FUEL: '4000000', TAXI: '-4000000' });
  await close('2026-01');
  expect(await statements('2026-01')).toEqual(['FUEL 4.000000 4.000000', 'TAXI -4.000000 -4.000000']);
});

it('ISSUER: arrears, their filling and a refund go to whoever they concern', async () => {
  await open({ model: 'ISSUER' });
  const ben = await book.wallet();
  const earn = await book.earn(fuel, ben, 100, '2026-01-05T10:00:00Z');
  await book.earn(taxi, ben, 30, '2026-01-05T11:00:00Z');
  // 100 of FUEL and nothing of TAXI: FUEL's lot comes first. Nets: FUEL owes TAXI 80.
  const burn = await book.burn(taxi, ben, 100, '2026-01-06T10:00:00Z');
  // Nothing of FUEL is left: 30 from TAXI's lot (TAXI owes FUEL 30), 20 into arrears.
  await book.clawBack(fuel, ben, earn, 50, '2026-01-07T10:00:00Z');
  // TAXI's points fill 15 of them: TAXI owes FUEL 15.
  await book.earn(taxi, ben, 15, '2026-01-08T10:00:00Z');
  // 40 of FUEL's lot come back: TAXI owes FUEL 40; 5 of them fill FUEL's own arrears, which costs nothing.
  await book.refund(taxi, ben, burn, 40, '2026-01-09T10:00:00Z');
  await clearAll();
  const owed = await rows('SELECT kind, points::int, d.code AS debtor FROM obligation o JOIN brand d ON d.id = o.debtor_brand_id ORDER BY o.occurred_at');
  expect(owed.map(({ kind, points, debtor }) => `${debtor} ${kind} ${points}`)).toEqual([
    'FUEL REIMBURSEMENT 100',
    'TAXI FOREIGN_CLAWBACK 30',
    'TAXI ARREARS_FILL 15',
    'TAXI REINSTATEMENT 40',
  ]);
  expect(await moneyNets()).toEqual({ FUEL: '120000', TAXI: '-120000' });
});

it('clears each event once, however often, in whatever order and by however many its ranges are cleared', async () => {
  await open({});
  const wallets = await Promise.all(Array.from({ length: 20 }, () => book.wallet()));
  const points = await book.earnMany(fuel, wallets, 1_500, '2026-01-05T10:00:00Z');
  await book.settled();
  const ranges = await test.app.database.transaction({ kind: 'worker' }, ({ client }) => nextRanges(client, 0n, 300));
  expect(ranges.length).toBeGreaterThan(1);
  const shuffled = [...ranges, ...ranges].reverse();
  await Promise.all(shuffled.map((range) => clearRange(test.app, range)));
  expect(await rows('SELECT count(*)::int AS events, sum(amount)::text AS amount FROM obligation')).toEqual([
    { events: 1_500, amount: String(points * 10_000) },
  ]);
  expect(await rows("SELECT count(*)::int AS transfers, sum(amount)::text AS amount FROM transfer WHERE code = 'CLEARING'")).toEqual([
    { transfers: 1_500, amount: String(points * 10_000) },
  ]);
  expect(await moneyNets()).toEqual({ FUEL: String(points * 10_000), OPERATOR: String(-points * 10_000) });
});

it('closes once, whoever asks and however often; what comes late adjusts the next month', async () => {
  await open({});
  const ana = await book.wallet();
  await book.earn(fuel, ana, 100, '2026-01-31T23:59:59Z');
  await book.earn(fuel, ana, 1, '2026-02-01T00:00:00Z');
  await clearAll();
  const january = { currency: 'FLP', month: dayFromIso('2026-01-01') };
  const [first, again] = await Promise.all([closePeriod(test.app, finance, january), closePeriod(test.app, finance, january)]);
  expect(again.closeHorizon).toBe(first.closeHorizon);
  await Promise.all([closed(first.id), closed(first.id)]);
  expect((await closePeriod(test.app, finance, january)).status).toBe('CLOSED');
  expect(await statements('2026-01')).toEqual(['FUEL 1.000000 1.000000', 'OPERATOR -1.000000 -1.000000', 'TAXI 0.000000 0.000000']);
  const before = await rows('SELECT id, content, encode(hash, $1) FROM statement ORDER BY id', 'hex');
  // Late: January is closed, so it is booked in February, apart.
  await book.earn(fuel, ana, 40, '2026-01-15T10:00:00Z');
  await clearAll();
  test.clock.set(new Date('2026-03-02T00:00:00Z'));
  await close('2026-02');
  expect(await statements('2026-02')).toEqual(['FUEL 0.410000 0.410000', 'OPERATOR -0.410000 -0.410000', 'TAXI 0.000000 0.000000']);
  const [{ content }] = await rows(
    "SELECT content FROM statement s JOIN period p ON p.id = s.period_id JOIN brand b ON b.id = s.brand_id WHERE p.month = '2026-02-01' AND b.code = 'FUEL'",
  );
  const { lines, adjustments } = JSON.parse(content) as StatementContent;
  expect([lines[0].points, adjustments[0].points, adjustments[0].adjusts]).toEqual(['1', '40', '2026-01']);
  expect(
    await rows("SELECT s.id, content, encode(hash, $1) FROM statement s JOIN period p ON p.id = s.period_id WHERE p.month = '2026-01-01' ORDER BY s.id", 'hex'),
  ).toEqual(before);
});

it('waits for a transaction that is older than the cut-off', async () => {
  await open({});
  const ana = await book.wallet();
  await book.earn(fuel, ana, 100, '2026-01-31T10:00:00Z');
  const slow = await test.database.owner.connect();
  await slow.query('BEGIN');
  await slow.query('SELECT pg_current_xact_id()');
  try {
    const period = await closePeriod(test.app, finance, { currency: 'FLP', month: dayFromIso('2026-01-01') });
    // What is posted after the cut-off is late, though clearing had not come so far.
    await book.earn(fuel, ana, 7, '2026-01-31T11:00:00Z');
    expect(await completeClose(test.app, period.id)).toMatchObject({ for: 'OLDER_TRANSACTION' });
    await slow.query('COMMIT');
    await closed(period.id);
  } finally {
    slow.release();
  }
  await clearAll();
  expect(await statements('2026-01')).toEqual(['FUEL 1.000000 1.000000', 'OPERATOR -1.000000 -1.000000', 'TAXI 0.000000 0.000000']);
  expect(await rows('SELECT points::int, adjusts_month::text FROM obligation WHERE adjusts_month IS NOT NULL')).toEqual([
    { points: 7, adjusts_month: '2026-01-01' },
  ]);
});

it('refuses to close out of order, too early, or for anyone else', async () => {
  await open({ timeZone: 'America/New_York' });
  const ana = await book.wallet();
  await book.earn(fuel, ana, 100, '2025-11-30T10:00:00Z');
  const ask = (month: string, principal: Principal = finance) => closePeriod(test.app, principal, { currency: 'FLP', month: dayFromIso(`${month}-01`) });
  // Uncleared or cleared: November has events.
  await expect(ask('2025-12')).rejects.toMatchObject({ code: 'EARLIER_PERIOD_OPEN', fields: { month: '2025-12', openMonth: '2025-11' } });
  await clearAll();
  await expect(ask('2025-12')).rejects.toMatchObject({ code: 'EARLIER_PERIOD_OPEN', fields: { openMonth: '2025-11' } });
  // January ends at five in the morning, UTC.
  test.clock.set(new Date('2026-02-01T04:59:59Z'));
  await expect(ask('2026-01')).rejects.toMatchObject({ code: 'PERIOD_NOT_ENDED', fields: { endsAt: '2026-02-01T05:00:00.000Z' } });
  await expect(ask('2025-11', { ...finance, role: 'SUPPORT' })).rejects.toThrow('may not do this');
  await expect(ask('2025-11', { kind: 'staff', staffId: newUuid(), brandId: fuel.id, role: 'FINANCE', ofOperator: false })).rejects.toThrow('may not do this');
  await expect(closePeriod(test.app, finance, { currency: 'NONE', month: dayFromIso('2025-11-01') })).rejects.toThrow('Currency not found');
  expect(await rows("SELECT count(*)::int AS closing FROM period WHERE status <> 'OPEN'")).toEqual([{ closing: 0 }]);
  await close('2025-11');
  await close('2025-12');
  await expect(ask('2025-10')).rejects.toMatchObject({ code: 'LATER_PERIOD_CLOSED' });
});
