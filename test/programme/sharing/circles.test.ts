import fc from 'fast-check';
import { decide as realDecide } from '../../../src/ledger/ledger/internal/decide/decide';
import type { OriginState } from '../../../src/ledger/ledger/internal/decide/wallet-state';
import type { AccountId, LedgerView, Plan, PostingRequest, Step } from '../../../src/ledger/ledger/posting';
import { ALWAYS, dayFromIso, NEVER } from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { MemoryBook } from '../../invariants/memory-book';
import { CI, runs } from '../../invariants/run-settings';
import { holdUntil } from '../../support/holds';
import { createTestApp, type TestApp } from '../../support/test-app';

const WALLETS = 3;
const POOL = WALLETS;
const FIRST_DAY = dayFromIso('2026-03-15');
const MONTHS = ['2025-10-01', '2025-12-01', '2026-03-01'].map(dayFromIso);

/**
 * Points at the start: how many of which origin, whose, and between which days (counted from the first) they can be
 * spent.
 */
const start = fc.array(
  fc.record({
    wallet: fc.nat(WALLETS - 1),
    origin: fc.nat(2 * MONTHS.length - 1),
    points: fc.integer({ min: 1, max: 100 }),
    from: fc.option(fc.integer({ min: -5, max: 40 })),
    until: fc.option(fc.integer({ min: 41, max: 300 })),
  }),
  { minLength: 2, maxLength: 10 },
);
/** Where expiry slides: on which day each wallet lapses; null: it never was active. */
const slides = fc.array(fc.option(fc.integer({ min: 1, max: 200 })), { minLength: WALLETS, maxLength: WALLETS });
const part = fc.integer({ min: 1, max: 4 });
const move = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('gift' as const), from: fc.nat(WALLETS - 1), to: fc.nat(WALLETS - 1), part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('contribute' as const), from: fc.nat(WALLETS - 1), part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('return' as const), to: fc.nat(WALLETS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), part, days: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('void' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 60 }) }) },
);
const moves = (most: number) => fc.array(move, { minLength: 5, maxLength: most });
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;
type Start = typeof start extends fc.Arbitrary<infer Value> ? Value : never;
interface Lot {
  readonly origin: number;
  /** First day on which the points can no longer be spent, whichever comes first: their own end, or their account's. */
  readonly end: number;
  readonly points: number;
}

/** Where the moves are made. Accounts: the wallets, then the pool. */
interface Town {
  readonly accounts: readonly AccountId[];
  readonly issued: AccountId;
  readonly redeemed: AccountId;
  readonly origins: readonly number[];
  post(request: PostingRequest): Promise<unknown>;
  lots(): Promise<readonly Lot[]>;
}

const PARTY = newUuid();
let keys = 0;
function request(day: number, wallets: readonly AccountId[], plan: (view: LedgerView) => Step[], holds: Uuid[] = []): PostingRequest {
  const id = newUuid();
  const at = Date.UTC(2000, 0, 1, 12) + day * 86_400_000;
  const planned = (view: LedgerView): Plan => ({ steps: plan(view), answer: {} });
  return {
    id,
    party: PARTY,
    kind: 'TEST',
    contentHash: Buffer.alloc(32, ++keys % 256),
    occurredAt: at,
    day,
    recordedAt: at,
    loads: { wallets, holds },
    plan: planned,
  };
}

/** So many points of each origin live beyond each day: what moves may lessen and never raise. */
function living(lots: readonly Lot[], day: number): Map<number, number> {
  const sums = new Map<number, number>();
  for (const lot of lots) {
    // An origin and its twin (points that had days of grace) are one.
    const origin = Math.abs(lot.origin);
    if (lot.end > day) sums.set(origin, (sums.get(origin) ?? 0) + lot.points);
  }
  return sums;
}

/** From `now` on: what has ended before does not come to life, whatever day it gets. */
function expectNoYounger(before: readonly Lot[], after: readonly Lot[], now: number, what: string): void {
  const days = new Set([...before, ...after].map(({ end }) => Math.max(end - 1, now)));
  for (const day of days) {
    const was = living(before, day);
    for (const [origin, points] of living(after, day)) {
      if (points > (was.get(origin) ?? 0)) throw new Error(`${what}: ${points} points of origin ${origin} live beyond day ${day}, ${was.get(origin) ?? 0} did`);
    }
  }
  const [was, is] = [before, after].map((lots) => lots.reduce((sum, lot) => sum + lot.points, 0));
  if (was !== is) throw new Error(`${what}: ${was} points became ${is}`);
}

