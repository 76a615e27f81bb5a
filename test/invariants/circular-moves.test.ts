import fc from 'fast-check';
import type * as Decides from '../../src/ledger/ledger/internal/decide/decide';
import { decide as realDecide } from '../../src/ledger/ledger/internal/decide/decide';
import type { Step } from '../../src/ledger/ledger/posting';
import { ALWAYS, type Day, dayFromIso, NEVER } from '../../src/ledger/points/calendar';
import { newUuid } from '../../src/platform/ids';
import { TERMS } from '../support/ledger-book';
import { type MemoryBook } from './memory-book';
import { emptyMemoryBook } from './memory-target';
import { MONTHS, PLACES } from './random-commands';
import { CI, LONG, runs, SEED } from './run-settings';
import { FAULTS, isolated } from './seeded-faults';
import { othersOf, type World } from './world';

/**
 * Gifts, pools and conversions never make points more nor younger, however they go in circles. Holds are left out: what
 * is set aside while its wallet lapses comes back to the wallet and its date of then.
 */
const FIRST_DAY = dayFromIso('2026-01-10');

if (LONG) jest.setTimeout(900_000);
/** Every day that could make a difference, and the one after all. */
const HORIZON: readonly Day[] = [...Array.from({ length: 70 }, (_, at) => FIRST_DAY + at), NEVER - 1];

type Fraction = readonly [number, number];
/** What a point of the first currency gives in the second, and back; together at most 1. */
const RATES: readonly (readonly [Fraction, Fraction])[] = [
  [
    [1, 3],
    [3, 1],
  ],
  [
    [2, 3],
    [3, 2],
  ],
  [
    [5, 2],
    [2, 5],
  ],
  [
    [5, 8],
    [3, 2],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [3, 7],
    [9, 4],
  ],
];

const wallet = fc.constantFrom(0, 1, 2, 4, 5);
const anyCredit = fc.record({
  wallet,
  brand: fc.nat({ max: 2 }),
  month: fc.nat({ max: MONTHS.length - 1 }),
  amount: fc.integer({ min: 1, max: 30 }),
  life: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 4 }),
});
const anyMove = fc.record({
  do: fc.constantFrom('give', 'give', 'leave', 'merge', 'convert', 'convert', 'convert', 'expire'),
  wallet,
  to: fc.nat({ max: 9 }),
  percent: fc.constantFrom(100, 100, 60, 30, 5),
  days: fc.constantFrom(0, 0, 0, 1, 3, 9),
});
const anyStory = fc.record({
  rates: fc.constantFrom(...RATES),
  credits: fc.array(anyCredit, { minLength: 1, maxLength: 12 }),
  /** Days for which a wallet of the second currency lives on: it slides no more. */
  slides: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 2 }),
  moves: fc.array(anyMove, { minLength: 10, maxLength: 60, size: 'max' }),
});
type Story = typeof anyStory extends fc.Arbitrary<infer S> ? S : never;
type Move = typeof anyMove extends fc.Arbitrary<infer M> ? M : never;

/**
 * For each day, what outlives it: points of the first currency, and those of the second at what they give in the first,
 * all times the same number.
 */
function outliving(book: MemoryBook, back: Fraction): number[] {
  return HORIZON.map((day) => {
    let worth = 0;
    for (const { account, lots, slidesUntil } of book.all())
      for (const lot of lots)
        if (Math.min(lot.expiresOn, slidesUntil) > day) worth += (lot.remaining + lot.held) * back[PLACES[account - 1].currency === 0 ? 1 : 0];
    return worth;
  });
}

function post(book: MemoryBook, decide: typeof realDecide, world: World, day: Day, steps: readonly Step[]): void {
  const at = day * 86_400_000;
  const request = { id: newUuid(), party: world.party, kind: 'TEST', contentHash: Buffer.alloc(32), occurredAt: at, recordedAt: at, day };
  const asked = [{ ...request, loads: { wallets: world.wallets }, plan: () => ({ steps, answer: {} }) }];
  const state = book.load(asked);
  const [decision] = decide(state, asked);
  if (decision.is !== 'decided') throw decision.is === 'failed' ? decision.error : new Error(decision.is);
  book.keep(state);
}

function spendable(book: MemoryBook, account: number, day: Day): number {
  const found = [...book.all()].find((each) => each.account === account);
  if (!found) return 0;
  return found.lots.reduce((sum, lot) => (lot.availableOn <= day && day < Math.min(lot.expiresOn, found.slidesUntil) ? sum + lot.remaining : sum), 0);
}

