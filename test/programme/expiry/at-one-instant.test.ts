import * as applyDates from '../../../src/ledger/ledger/internal/decide/apply-dates';
import * as walletStates from '../../../src/ledger/ledger/internal/decide/wallet-state';
import type { AccountId, PostingRequest } from '../../../src/ledger/ledger/posting';
import * as calendar from '../../../src/ledger/points/calendar';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { CI, LONG } from '../../invariants/run-settings';
import { holdUntil } from '../../support/holds';
import { createShopCoalition, type ShopCoalition } from '../../support/shop-coalition';
import { createTestApp, type TestApp } from '../../support/test-app';
import { firstFault } from '../../support/verified-books';

// So that their functions can be replaced by wrong ones.
jest.mock('../../../src/ledger/ledger/internal/decide/apply-dates', () => ({
  __esModule: true,
  ...jest.requireActual('../../../src/ledger/ledger/internal/decide/apply-dates'),
}));
jest.mock('../../../src/ledger/ledger/internal/decide/wallet-state', () => ({
  __esModule: true,
  ...jest.requireActual('../../../src/ledger/ledger/internal/decide/wallet-state'),
}));
jest.mock('../../../src/ledger/points/calendar', () => ({ __esModule: true, ...jest.requireActual('../../../src/ledger/points/calendar') }));

const ZONE = 'America/New_York';
const MIDNIGHT = calendar.dayStart(calendar.dayFromIso('2026-04-01'), ZONE);

let shop: ShopCoalition;
let accounts: AccountId[];
let redeemed: AccountId;
let brands: { fuel: Uuid; taxi: Uuid };

afterEach(() => jest.restoreAllMocks());

/** So many wallets with lots that end at one instant, a local midnight. */
async function open(wallets: number): Promise<void> {
  shop = await createShopCoalition({ now: new Date(MIDNIGHT.getTime() - 1), timeZone: ZONE, expiry: { kind: 'ROLLING', months: 3, rounding: 'MONTH' } });
  brands = { fuel: (await shop.brand('FUEL')).brandId, taxi: (await shop.brand('TAXI')).brandId };
  accounts = await fill(shop, wallets);
  [redeemed] = await shop.app.ledger.openAccounts([{ kind: 'REDEEMED', owner: brands.fuel, currencyId: shop.currencyId }]);
}

const endAtOnce = (wallets: number) => open(wallets).then(() => expectAllToEnd(wallets).finally(() => shop.close()));

async function expectAllToEnd(wallets: number): Promise<void> {
  const { app, clock } = shop;
  const before = await put();
  expect(before.fuel + before.taxi).toBeGreaterThan(wallets);
  // A millisecond before, they are there: 100 wallets spend what they have of FUEL.
  const [spenders, rest] = [accounts.slice(0, 100), accounts.slice(100)];
  const spent = await Promise.all(spenders.map((account, i) => app.ledger.post(burnOf(account, 1 + (i % 97)))));
  expect(spent.filter(({ refusal }) => refusal !== null).length).toBe(0);

  // Those that had points of TAXI too keep them until midnight.
  const emptied = spenders.filter((_account, i) => i % 3 !== 0).length;

  clock.set(MIDNIGHT);
  const at = await Promise.all(accounts.map((account) => app.ledger.post(burnOf(account, 1))));
  expect(at.filter(({ refusal }) => refusal?.code !== 'INSUFFICIENT_POINTS' || refusal.fields.available !== 0).length).toBe(0);
  clock.set(new Date(MIDNIGHT.getTime() + 3 * 86_400_000));
  const later = await Promise.all(rest.slice(0, 500).map((account) => app.ledger.post(holdOf(account, 1))));
  expect(later.filter(({ refusal }) => refusal?.fields.available !== 0).length).toBe(0);
  expect(await sums()).toEqual({ balances: before.fuel + before.taxi - burnt(spenders), expired: { fuel: null, taxi: null } });

  // Two processes at once, each of which may find what the other books.
  const other: TestApp = await createTestApp({ database: shop.database, now: clock.now() });
  const runs = await Promise.all([expirePoints(app), expirePoints(other.app)]).finally(() => other.close());
  expect(runs.reduce((sum, run) => sum + run.accounts, 0)).toBe(wallets - emptied);
  expect(await expirePoints(app)).toEqual({ accounts: 0, more: false });
  expect(await sums()).toEqual({ balances: 0, expired: { fuel: before.fuel - burnt(spenders), taxi: before.taxi } });
  expect((await shop.database.owner.query('SELECT FROM lot')).rowCount).toBe(0);
  expect(await firstFault(shop)).toBeUndefined();
}

/** What the spenders burnt: all that FUEL had issued to them. */
function burnt(spenders: readonly AccountId[]): number {
  return spenders.reduce((sum, _account, i) => sum + 1 + (i % 97), 0);
}

function burnOf(account: AccountId, amount: number): PostingRequest {
  return request(account, () => ({ do: 'debit', id: newUuid(), from: account, to: redeemed, amount, code: 'BURN', termsId: newUuid() }));
}

function holdOf(account: AccountId, amount: number): PostingRequest {
  const expiresAt = shop.clock.now().getTime() + 1_000;
  return request(account, () => ({ do: 'hold', id: newUuid(), from: account, to: redeemed, amount, ...holdUntil(expiresAt), termsId: newUuid() }));
}

function request(account: AccountId, step: () => import('../../../src/ledger/ledger/posting').Step): PostingRequest {
  const now = shop.clock.now();
  const times = { occurredAt: now.getTime(), recordedAt: now.getTime(), day: calendar.dayOf(now, ZONE) };
  const loads = { wallets: [account] };
  return { id: newUuid(), party: brands.fuel, kind: 'TEST', contentHash: Buffer.alloc(32), ...times, loads, plan: () => ({ steps: [step()], answer: {} }) };
}