async function play(town: Town, points: Start, lapses: readonly (number | null)[], moves: readonly Move[]): Promise<void> {
  let day = FIRST_DAY;
  for (const { wallet, origin, points: amount, from, until } of points) {
    const lot = {
      originId: town.origins[origin],
      availableOn: from === null ? ALWAYS : day + from,
      expiresOn: until === null ? NEVER : day + until,
    };
    const to = town.accounts[wallet];
    await town.post(request(day, [to], () => [{ do: 'credit', id: newUuid(), from: town.issued, to, amount, code: 'EARN', lot, termsId: PARTY }]));
  }
  for (const [wallet, until] of lapses.entries()) {
    const account = town.accounts[wallet];
    if (until !== null) await town.post(request(day, [account], () => [{ do: 'slide', account, until: FIRST_DAY + until }]));
  }
  const open: Uuid[] = [];
  for (const [at, each] of moves.entries()) {
    if (each.do === 'wait') day += each.days;
    const asked = toRequest(town, each, day, open);
    if (!asked) continue;
    const before = await town.lots();
    await town.post(asked);
    expectNoYounger(before, await town.lots(), day, `move ${at}, ${JSON.stringify(each)}`);
  }
}

function toRequest({ accounts, redeemed }: Town, each: Move, day: number, open: Uuid[]): PostingRequest | null {
  const pool = accounts[POOL];
  const some = (view: LedgerView, account: AccountId, quarters: number) => Math.ceil((view.wallet(account).spendable * quarters) / 4);
  const give = (from: AccountId, to: AccountId, quarters: number, code: 'GIFT' | 'POOL_CONTRIBUTION') =>
    request(day, [from, to], (view) => {
      const amount = some(view, from, quarters);
      return amount === 0 ? [] : [{ do: 'give', id: newUuid(), from, to, amount, code, termsId: null }];
    });
  switch (each.do) {
    case 'gift':
      return each.from === each.to ? null : give(accounts[each.from], accounts[each.to], each.part, 'GIFT');
    case 'contribute':
      return give(accounts[each.from], pool, each.part, 'POOL_CONTRIBUTION');
    case 'return':
      return request(day, [pool, accounts[each.to]], () => [{ do: 'giveAll', id: newUuid(), from: pool, to: accounts[each.to], code: 'POOL_RETURN' }]);
    case 'hold':
      return request(day, [pool], (view) => {
        const amount = some(view, pool, each.part);
        if (amount === 0) return [];
        const id = newUuid();
        open.push(id);
        const expiresAt = Date.UTC(2000, 0, 1, 12) + (day + each.days) * 86_400_000;
        return [
          {
            do: 'hold',
            id,
            from: pool,
            to: redeemed,
            amount, // Days of grace are another question: see test/ledger/ledger/what-is-over.test.ts.
            ...holdUntil(expiresAt, 0),
            termsId: PARTY,
          },
        ];
      });
    case 'void': {
      const holdId = open.pop();
      return holdId
        ? request(day, [pool], (view) => (view.hold(holdId)?.state === 'OPEN' ? [{ do: 'release', holdId, as: 'VOIDED', bookedOn: day }] : []), [holdId])
        : null;
    }
    default:
      return null;
  }
}

const ORIGINS = [...MONTHS.keys()].flatMap((month) => [0, 1].map((brand) => ({ month, brand })));

function memoryTown(decide: typeof realDecide): Town {
  const [issued, redeemed] = [101, 102];
  const states = new Map<number, OriginState>(
    ORIGINS.map(({ month, brand }, at) => [at + 1, { issuer: `issuer ${brand}`, issuerCode: `B${brand}`, issueMonth: MONTHS[month] }]),
  );
  const accounts = [...Array(WALLETS + 1).keys()].map((at) => at + 1);
  const summed = new Map([
    [issued, 0],
    [redeemed, 0],
  ]);
  const book = new MemoryBook(states, summed, new Map(accounts.map((account) => [account, 0])));
  return {
    accounts,
    issued,
    redeemed,
    origins: [...states.keys()],
    async post(asked) {
      const state = book.load([asked]);
      const [decision] = decide(state, [asked]);
      if (decision.is === 'failed') throw decision.error;
      book.keep(state);
    },
    async lots() {
      return [...book.all()].flatMap(({ lots, slidesUntil }) =>
        lots.map((lot) => ({ origin: lot.originId, end: Math.min(lot.expiresOn, slidesUntil), points: lot.remaining + lot.held })),
      );
    },
  };
}

