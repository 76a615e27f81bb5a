import { Client } from 'pg';
import type { Principal } from '../../../src/coalition/access/principal';
import { readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid } from '../../../src/platform/ids';
import { InvalidInput, NotFound, PermissionDenied } from '../../../src/platform/refusal';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { giveNotices } from '../../../src/programme/expiry/give-notices';
import { listExpiryNotices } from '../../../src/programme/expiry/list-notices';
import { readExpiring } from '../../../src/programme/expiry/read-expiring';
import { setExpiryNotices } from '../../../src/programme/expiry/set-expiry-notices';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, type ShopOptions, spendingOf, type Till } from '../../support/shop-coalition';
import { createTestApp } from '../../support/test-app';

let shop: ShopCoalition;
let fuel: Till;
let ana: Awaited<ReturnType<Till['enrol']>>;

afterEach(() => shop.close());
afterEach(() => jest.restoreAllMocks());

async function open(options: ShopOptions = { expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } }): Promise<void> {
  shop = await createShopCoalition({ now: new Date('2026-01-10T12:00:00Z'), ...options });
  fuel = await shop.brand('FUEL');
  ana = await fuel.enrol('ana');
}

const at = (instant: string) => shop.clock.set(new Date(instant));
const buy = (amount: string) => recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, amount));
const operator = (): Principal => ({ kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true });
const member = (): Principal => ({ kind: 'member', memberId: ana.memberId, brandId: null });
const noticesFor = async (principal: Principal) =>
  (await listExpiryNotices(shop.app, principal, { memberId: null, limit: 100, before: null })).map(({ points, on, days }) => ({ points, on, days })).reverse();

async function givenOnce(): Promise<void> {
  await open();
  await Promise.all([buy('100'), (async () => recordPurchase(shop.app, fuel.principal, purchaseOf((await fuel.enrol('ben')).ref, '7')))()]);
  // 60 and 30 days before were missed.
  at('2027-01-05T12:00:00Z');
  const other = await createTestApp({ database: shop.database, now: shop.clock.now() });
  const given = await Promise.all([giveNotices(shop.app), giveNotices(other.app)]);
  await other.close();
  expect(given.reduce((sum, n) => sum + n, 0)).toBe(2);
  // Killed before it could say that it was done.
  await shop.database.owner.query('DELETE FROM expiry_progress');
  expect(await giveNotices(shop.app)).toBe(0);
  expect(await noticesFor(operator())).toEqual(
    expect.arrayContaining([
      { points: 100, on: '2027-01-10', days: 7 },
      { points: 7, on: '2027-01-10', days: 7 },
    ]),
  );
}

async function toldOfASlide(): Promise<void> {
  await open({ expiry: { kind: 'SLIDING', months: 3 } });
  await buy('100');
  at('2026-03-12T12:00:00Z');
  expect(await giveNotices(shop.app)).toBe(1);
  expect(await readExpiring(shop.app, member(), ana.memberId, 60)).toEqual([{ currency: 'FLP', on: '2026-04-10', points: 100 }]);
  await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 10));
  expect(await readExpiring(shop.app, member(), ana.memberId, 60)).toEqual([]);
  at('2026-05-14T12:00:00Z');
  expect(await giveNotices(shop.app)).toBe(1);
  expect(await noticesFor(member())).toEqual([
    { points: 100, on: '2026-04-10', days: 30 },
    { points: 90, on: '2026-06-12', days: 30 },
  ]);
}

