import { setRule } from '../../../src/coalition/rules/set-rule';
import * as applyDates from '../../../src/ledger/ledger/internal/decide/apply-dates';
import type { PostingRequest } from '../../../src/ledger/ledger/posting';
import { NEVER } from '../../../src/ledger/points/calendar';
import { readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { NotFound } from '../../../src/platform/refusal';
import * as award from '../../../src/programme/earning/award';
import { cancelAwards } from '../../../src/programme/earning/cancel-awards';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { findPurchase } from '../../../src/programme/purchases/find-purchase';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, type ShopOptions, spendingOf, type Till } from '../../support/shop-coalition';
import { createTestApp } from '../../support/test-app';
import { firstFault } from '../../support/verified-books';

// So that their functions can be replaced by wrong ones.
jest.mock('../../../src/programme/earning/award', () => ({ __esModule: true, ...jest.requireActual('../../../src/programme/earning/award') }));
jest.mock('../../../src/ledger/ledger/internal/decide/apply-dates', () => ({
  __esModule: true,
  ...jest.requireActual('../../../src/ledger/ledger/internal/decide/apply-dates'),
}));

let shop: ShopCoalition;
let fuel: Till;
let ana: Awaited<ReturnType<Till['enrol']>>;

afterEach(() => shop.close());
afterEach(() => jest.restoreAllMocks());

async function open(availability: Record<string, unknown>, options: ShopOptions = {}): Promise<void> {
  shop = await createShopCoalition({ now: new Date('2026-03-01T12:00:00Z'), timeZone: 'Europe/Berlin', ...options });
  fuel = await shop.brand('FUEL');
  ana = await fuel.enrol('ana');
  await setAvailability(availability);
}

function setAvailability(availability: Record<string, unknown>) {
  const rule = { idempotencyKey: 'rule', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date('2026-01-01'), availability };
  return setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse(rule));
}

const at = (instant: string) => shop.clock.set(new Date(instant));
const buy = (amount: string, more = {}) => recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, amount, more));
const giveBack = (purchaseId: Uuid, quantity: string, more = {}) =>
  recordReturn(shop.app, fuel.principal, returnOf(purchaseId, [{ lineNo: 1, quantity }], more));
const confirm = (purchaseId: Uuid, idempotencyKey = 'confirm', occurredAt: Date | null = null) =>
  confirmPurchase(shop.app, fuel.principal, { idempotencyKey, purchaseId, occurredAt });
const balance = async () => ((await readWalletBalances(shop.app, fuel.principal, ana.memberId)) ?? [])[0];
const awardOf = async (purchaseId: Uuid) => (await findPurchase(shop.app, fuel.principal, purchaseId)).award;
const rows = async (sql: string, values: unknown[] = []) => (await shop.database.owner.query(sql, values)).rows;
const clawbacks = () => rows("SELECT amount::int AS points FROM transfer WHERE code = 'CLAWBACK' ORDER BY recorded_at, id");

it('a return of what waits to be confirmed is cancelled until it is too late to confirm', async () => {
  await open({ kind: 'ON_EVENT', days: 30 });
  const undo = (returnId: Uuid) => cancelReturn(shop.app, fuel.principal, cancelReturnSchema.parse({ idempotencyKey: returnId, returnId }));
  const [before, after, late] = [await buy('100'), await buy('100'), await buy('100')];
  const first = await giveBack(before.purchaseId, '0.5');
  expect(await undo(first.returnId)).toMatchObject({ pointsGivenBack: 50, balance: { active: 0, pending: 300 } });
  expect(await confirm(before.purchaseId)).toMatchObject({ points: 100, balance: { active: 100 } });
  const second = await giveBack(after.purchaseId, '0.5');
  expect(await confirm(after.purchaseId, 'again')).toMatchObject({ points: 50, balance: { active: 150 } });
  expect(await undo(second.returnId)).toMatchObject({ pointsGivenBack: 50, balance: { active: 200, pending: 100 } });
  const third = await giveBack(late.purchaseId, '0.5');
  at('2026-04-02T12:00:00Z');
  await cancelAwards(shop.app);
  await expect(undo(third.returnId)).rejects.toMatchObject({ code: 'AWARD_CANCELLED' });
  expect(await firstFault(shop)).toBeUndefined();
});