async function databaseTown(test: TestApp, currencyId: number): Promise<Town> {
  const { ledger } = test.app;
  const issuers = [newUuid(), newUuid()];
  const accounts = await ledger.openAccounts(
    [...Array(WALLETS + 1).keys()].map((at) => ({ kind: at === POOL ? 'POOL' : 'WALLET', owner: newUuid(), currencyId })),
  );
  const [issued, redeemed] = await ledger.openAccounts([
    { kind: 'ISSUED', owner: PARTY, currencyId },
    { kind: 'REDEEMED', owner: PARTY, currencyId },
  ]);
  const origins: number[] = [];
  for (const { month, brand } of ORIGINS)
    origins.push(
      await ledger.lotOrigin({ issuer: issuers[brand], issuerCode: `B${brand}`, currencyId, issueMonth: MONTHS[month], termsId: PARTY, offerId: null }),
    );
  return {
    accounts,
    issued,
    redeemed,
    origins,
    post: (asked) => ledger.post(asked),
    async lots() {
      const { rows } = await test.database.owner.query(
        `SELECT l.origin_id, least(l.expires_on, a.slides_until)::text AS ends, (l.remaining + l.held)::int AS points FROM lot l JOIN account a ON a.id = l.account_id
         WHERE l.account_id = ANY ($1::bigint[])`,
        [accounts],
      );
      return rows.map((row) => ({ origin: row.origin_id, end: dayFromIso(row.ends), points: row.points }));
    },
  };
}

const inMemory = (decide: typeof realDecide) =>
  fc.asyncProperty(start, slides, moves(60), (points, lapses, all) => play(memoryTown(decide), points, lapses, all));

test('gifts and pool moves in a circle make no point younger, nor more', async () => {
  await fc.assert(inMemory(realDecide), runs(CI ? 1_500 : 500, 20_000));
}, 300_000);

test('nor on PostgreSQL', async () => {
  const database = await createTestApp();
  const { rows } = await database.database.owner.query("INSERT INTO currency (code, kind, scale) VALUES ('FLP', 'POINTS', 0) RETURNING id");
  const property = fc.asyncProperty(start, slides, moves(20), async (points, lapses, all) =>
    play(await databaseTown(database, rows[0].id), points, lapses, all),
  );
  await fc.assert(property, runs(12, 250)).finally(() => database.close());
}, 600_000);

type Replaced = (real: (...args: readonly unknown[]) => unknown, ...args: readonly unknown[]) => unknown;

/** The kernel with one function of its lots replaced. */
function faulty(name: 'dated' | 'receive', fault: Replaced): typeof realDecide {
  let decide = realDecide;
  jest.isolateModules(() => {
    jest.doMock('../../../src/ledger/ledger/internal/decide/lots', () => {
      const actual = jest.requireActual('../../../src/ledger/ledger/internal/decide/lots');
      return { ...actual, [name]: (...args: readonly unknown[]) => fault(actual[name], ...args) };
    });
    decide = require('../../../src/ledger/ledger/internal/decide/decide').decide;
  });
  jest.dontMock('../../../src/ledger/ledger/internal/decide/lots');
  return decide;
}

const FAULTS: readonly [string, 'dated' | 'receive', Replaced][] = [
  [
    'points leave a lapsing wallet without the date that it gave them',
    'dated',
    (real, portions, from, contributor) => real(portions, { ...(from as object), slidesUntil: NEVER }, contributor),
  ],
  [
    'points arrive a day younger',
    'dated',
    (real, ...args) => (real(...args) as { expiresOn: number }[]).map((lot) => ({ ...lot, expiresOn: Math.min(NEVER, lot.expiresOn + 1) })),
  ],
  [
    'a wallet that was given something lives on for ever',
    'receive',
    (real, posting, wallet, ...rest) => {
      (posting as { change(record: unknown, fields: object): void }).change(wallet, { slidesUntil: NEVER });
      return real(posting, wallet, ...rest);
    },
  ],
];

describe('a seeded fault turns it red', () => {
  test.each(FAULTS)('%s', async (_fault, name, fault) => {
    const { failed, errorInstance } = await fc.check(inMemory(faulty(name, fault)), { ...runs(1_500, 1_500), endOnFailure: true });
    expect(failed).toBe(true);
    expect((errorInstance as Error).message).toMatch(/live beyond day/);
  });
});