describe('notices of points that are about to expire', () => {
  it('are given once at each threshold', async () => {
    await open();
    await buy('100');
    at('2026-11-10T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(0);
    at('2026-11-11T00:00:01Z');
    expect(await giveNotices(shop.app)).toBe(1);
    expect(await giveNotices(shop.app)).toBe(0);
    at('2026-12-11T12:00:00Z');
    await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 40));
    expect(await giveNotices(shop.app)).toBe(1);
    at('2027-01-03T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(1);
    at('2027-01-10T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(0);
    expect(await noticesFor(member())).toEqual([
      { points: 100, on: '2027-01-10', days: 60 },
      { points: 60, on: '2027-01-10', days: 30 },
      { points: 60, on: '2027-01-10', days: 7 },
    ]);
  });

  it('are given once by workers at once, killed or late', givenOnce);

  it('follow the thresholds that the operator sets', async () => {
    await open();
    await buy('100');
    await setExpiryNotices(shop.app, operator(), { currency: 'FLP', days: [90, 1], reason: null });
    at('2026-10-12T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(1);
    at('2027-01-03T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(0);
    at('2027-01-09T12:00:00Z');
    expect(await giveNotices(shop.app)).toBe(1);
    await setExpiryNotices(shop.app, operator(), { currency: 'FLP', days: [], reason: null });
    await expect(setExpiryNotices(shop.app, fuel.principal, { currency: 'FLP', days: [], reason: null })).rejects.toThrow(PermissionDenied);
    expect((await shop.database.owner.query("SELECT details->>'days' AS days FROM audit_entry ORDER BY at, id")).rows).toEqual(
      expect.arrayContaining([{ days: '90, 1' }, { days: '' }]),
    );
  });

  it('tell of a wallet that slides', toldOfASlide);

  it('are seen by the member, linked brands and the operator', async () => {
    await open();
    const taxi = await shop.brand('TAXI');
    await buy('100');
    at('2026-12-11T12:00:00Z');
    await giveNotices(shop.app);
    const notice = [{ points: 100, on: '2027-01-10', days: 30 }];
    for (const principal of [member(), fuel.principal, operator()]) expect(await noticesFor(principal)).toEqual(notice);
    expect(await noticesFor(taxi.principal)).toEqual([]);
    expect(await noticesFor({ kind: 'member', memberId: (await taxi.enrol('eve')).memberId, brandId: null })).toEqual([]);
    await shop.database.owner.query('UPDATE brand_link SET unlinked_at = now() WHERE brand_id = $1', [fuel.brandId]);
    expect(await noticesFor(fuel.principal)).toEqual([]);
    await expect(readExpiring(shop.app, fuel.principal, ana.memberId, 60)).rejects.toThrow(NotFound);
  });
});

describe('a seeded fault turns it red', () => {
  /** Statements that say the one say the other. */
  function misspell(right: string, wrong: string): void {
    const { query } = Client.prototype as { query(this: Client, text: unknown, ...rest: unknown[]): unknown };
    jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, text: unknown, ...rest: unknown[]) {
      return query.call(this, typeof text === 'string' ? text.replace(right, wrong) : text, ...rest);
    } as never);
  }

  it('a notice at each threshold that was missed', async () => {
    misspell('SELECT min(n.days) AS days FROM', 'SELECT n.days FROM');
    await expect(givenOnce()).rejects.toMatchObject({ matcherResult: { actual: 6, expected: 2 } });
  });

  it("ends of lots read without their wallet's", async () => {
    misspell('WHERE least(l.expires_on, a.slides_until) = e.ends_on', 'WHERE l.expires_on = e.ends_on');
    await expect(toldOfASlide()).rejects.toMatchObject({ matcherResult: { actual: 0, expected: 1 } });
  });
});

it('shows what expires in the coming days, a row each day', async () => {
  await open();
  await buy('100');
  at('2026-01-11T12:00:00Z');
  await buy('50');
  at('2027-01-01T12:00:00Z');
  expect(await readExpiring(shop.app, fuel.principal, ana.memberId, 9)).toEqual([{ currency: 'FLP', on: '2027-01-10', points: 100 }]);
  expect(await readExpiring(shop.app, fuel.principal, ana.memberId, 10)).toHaveLength(2);
  await expect(readExpiring(shop.app, fuel.principal, ana.memberId, 0)).rejects.toThrow(InvalidInput);
});

it('leaves out what is held, until the hold ends', async () => {
  await open();
  await buy('100');
  await holdPoints(shop.app, fuel.principal, spendingOf(ana.ref, 40, { expiresAt: new Date('2026-01-17T12:00:00Z') }));
  const look = async () => {
    const [{ active, held, nextExpiries }] = (await readWalletBalances(shop.app, fuel.principal, ana.memberId)) ?? [];
    return { active, held, nextExpiries, expiring: await readExpiring(shop.app, member(), ana.memberId, 400) };
  };
  const ending = (points: number) => ({ nextExpiries: [{ on: '2027-01-10', points }], expiring: [{ currency: 'FLP', on: '2027-01-10', points }] });
  at('2026-01-17T11:59:59Z');
  expect(await look()).toEqual({ active: 60, held: 40, ...ending(60) });
  at('2026-01-17T12:00:00Z');
  expect(await look()).toEqual({ active: 100, held: 0, ...ending(100) });
});