describe('points that can be spent later', () => {
  it('wait so many days', async () => {
    await open({ kind: 'DELAY', days: 14 }, { expiry: { kind: 'ROLLING', months: 3, rounding: 'NONE' } });
    const bought = await buy('100');
    expect(bought).toMatchObject({ availableOn: '2026-03-15', confirmBy: null, expiresOn: '2026-06-01', balance: { active: 0, pending: 100 } });
    expect((await balance()).pendingPoints).toEqual([{ points: 100, availableOn: '2026-03-15', confirmBy: null }]);
    expect(await awardOf(bought.purchaseId)).toEqual({ state: 'PENDING', availableOn: '2026-03-15', confirmBy: null });
    at('2026-03-14T22:59:59Z');
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 1))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    at('2026-03-14T23:00:00Z');
    expect((await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 100))).balance?.active).toBe(0);
    expect(await awardOf(bought.purchaseId)).toMatchObject({ state: 'AVAILABLE' });
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('never end before they begin', async () => {
    await open({ kind: 'DELAY', days: 90 }, { expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
    expect(await buy('100')).toMatchObject({ availableOn: '2026-05-30', expiresOn: '2026-06-30' });
    await shop.close();
    await open({ kind: 'DELAY', days: 90 }, { expiry: { kind: 'SLIDING', months: 1 } });
    await buy('100');
    at('2026-06-29T12:00:00Z');
    expect((await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 100))).balance?.active).toBe(0);
  });

  it('begin on a date', async () => {
    await open({ kind: 'FIXED_DATE', date: '2026-04-01' });
    expect(await buy('10')).toMatchObject({ availableOn: '2026-04-01', balance: { pending: 10 } });
    at('2026-04-01T00:00:00Z');
    expect(await buy('5')).toMatchObject({ availableOn: null, balance: { pending: 0, active: 15 } });
    expect(await rows('SELECT count(*)::int AS awards FROM purchase_award')).toEqual([{ awards: 1 }]);
  });
});

const ON_EVENT = { kind: 'ON_EVENT', days: 10 };
const ROLLING = { expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } } as const;
const LINES_OF_TEN = { lines: [{ sku: 'THING', category: 'goods', quantity: '10', unitPrice: '10' }] };

async function takenBackOnce(): Promise<void> {
  await open(ON_EVENT, ROLLING);
  const bought = await buy('100');
  await setRuleOnce('IMMEDIATE');
  await buy('30');
  at('2026-03-11T23:00:00Z');
  expect(await balance()).toMatchObject({ active: 30, pending: 0, arrears: 0, pendingPoints: [] });
  expect(await awardOf(bought.purchaseId)).toMatchObject({ state: 'CANCELLED' });
  const before = await shop.written();
  await expect(confirm(bought.purchaseId)).rejects.toMatchObject({ code: 'AWARD_CANCELLED', fields: { deadline: '2026-03-11' } });
  // In time by the till's clock, and told too late.
  await expect(confirm(bought.purchaseId, 'told late', new Date('2026-03-11T22:00:00Z'))).rejects.toMatchObject({ code: 'AWARD_CANCELLED' });
  expect(await shop.written()).toEqual(before);
  // Weeks late, in two processes at once, and again.
  at('2026-04-20T12:00:00Z');
  await expirePoints(shop.app);
  const other = await createTestApp({ database: shop.database, now: shop.clock.now() });
  const cancelled = await Promise.all([cancelAwards(shop.app), cancelAwards(other.app)]);
  await other.close();
  expect(cancelled.reduce((sum, n) => sum + n, 0)).toBe(1);
  expect(await cancelAwards(shop.app)).toBe(0);
  expect(await clawbacks()).toEqual([{ points: 100 }]);
  expect(await balance()).toMatchObject({ active: 30, pending: 0, arrears: 0 });
  await expect(confirm(bought.purchaseId, 'later')).rejects.toMatchObject({ code: 'AWARD_CANCELLED' });
  expect(await firstFault(shop)).toBeUndefined();
}

