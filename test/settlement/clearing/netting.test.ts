import { dayFromIso, dayToIso } from '../../../src/ledger/points/calendar';
import { monthToBook, type PeriodState } from '../../../src/settlement/clearing/period-of-event';
import { roundPayables } from '../../../src/settlement/months/round-payable';
import { drawUpStatements, type ObligationSum, type StatementContent } from '../../../src/settlement/months/statement';

describe('the month an event is booked in', () => {
  const month = (text: string) => dayFromIso(`${text}-01`);
  const period = (text: string, status: PeriodState['status'], closeHorizon: bigint | null = null): PeriodState => ({
    month: month(text),
    status,
    closeHorizon,
  });
  test.each<[string, string, bigint, PeriodState[], string]>([
    ['its own, while nothing is closed', '2026-01', 50n, [period('2026-01', 'OPEN')], '2026-01'],
    ['its own, while it is closing and the event came before the cut-off', '2026-01', 50n, [period('2026-01', 'CLOSING', 51n)], '2026-01'],
    ['the next, at the cut-off', '2026-01', 51n, [period('2026-01', 'CLOSING', 51n)], '2026-02'],
    ['the next, when it is closed', '2026-01', 50n, [period('2026-01', 'CLOSED', 40n)], '2026-02'],
    [
      'the first after all that are closed for it',
      '2025-12',
      70n,
      [period('2026-01', 'CLOSED', 40n), period('2026-02', 'CLOSING', 60n), period('2026-03', 'OPEN')],
      '2026-03',
    ],
    [
      'one that is closing still takes what came before its cut-off',
      '2026-01',
      55n,
      [period('2026-01', 'CLOSED', 40n), period('2026-02', 'CLOSING', 60n)],
      '2026-02',
    ],
    ['never before a month that is closing: statements follow each other', '2025-12', 55n, [period('2026-01', 'CLOSING', 60n)], '2026-01'],
    ['across the turn of the year', '2025-12', 50n, [period('2025-12', 'CLOSED', 40n)], '2026-01'],
  ])('%s', (_, eventMonth, position, periods, expected) => {
    expect(dayToIso(monthToBook(month(eventMonth), position, periods)).slice(0, 7)).toBe(expected);
  });
});

describe('rounding to the minor unit', () => {
  it('gives the missing units to the largest remainders, and payments sum to zero', () => {
    // 0.335 + 0.335 - 0.670, in cents: one of the two payers pays the cent more; the first, since they are equal.
    expect(roundPayables([335_000n, 335_000n, -670_000n], 10_000n)).toEqual([
      { payableMinor: 34n, carried: -5_000n },
      { payableMinor: 33n, carried: 5_000n },
      { payableMinor: -67n, carried: 0n },
    ]);
  });

  it('keeps every micro-unit: what is paid and carried is what was owed', () => {
    const totals = [123_456_789n, -23_456_789n, 1n, -100_000_001n];
    const rounded = roundPayables(totals, 1_000_000n);
    expect(rounded.reduce((sum, { payableMinor }) => sum + payableMinor, 0n)).toBe(0n);
    expect(rounded.map(({ payableMinor, carried }) => payableMinor * 1_000_000n + carried)).toEqual(totals);
    expect(rounded.every(({ carried }) => carried > -1_000_000n && carried < 1_000_000n)).toBe(true);
  });

  it('refuses what does not sum to zero', () => {
    expect(() => roundPayables([1n, 1n], 10_000n)).toThrow('sums to 2 micro-units');
  });
});

describe('statements', () => {
  const month = dayFromIso('2026-01-01');
  const period = {
    currency: 'FLP',
    scale: 0,
    settlementCurrency: 'GBP',
    clearingModel: 'ISSUER',
    timeZone: 'UTC',
    month,
    payableFrom: dayFromIso('2026-01-31'),
  } as const;
  const sum = (debtorId: string, creditorId: string, points: bigint, more: Partial<ObligationSum> = {}): ObligationSum => ({
    kind: 'REIMBURSEMENT',
    debtorId,
    creditorId,
    issuerId: debtorId,
    redeemerId: creditorId,
    price: 8_001n,
    adjustsMonth: null,
    points,
    amount: points * 8_001n,
    entries: 2,
    ...more,
  });
  const parties = [
    { id: 't', code: 'TAXI', openingBalance: 4_000n, paymentDays: 14 },
    { id: 'f', code: 'FUEL', openingBalance: -4_000n, paymentDays: 30 },
    { id: 'i', code: 'IDLE', openingBalance: 0n, paymentDays: 14 },
  ];
  const sums = [sum('f', 't', 1_001n), sum('t', 'f', 400n), sum('f', 't', 3n, { adjustsMonth: dayFromIso('2025-12-01') })];
  const contents = (all = sums) => drawUpStatements(period, parties, all).map(({ content }) => JSON.parse(content) as StatementContent);

  it('net bilaterally and multilaterally to zero, adjustments apart, one for a brand without anything too', () => {
    const [fuel, idle, taxi] = contents();
    expect(fuel.lines.map(({ counterparty, points, amount }) => [counterparty, points, amount])).toEqual([
      ['TAXI', '1001', '8.009001'],
      ['TAXI', '400', '-3.200400'],
    ]);
    expect(fuel.adjustments).toEqual([
      {
        kind: 'REIMBURSEMENT',
        counterparty: 'TAXI',
        owedBy: 'BRAND',
        issuer: 'FUEL',
        redeemer: 'TAXI',
        points: '3',
        price: '0.008001',
        amount: '0.024003',
        entries: 2,
        adjusts: '2025-12',
      },
    ]);
    expect(fuel).toMatchObject({ openingBalance: '-0.004000', net: '4.832604', payable: '4.830000', carried: '-0.001396', dueOn: '2026-03-02' });
    expect(fuel.bilateral).toEqual([{ counterparty: 'TAXI', net: '4.832604' }]);
    expect(taxi).toMatchObject({ net: '-4.832604', payable: '-4.830000', carried: '0.001396', dueOn: '2026-02-14' });
    expect(idle).toMatchObject({ lines: [], adjustments: [], net: '0.000000', payable: '0.000000' });
  });

  it('are the same bytes whatever order the facts come in', () => {
    const hashes = (all: ObligationSum[]) => drawUpStatements(period, parties, all).map(({ hash }) => hash.toString('hex'));
    expect(hashes([...sums].reverse())).toEqual(hashes(sums));
  });

  it('are refused when somebody who owes would get none', () => {
    expect(() => contents([sum('f', 'nobody', 1n)])).toThrow();
  });
});