async function put(): Promise<{ fuel: number; taxi: number }> {
  const { rows } = await shop.database.owner.query(
    "SELECT sum(amount) FILTER (WHERE party_id = $1)::int AS fuel, sum(amount) FILTER (WHERE party_id = $2)::int AS taxi FROM transfer WHERE code = 'EARN'",
    [brands.fuel, brands.taxi],
  );
  return rows[0];
}

async function sums() {
  const { rows } = await shop.database.owner.query(
    `SELECT (SELECT sum(credits - debits)::int FROM account WHERE guarded) AS balances,
       json_build_object('fuel', sum(t.amount) FILTER (WHERE a.owner_id = $1), 'taxi', sum(t.amount) FILTER (WHERE a.owner_id = $2)) AS expired
     FROM transfer t JOIN account a ON a.id = t.credit_account WHERE t.code = 'EXPIRY'`,
    [brands.fuel, brands.taxi],
  );
  return rows[0];
}

/**
 * Wallets with points of FUEL, every third with points of TAXI too, as if each had been earned in January. Written as
 * the ledger would have.
 */
async function fill({ database, currencyId, app }: ShopCoalition, many: number): Promise<AccountId[]> {
  const owners = Array.from({ length: many }, () => newUuid());
  const wallets = await app.ledger.openAccounts(owners.map((owner) => ({ kind: 'WALLET', owner, currencyId })));
  for (const [code, issuer, every] of [
    ['FUEL', brands.fuel, 1],
    ['TAXI', brands.taxi, 3],
  ] as const) {
    const [issued] = await app.ledger.openAccounts([{ kind: 'ISSUED', owner: issuer, currencyId }]);
    const origin = { issuer, issuerCode: code, currencyId, issueMonth: calendar.dayFromIso('2026-01-01'), termsId: newUuid(), offerId: null };
    const originId = await app.ledger.lotOrigin(origin);
    await database.owner.query(FILL, [wallets, issuer, issued, currencyId, originId, origin.termsId, code, every]);
  }
  await database.owner.query('ANALYZE');
  return wallets;
}

const FILL = `
  WITH earn AS MATERIALIZED (
    SELECT account_id, gen_random_uuid() AS id, gen_random_uuid() AS posting_id, 1 + (place - 1) % 97 AS amount
    FROM unnest($1::bigint[]) WITH ORDINALITY AS w (account_id, place) WHERE (place - 1) % $8::int = 0
  ), posted AS (
    INSERT INTO posting (id, party_id, kind, content_hash, outcome, result, occurred_at, recorded_at)
    SELECT posting_id, $2, 'TEST', sha256('x'), 'ACCEPTED', '{}', '2026-01-10', '2026-01-10' FROM earn
  ), filled AS (
    INSERT INTO lot (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, remaining)
    SELECT account_id, '2026-04-01', '2026-01-01', $7, $5, '-infinity', amount FROM earn
  ), credited AS (
    UPDATE account a SET credits = a.credits + amount, seq = a.seq + 1, version = a.version + 1 FROM earn WHERE a.id = earn.account_id
    RETURNING a.id, a.seq, a.credits
  )
  INSERT INTO transfer (id, posting_id, party_id, debit_account, credit_account, currency_id, amount, code, origin_id, lot_expires_on, lot_available_on,
    credit_balance_after, credit_seq, terms_id, occurred_at, recorded_at)
  SELECT e.id, e.posting_id, $2, $3, e.account_id, $4, e.amount, 'EARN', $5, '2026-04-01', '-infinity', c.credits, c.seq, $6, '2026-01-10', '2026-01-10'
  FROM earn e JOIN credited c ON c.id = e.account_id`;

const WALLETS = CI || LONG ? 10_000 : 3_000;
it(`${WALLETS} wallets lapse at one instant, whenever the workers book it`, () => endAtOnce(WALLETS));

describe('a seeded fault turns it red', () => {
  it('points can be spent on the day on which they end', async () => {
    const { endOf } = walletStates;
    jest.spyOn(walletStates, 'isSpendable').mockImplementation((lot, wallet, day) => lot.availableOn <= day && day <= endOf(lot, wallet));
    // All but those who had burnt what they had.
    await expect(endAtOnce(200)).rejects.toMatchObject({ matcherResult: { actual: 134, expected: 0 } });
  });

  it('only points of the first issuer end', async () => {
    const { end } = jest.requireActual<typeof applyDates>('../../../src/ledger/ledger/internal/decide/apply-dates');
    jest.spyOn(applyDates, 'end').mockImplementation((posting, step) => end(posting, { ...step, ends: step.ends.slice(0, 1) }));
    await expect(endAtOnce(200)).rejects.toMatchObject({ matcherResult: { expected: { balances: 0 } } });
  });

  it('days are those of UTC', async () => {
    const { dayOf } = jest.requireActual<typeof calendar>('../../../src/ledger/points/calendar');
    jest.spyOn(calendar, 'dayOf').mockImplementation((instant) => dayOf(instant, 'UTC'));
    await expect(endAtOnce(200)).rejects.toMatchObject({ matcherResult: { actual: 100, expected: 0 } });
  });
});

it('the day before the end counts, and not the end itself', () => {
  const { isSpendable } = walletStates;
  const [lot, wallet] = [{ originId: 1, expiresOn: 10, availableOn: 0, contributor: 0 }, { slidesUntil: 12 }];
  expect([9, 10].map((day) => isSpendable(lot, wallet as never, day))).toEqual([true, false]);
  expect([9, 10].map((day) => isSpendable({ ...lot, expiresOn: 20 }, { slidesUntil: 10 } as never, day))).toEqual([true, false]);
});