async function takenBackBesideWhatExpires(): Promise<void> {
  await open({ kind: 'IMMEDIATE' }, { now: new Date('2026-02-10T12:00:00Z'), expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
  await buy('30');
  at('2026-02-20T12:00:00Z');
  await setRuleOnce('ON_EVENT', 10);
  await buy('100');
  at('2026-03-12T12:00:00Z');
  await expirePoints(shop.app);
  expect(await rows("SELECT amount::int AS points FROM transfer WHERE code = 'EXPIRY'")).toEqual([{ points: 30 }]);
  await cancelAwards(shop.app);
  expect(await clawbacks()).toEqual([{ points: 100 }]);
  expect(await balance()).toMatchObject({ active: 0, pending: 0, arrears: 0 });
  expect(await firstFault(shop)).toBeUndefined();
}

/** `sent`: what the worker's request is by then. */
async function confirmedInTheLastSecond(sent = (request: PostingRequest) => request): Promise<void> {
  await open(ON_EVENT, ROLLING);
  const bought = await buy('100');
  at('2026-03-11T22:59:59Z');
  const other = await createTestApp({ database: shop.database, now: new Date('2026-03-11T23:00:01Z') });
  const { ledger } = other.app;
  const slow = {
    ...other.app,
    ledger: Object.assign(Object.create(ledger), { post: (request: PostingRequest) => confirm(bought.purchaseId).then(() => ledger.post(sent(request))) }),
  };
  await cancelAwards(slow).finally(() => other.close());
  expect(await clawbacks()).toEqual([]);
  expect(await balance()).toMatchObject({ active: 100 });
  expect(await firstFault(shop)).toBeUndefined();
}

async function givenBackInPart(): Promise<void> {
  await open(ON_EVENT, ROLLING);
  const [kept, lost] = [await buy('100', LINES_OF_TEN), await buy('100', LINES_OF_TEN)];
  for (const { purchaseId } of [kept, lost]) expect(await giveBack(purchaseId, '3')).toMatchObject({ clawedBack: 30, pointsKept: 70 });
  expect(await balance()).toMatchObject({ active: 0, pending: 140, arrears: 0 });
  expect(await confirm(kept.purchaseId)).toMatchObject({ points: 70, balance: { active: 70, pending: 70 } });
  at('2026-03-20T12:00:00Z');
  // Late worker: what comes back of the one that was not confirmed takes no other points.
  expect(await giveBack(lost.purchaseId, '2')).toMatchObject({ clawedBack: 0, pointsKept: 0, balance: { active: 70, arrears: 0 } });
  expect(await cancelAwards(shop.app)).toBe(1);
  expect(await giveBack(lost.purchaseId, '5')).toMatchObject({ clawedBack: 0, pointsKept: 0 });
  expect(await giveBack(kept.purchaseId, '7')).toMatchObject({ clawedBack: 70, pointsKept: 0, balance: { active: 0, arrears: 0 } });
  expect(await clawbacks()).toEqual([{ points: 30 }, { points: 30 }, { points: 70 }, { points: 70 }]);
  expect(await firstFault(shop)).toBeUndefined();
}

describe('points that wait to be confirmed', () => {
  it('expire as if they had been spendable since the purchase', async () => {
    await open(ON_EVENT, ROLLING);
    const bought = await buy('100');
    expect(bought).toMatchObject({ availableOn: null, confirmBy: '2026-03-11', expiresOn: '2027-03-01', balance: { active: 0, pending: 100 } });
    expect((await balance()).pendingPoints).toEqual([{ points: 100, availableOn: null, confirmBy: '2026-03-11' }]);
    expect((await balance()).nextExpiries).toEqual([]);
    at('2026-03-11T22:59:59Z');
    const confirmed = await confirm(bought.purchaseId);
    expect(confirmed).toMatchObject({ points: 100, expiresOn: '2027-03-01', duplicate: false, balance: { active: 100, pending: 0 } });
    expect(await confirm(bought.purchaseId)).toMatchObject({ points: 100, duplicate: true });
    await expect(confirm(bought.purchaseId, 'again')).rejects.toMatchObject({ code: 'AWARD_CONFIRMED' });
    expect(await awardOf(bought.purchaseId)).toEqual({ state: 'CONFIRMED', availableOn: null, confirmBy: '2026-03-11' });
    at('2026-05-01T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(0);
    expect(await clawbacks()).toEqual([]);
    expect((await balance()).nextExpiries).toEqual([{ on: '2027-03-01', points: 100 }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('are confirmed by the day on which it was told', async () => {
    await open(ON_EVENT, ROLLING);
    const bought = await buy('100');
    at('2026-03-11T22:58:30Z');
    expect(await confirm(bought.purchaseId, 'ahead', new Date('2026-03-11T23:01:30Z'))).toMatchObject({
      points: 100,
      confirmedAt: '2026-03-11T23:01:30.000Z',
      balance: { active: 100, pending: 0 },
    });
    at('2026-03-20T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(0);
    expect(await balance()).toMatchObject({ active: 100, nextExpiries: [{ on: '2027-03-01', points: 100 }] });
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('are taken back once, when their deadline has passed', takenBackOnce);

  it('are taken back beside points that expire', takenBackBesideWhatExpires);

  it('are kept when they are confirmed in the last second', () => confirmedInTheLastSecond());

  it('are given back in part before they are confirmed or cancelled', givenBackInPart);

  it('are not there to confirm when all of the purchase came back', async () => {
    await open(ON_EVENT);
    const all = await buy('100');
    await giveBack(all.purchaseId, '1');
    await expect(confirm(all.purchaseId)).rejects.toMatchObject({ code: 'NO_PENDING_AWARD' });
    await setRuleOnce('IMMEDIATE');
    const atOnce = await buy('100');
    await expect(confirm(atOnce.purchaseId, 'at once')).rejects.toMatchObject({ code: 'NO_PENDING_AWARD' });
    expect(await awardOf(atOnce.purchaseId)).toEqual({ state: 'AVAILABLE', availableOn: null, confirmBy: null });
    const other = await shop.brand('TAXI');
    await expect(confirmPurchase(shop.app, other.principal, { idempotencyKey: 'x', purchaseId: all.purchaseId, occurredAt: null })).rejects.toThrow(NotFound);
  });

  it('fill arrears once they are confirmed, and not before', async () => {
    await open({ kind: 'IMMEDIATE' });
    const spent = await buy('50');
    await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 50));
    expect((await giveBack(spent.purchaseId, '1')).balance).toMatchObject({ arrears: 50 });
    await setRuleOnce('ON_EVENT', 10);
    const bought = await buy('80');
    expect(bought.balance).toMatchObject({ arrears: 50, pending: 80 });
    at('2026-03-20T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(1);
    expect(await balance()).toMatchObject({ active: 0, pending: 0, arrears: 50 });
    const confirmed = await buy('80');
    expect(await confirm(confirmed.purchaseId)).toMatchObject({ points: 80, balance: { active: 30, arrears: 0 } });
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('told of after their deadline, are taken back at the next look', async () => {
    await open(ON_EVENT, ROLLING);
    at('2026-05-01T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(0);
    const late = await buy('100', { occurredAt: new Date('2026-03-02T12:00:00Z') });
    expect(await balance()).toMatchObject({ active: 0, pending: 0 });
    await expect(confirm(late.purchaseId)).rejects.toMatchObject({ code: 'AWARD_CANCELLED' });
    expect(await cancelAwards(shop.app)).toBe(1);
    expect(await clawbacks()).toEqual([{ points: 100 }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('are taken back from all others where one cannot be', async () => {
    await open(ON_EVENT, ROLLING);
    const ben = await fuel.enrol('ben');
    const bought = await buy('100');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '7'));
    const { post } = shop.app.ledger;
    const broken = jest.spyOn(shop.app.ledger, 'post').mockImplementation(async (request) => {
      if (request.loads.transfers?.length && request.loads.wallets[0] === bought.balance?.account) throw new Error('not now');
      return post.call(shop.app.ledger, request);
    });
    at('2026-03-20T12:00:00Z');
    for (const _ of ['once', 'and again'])
      await expect(cancelAwards(shop.app)).rejects.toThrow(`awards that could not be taken back: 1; first of purchase ${bought.purchaseId}: not now`);
    expect(await clawbacks()).toEqual([{ points: 7 }]);
    broken.mockRestore();
    at('2026-04-20T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(1);
    expect(await clawbacks()).toEqual([{ points: 7 }, { points: 100 }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('keep their wallet from sliding away before their deadline', async () => {
    await open({ kind: 'ON_EVENT', days: 90 }, { expiry: { kind: 'SLIDING', months: 1 } });
    const bought = await buy('100');
    at('2026-05-29T12:00:00Z');
    expect((await confirm(bought.purchaseId)).balance).toMatchObject({ active: 100 });
    expect(await firstFault(shop)).toBeUndefined();
  });
});

describe('a seeded fault turns it red', () => {
  const untilTheWorkerComes = () => jest.spyOn(award, 'isTakenBack').mockImplementation((counter) => counter === award.CANCELLED);

  it('a late return counts an award whose deadline has passed', async () => {
    untilTheWorkerComes();
    await expect(givenBackInPart()).rejects.toThrow(/clawedBack/);
  });

  it('a confirmation looks only for the booking of the worker, not at the deadline', async () => {
    untilTheWorkerComes();
    await expect(takenBackOnce()).rejects.toThrow(/AWARD_CANCELLED/);
  });

  it('expiry takes awards', async () => {
    const { end, endLots } = jest.requireActual<typeof applyDates>('../../../src/ledger/ledger/internal/decide/apply-dates');
    jest.spyOn(applyDates, 'end').mockImplementation((posting, step) => {
      end(posting, step);
      const wallet = posting.wallet(step.account);
      const [{ to }] = step.ends;
      const awards = wallet.lots.filter((lot) => lot.availableOn === NEVER && lot.expiresOn <= posting.dayIn(wallet));
      const points = awards.reduce((sum, lot) => sum + lot.remaining, 0);
      if (points > 0) endLots(posting, wallet, awards, points, { id: newUuid(), to, code: step.code });
    });
    await expect(takenBackBesideWhatExpires()).rejects.toThrow(/"points": 100/);
  });

  it('a cancellation does not look whether the award was confirmed meanwhile', async () => {
    const unlooked = (request: PostingRequest): PostingRequest => ({
      ...request,
      plan: (view) => request.plan(Object.create(view, { counter: { value: () => 0 } })),
    });
    await expect(confirmedInTheLastSecond(unlooked)).rejects.toThrow(/award_resolution_pkey/);
  });
});

/** Another version of the rule, in force from now on. */
async function setRuleOnce(kind: string, days?: number): Promise<void> {
  const effectiveFrom = shop.clock.now();
  const rule = { idempotencyKey: `${kind} ${effectiveFrom.toISOString()}`, currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom };
  await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind, days } }));
}