function stepsOf(move: Move, { rates }: Story, world: World, book: MemoryBook, day: Day): Step[] {
  const { currency } = PLACES[move.wallet];
  const from = world.wallets[move.wallet];
  const amount = Math.ceil((spendable(book, from, day) * move.percent) / 100);
  const others = othersOf(move.wallet);
  const to = others[move.to % others.length];
  const id = newUuid();
  switch (move.do) {
    case 'give':
      if (amount === 0) return [];
      return [{ do: 'give', id, from, to: world.wallets[to], amount, code: PLACES[to].pool ? 'POOL_CONTRIBUTION' : 'GIFT', termsId: null }];
    case 'leave':
      return [{ do: 'giveAll', id, from: world.wallets[others.find((each) => PLACES[each].pool) as number], to: from, code: 'POOL_RETURN' }];
    case 'merge': {
      const wallets = others.filter((each) => !PLACES[each].pool);
      return [{ do: 'giveAll', id, from, to: world.wallets[wallets[move.to % wallets.length]], code: 'MERGE' }];
    }
    case 'convert': {
      const [numerator, denominator] = rates[currency];
      const received = Math.floor((amount * numerator) / denominator);
      if (received === 0) return [];
      const route = world.routes[currency];
      const target = [
        [4, 5],
        [0, 1, 2],
      ][currency];
      const origins = new Map(MONTHS.map((month, at) => [dayFromIso(`${month}-01`), world.originOf(2, at, 1 - currency)]));
      const into = { id: newUuid(), from: route.into, to: world.wallets[target[move.to % target.length]], amount: received };
      return [{ do: 'convert', out: { id, from, to: route.out, amount }, in: into, origins, expiry: 'KEEP', notAfter: NEVER, termsId: TERMS }];
    }
    case 'expire':
      return [
        { do: 'end', account: from, code: 'EXPIRY', ends: world.brands.map((brand) => ({ issuer: brand.id, id: newUuid(), to: brand.of[currency].expired })) },
      ];
  }
}

/** The first gain, in words; null where there is none. */
function gainOf(story: Story, decide: typeof realDecide): string | null {
  const { book, world } = emptyMemoryBook();
  const credits = story.credits.map(({ wallet: at, brand, month, amount, life }): Step => {
    const { currency } = PLACES[at];
    const lot = { originId: world.originOf(brand, month, currency), expiresOn: life === null ? NEVER : FIRST_DAY + life, availableOn: ALWAYS };
    return { do: 'credit', id: newUuid(), from: world.brands[brand].of[currency].issued, to: world.wallets[at], amount, code: 'EARN', lot, termsId: TERMS };
  });
  const slides = story.slides.map((days, at): Step => ({ do: 'slide', account: world.wallets[4 + at], until: FIRST_DAY + days }));
  post(book, decide, world, FIRST_DAY, [...slides, ...credits]);
  const back = story.rates[1];
  let before = outliving(book, back);
  let day = FIRST_DAY;
  for (const move of story.moves) {
    day += move.days;
    const steps = stepsOf(move, story, world, book, day);
    if (steps.length > 0) post(book, decide, world, day, steps);
    const after = outliving(book, back);
    const gained = HORIZON.findIndex((each, at) => each >= day && after[at] > before[at]);
    if (gained >= 0) return `${move.do} on day ${day}: ${after[gained] - before[gained]} more outlive day ${HORIZON[gained]}`;
    before = after;
  }
  return null;
}

it(`points that go in circles are on no day more than before, and never younger (TESSERA_SEED=${SEED})`, () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      expect(gainOf(story, realDecide)).toBeNull();
    }),
    runs(CI ? 400 : 150, 20_000),
  );
});

it.each([
  'rounding: the shares of a conversion are rounded down from the soonest to expire',
  'expiry: what had lapsed lives again',
  'expiry: what is given away forgets that its wallet slides',
  'age: converted points live as long as the other currency lets them',
])('with a fault they would be: %s', async (fault) => {
  const red = await isolated(FAULTS[fault], async () => {
    const { decide } = require('../../src/ledger/ledger/internal/decide/decide') as typeof Decides;
    return fc.check(
      fc.property(anyStory, (story) => gainOf(story, decide) === null),
      { numRuns: 2_000, seed: 20_260_101, endOnFailure: true },
    );
  });
  expect(red.failed && red.errorInstance).toEqual(new Error('Property failed by returning false'));
});
