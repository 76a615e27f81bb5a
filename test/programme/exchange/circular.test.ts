import fc from 'fast-check';
import type { PointCurrency } from '../../../src/coalition/coalition/coalition-snapshot';
import { decide } from '../../../src/ledger/ledger/internal/decide/decide';
import type { OriginState, WalletState } from '../../../src/ledger/ledger/internal/decide/wallet-state';
import type { Plan, PostingRequest, Step } from '../../../src/ledger/ledger/posting';
import { ALWAYS, type Day, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { leastPoints, mostPoints } from '../../../src/programme/exchange/best-exchange';
import { conversionAmounts } from '../../../src/programme/exchange/conversion-amounts';
import type { ConversionRate } from '../../../src/programme/exchange/conversion-rate';
import { type ConversionFacts, countersOf, planConversion } from '../../../src/programme/exchange/plan-conversion';
import type { CycleRate } from '../../../src/programme/exchange/profitable-cycle';
import { MemoryBook } from '../../invariants/memory-book';
import { runs } from '../../invariants/run-settings';
import { accepted, anyRate } from './random-rates';
import { rateOf } from './rates';

const CURRENCIES = [1, 2, 3, 4];
const MONTHS: readonly Day[] = [0, 31, 60];
const FIRST_DAY = 91;
const ISSUER = newUuid();
const ISSUED = 9;

/**
 * Origins of each currency and month. Wallets are the accounts 11 to 14, and the summed accounts of all routes are 21
 * to 24, by currency.
 */
const origins = new Map<number, OriginState>(
  CURRENCIES.flatMap((currency) => MONTHS.map((issueMonth, at) => [currency * 10 + at, { issuer: ISSUER, issuerCode: 'A', issueMonth }] as const)),
);
const originsOf = (currency: number) => new Map(MONTHS.map((month, at) => [month, currency * 10 + at]));
const wallet = (currency: number) => 10 + currency;
const route = (currency: number) => 20 + currency;

function currencyOf(id: number): PointCurrency {
  const known = { id, code: `C${id}`, name: '', scale: 0, ownerBrandId: null, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrencyId: 99 } as const;
  // Converted points of the third live at most two months.
  const expiry = id === 3 ? ({ kind: 'ROLLING', months: 2, rounding: 'NONE' } as const) : ({ kind: 'NONE' } as const);
  return { ...known, settlementCurrency: 'EUR', expiry, graceDays: 0, conversionExpiry: 'KEEP', noticeDays: [] };
}

type PlanOf = (facts: ConversionFacts) => PostingRequest['plan'];

interface Lot {
  readonly month: number;
  readonly expires: number;
  readonly points: number;
}

function openBook(lots: readonly Lot[]): MemoryBook {
  const summed = new Map([[ISSUED, 1] as const, ...CURRENCIES.map((currency) => [route(currency), currency] as const)]);
  const book = new MemoryBook(origins, summed, new Map(CURRENCIES.map((currency) => [wallet(currency), currency])));
  const steps = lots.map(({ month, expires, points }): Step => {
    const lot = { originId: 10 + month, expiresOn: expires === 0 ? NEVER : FIRST_DAY + expires, availableOn: ALWAYS };
    return { do: 'credit', id: newUuid(), from: ISSUED, to: wallet(1), amount: points, code: 'EARN', lot, termsId: ISSUER };
  });
  post(
    book,
    request([wallet(1)], FIRST_DAY, () => ({ steps, answer: {} })),
  );
  return book;
}

function request(wallets: readonly number[], day: Day, plan: PostingRequest['plan'], counters: PostingRequest['loads']['counters'] = []): PostingRequest {
  const at = day * 86_400_000;
  const named = { id: newUuid(), party: ISSUER, kind: 'TEST', contentHash: Buffer.alloc(32) };
  return { ...named, occurredAt: at, day, recordedAt: at, loads: { wallets, counters }, plan };
}

function post(book: MemoryBook, asked: PostingRequest): void {
  const state = book.load([asked]);
  const [decision] = decide(state, [asked]);
  if (decision.is !== 'decided') throw decision.is === 'failed' ? decision.error : new Error(decision.is);
  book.keep(state);
}

function factsOf(rate: CycleRate, points: bigint, day: Day): ConversionFacts {
  const [from, to] = [currencyOf(rate.fromCurrencyId), currencyOf(rate.toCurrencyId)];
  const ids = { postingId: newUuid(), out: newUuid(), in: newUuid(), fee: newUuid(), remainder: newUuid() };
  const accounts = { source: wallet(from.id), target: wallet(to.id), out: route(from.id), in: route(to.id), fee: route(from.id), remainder: route(from.id) };
  const who = { brandId: null, memberId: ISSUER, walletId: ISSUER, locked: false };
  const when = { day, targetDay: day, dayEnd: new Date(0), occurredAt: new Date(0), recordedAt: new Date(0) };
  const known = { ...rate, id: ISSUER, transferPrice: 0n, createdAt: new Date(0) } satisfies ConversionRate;
  return {
    ...{ ids, who, accounts, currencies: { from, to }, limits: [], origins: originsOf(to.id), when },
    agreed: { rate: known, routeId: `${from.id}-${to.id}`, amounts: conversionAmounts(rate, points) },
    command: { quoteId: null, minimumReceived: null },
  };
}

interface Move {
  readonly rate: number;
  readonly share: number;
  readonly days: number;
}

/** Spendable points of the first currency that live beyond each of these days. */
function outliving(book: MemoryBook, days: readonly Day[]): number[] {
  const { lots } = [...book.all()].find(({ account }) => account === wallet(1)) as WalletState;
  return days.map((day) => lots.reduce((sum, lot) => (lot.expiresOn > day ? sum + lot.remaining : sum), 0));
}

/** Converts to and fro; says what there was more of than at first, or null. */
function firstGain(set: readonly CycleRate[], lots: readonly Lot[], moves: readonly Move[], planOf: PlanOf): string | null {
  const book = openBook(lots);
  const days = [FIRST_DAY, ...lots.map(({ expires }) => (expires === 0 ? NEVER - 1 : FIRST_DAY + expires - 1))];
  const atFirst = outliving(book, days);
  let day = FIRST_DAY;
  for (const move of moves) {
    day += move.days;
    const rate = set[move.rate % set.length];
    const { lots: there } = [...book.all()].find(({ account }) => account === wallet(rate.fromCurrencyId)) as WalletState;
    const have = BigInt(there.reduce((sum, lot) => (lot.expiresOn > day ? sum + lot.remaining : sum), 0));
    const wanted = ((have - rate.fee) * BigInt(move.share)) / 100n;
    const limited = wanted < mostPoints(rate) ? wanted : mostPoints(rate);
    const points = limited - (limited % rate.increment);
    if (points < leastPoints(rate)) continue;
    const facts = factsOf(rate, points, day);
    post(book, request([facts.accounts.source, facts.accounts.target], day, planOf(facts), countersOf(facts)));
    const now = outliving(book, days);
    const gained = now.findIndex((points, at) => points > atFirst[at]);
    if (gained >= 0) return `${now[gained]} points outlive day ${days[gained]}, where ${atFirst[gained]} did`;
    for (const { lots: all } of book.all())
      if (all.some(({ issueMonth }) => !lots.some(({ month }) => MONTHS[month] === issueMonth))) return 'a month of issue that there was not';
  }
  return null;
}

const anyLot = fc.record({ month: fc.nat(2), expires: fc.constantFrom(0, 5, 10, 40, 400), points: fc.integer({ min: 1, max: 200 }) });
const anyMove = fc.record({ rate: fc.nat(20), share: fc.constantFrom(100, 100, 60, 30), days: fc.constantFrom(0, 0, 0, 1, 7) });
const neverMoreNorYounger = (planOf: PlanOf) =>
  fc.property(
    fc.array(anyRate, { minLength: 2, maxLength: 10 }),
    fc.array(anyLot, { minLength: 1, maxLength: 5 }),
    fc.array(anyMove, { minLength: 1, maxLength: 30 }),
    (proposed, lots, moves) => {
      const set = accepted(proposed);
      expect(set.length === 0 ? null : firstGain(set, lots, moves, planOf)).toBeNull();
    },
  );

/**
 * 15 A give 1 B and leave 5 A over, 1 B gives 15 A. If what expires first were left over, the member would end with 15
 * that last.
 */
const LEFT_OVER: [CycleRate[], Lot[], Move[]] = [
  [rateOf({ denominator: 10n, minimum: 15n, increment: 15n, dailyMaximum: 15n }), rateOf({ fromCurrencyId: 2, toCurrencyId: 1, numerator: 15n })],
  [
    { month: 0, expires: 5, points: 5 },
    { month: 1, expires: 0, points: 10 },
  ],
  [0, 1].map((rate) => ({ rate, share: 100, days: 0 })),
];

/** The plan with something done to its steps. */
const altered =
  (alter: (steps: readonly Step[]) => Step[]): PlanOf =>
  (facts) =>
  (view) => {
    const plan = planConversion(facts)(view);
    return 'refused' in plan ? plan : ({ ...plan, steps: alter(plan.steps) } satisfies Plan);
  };

describe('points converted in a circle', () => {
  it('are never more, and never younger', () => {
    fc.assert(neverMoreNorYounger(planConversion), { ...runs(300, 20_000), examples: [LEFT_OVER] });
  });

  it.each<[string, PlanOf]>([
    [
      'fee and remainder taken before, from what expires first',
      altered((steps) => [...steps].sort((a, b) => Number(a.do === 'convert') - Number(b.do === 'convert'))),
    ],
    ['a target that counts its policy alone', altered((steps) => steps.map((step) => (step.do === 'convert' ? { ...step, expiry: 'OWN' } : step)))],
    ['a point too much', altered((steps) => steps.map((step) => (step.do === 'convert' ? { ...step, in: { ...step.in, amount: step.in.amount + 1 } } : step)))],
    [
      'another month of issue',
      altered((steps) =>
        steps.map((step) =>
          step.do === 'convert' ? { ...step, origins: new Map(MONTHS.map((month) => [month, step.origins.get(MONTHS[2]) as number])) } : step,
        ),
      ),
    ],
  ])('with a fault they would be: %s', (_fault, planOf) => {
    expect(fc.check(neverMoreNorYounger(planOf), { numRuns: 2_000, examples: [LEFT_OVER] }).failed).toBe(true);
  });
});
