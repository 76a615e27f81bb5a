import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { captureHold } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;

afterEach(() => shop.close());

async function open(options: Parameters<typeof createShopCoalition>[0]): Promise<void> {
  shop = await createShopCoalition({ now: new Date('2026-01-15T12:00:00Z'), ...options });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
}

const rows = async (sql: string, values: unknown[] = []) => (await shop.database.owner.query(sql, values)).rows;
const expired = () =>
  rows(
    `SELECT b.code, t.amount::int AS points FROM transfer t JOIN account a ON a.id = t.credit_account JOIN brand b ON b.id = a.owner_id
     WHERE t.code = 'EXPIRY' AND a.kind = 'EXPIRED' ORDER BY b.code, t.id`,
  );
const at = (instant: string) => shop.clock.set(new Date(instant));

describe('booking what has expired', () => {
  it('waits for the local midnight and late tills', async () => {
    await open({ expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' }, timeZone: 'America/New_York' });
    const ana = await fuel.enrol('ana');
    expect((await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'))).expiresOn).toBe('2026-02-15');
    at('2026-02-15T04:59:59.999Z');
    expect(await expirePoints(shop.app)).toEqual({ accounts: 0, more: false });
    const burn = await redeemPoints(shop.app, taxi.principal, spendingOf((await linked(ana.memberId)).ref, 10));
    expect(burn.balance?.active).toBe(90);
    at('2026-02-15T05:00:00Z');
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 1))).rejects.toMatchObject({
      code: 'INSUFFICIENT_POINTS',
      fields: { available: 0 },
    });
    expect(await expirePoints(shop.app)).toEqual({ accounts: 0, more: false });
    // A till tells a minute later what happened a minute before midnight.
    at('2026-02-15T05:00:30Z');
    await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 20, { occurredAt: new Date('2026-02-15T04:59:30Z') }));
    at('2026-02-15T05:15:00Z');
    expect(await expirePoints(shop.app)).toEqual({ accounts: 1, more: false });
    expect(await expirePoints(shop.app)).toEqual({ accounts: 0, more: false });
    expect(await expired()).toEqual([{ code: 'FUEL', points: 70 }]);
    expect(await rows("SELECT occurred_at FROM transfer WHERE code = 'EXPIRY'")).toEqual([{ occurred_at: new Date('2026-02-15T05:00:00Z') }]);
    expect(await rows('SELECT * FROM lot')).toEqual([]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it("books each issuer's points to that issuer", async () => {
    await open({ expiry: { kind: 'FIXED_DATE', monthDay: '06-30' } });
    const ana = await fuel.enrol('ana');
    const there = await linked(ana.memberId);
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    await recordPurchase(shop.app, taxi.principal, purchaseOf(there.ref, '40'));
    at('2026-06-30T12:00:00Z');
    // Earned on the last day: it lives until the next year's.
    await recordPurchase(shop.app, taxi.principal, purchaseOf(there.ref, '7'));
    at('2026-07-01T01:00:00Z');
    expect((await expirePoints(shop.app)).accounts).toBe(1);
    expect(await expired()).toEqual([
      { code: 'FUEL', points: 100 },
      { code: 'TAXI', points: 40 },
    ]);
    expect(await rows('SELECT remaining::int, expires_on::text FROM lot')).toEqual([{ remaining: 7, expires_on: '2027-07-01' }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('leaves held points to their hold', async () => {
    await open({ expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
    const ana = await fuel.enrol('ana');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    at('2026-02-14T23:00:00Z');
    const hold = await holdPoints(shop.app, fuel.principal, spendingOf(ana.ref, 60));
    at('2026-02-15T01:00:00Z');
    expect((await expirePoints(shop.app)).accounts).toBe(1);
    expect(await expired()).toEqual([{ code: 'FUEL', points: 40 }]);
    await captureHold(shop.app, fuel.principal, { idempotencyKey: 'c', redemptionId: hold.redemptionId, points: 50, occurredAt: null } as never);
    expect((await expirePoints(shop.app)).accounts).toBe(0);
    at('2026-03-16T23:59:59Z');
    expect((await expirePoints(shop.app)).accounts).toBe(0);
    at('2026-03-17T01:00:00Z');
    expect((await expirePoints(shop.app)).accounts).toBe(1);
    expect(await expired()).toEqual([
      { code: 'FUEL', points: 40 },
      { code: 'FUEL', points: 10 },
    ]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('books each missed day once, however many workers there are', async () => {
    await open({ expiry: { kind: 'ROLLING', months: 1, rounding: 'NONE' } });
    const members = await Promise.all(Array.from({ length: 20 }, (_, i) => fuel.enrol(`member ${i}`)));
    for (const day of [15, 16, 17]) {
      at(`2026-01-${day}T12:00:00Z`);
      await Promise.all(members.map((member) => recordPurchase(shop.app, fuel.principal, purchaseOf(member.ref, String(day)))));
    }
    at('2026-03-01T12:00:00Z');
    const runs = await Promise.all([1, 2, 3].map(() => expirePoints(shop.app)));
    expect(runs.reduce((sum, { accounts }) => sum + accounts, 0)).toBe(20);
    expect((await expired()).reduce((sum, { points }) => sum + points, 0)).toBe(20 * 48);
    expect(await rows('SELECT * FROM lot')).toEqual([]);
    // Each day's points ended at its own midnight, in the month before; they were booked now.
    expect(
      await rows(
        "SELECT occurred_at AS at, recorded_at AS booked, sum(amount)::int AS points FROM transfer WHERE code = 'EXPIRY' GROUP BY occurred_at, recorded_at ORDER BY 1",
      ),
    ).toEqual([15, 16, 17].map((day) => ({ at: new Date(`2026-02-${day}T00:00:00Z`), booked: shop.clock.now(), points: 20 * day })));
    expect(await firstFault(shop)).toBeUndefined();
  });
});

describe('expiry by inactivity', () => {
  const SLIDING = { expiry: { kind: 'SLIDING', months: 6 } } as const;

  it('lets the wallet live from each earn, burn, hold and capture', async () => {
    await open(SLIDING);
    const ana = await fuel.enrol('ana');
    const slidesUntil = async () => (await rows('SELECT slides_until::text AS day FROM account WHERE guarded'))[0].day;
    const earned = await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    expect(earned.expiresOn).toBeNull();
    expect(await slidesUntil()).toBe('2026-07-15');
    at('2026-02-20T12:00:00Z');
    const burn = await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 10));
    expect(await slidesUntil()).toBe('2026-08-20');
    at('2026-03-20T12:00:00Z');
    const hold = await holdPoints(shop.app, fuel.principal, spendingOf(ana.ref, 10));
    expect(await slidesUntil()).toBe('2026-09-20');
    at('2026-03-21T12:00:00Z');
    await captureHold(shop.app, fuel.principal, { idempotencyKey: 'c', redemptionId: hold.redemptionId, points: null, occurredAt: null } as never);
    expect(await slidesUntil()).toBe('2026-09-21');
    at('2026-04-20T12:00:00Z');
    await refundRedemption(shop.app, fuel.principal, { idempotencyKey: 'r', redemptionId: burn.redemptionId, points: null, occurredAt: null } as never);
    // A basket that earns nothing is no activity either.
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '0'));
    expect(await slidesUntil()).toBe('2026-09-21');
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('ends all points together, for good', async () => {
    await open(SLIDING);
    const ana = await fuel.enrol('ana');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    at('2026-07-14T23:59:59Z');
    expect((await redeemPoints(shop.app, fuel.principal, { ...spendingOf(ana.ref, 1), dryRun: true })).balance?.active).toBe(99);
    at('2026-07-15T00:00:00Z');
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 1))).rejects.toMatchObject({
      code: 'INSUFFICIENT_POINTS',
      fields: { available: 0 },
    });
    const again = await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '5'));
    expect(again.balance).toMatchObject({ active: 5, spendable: 5 });
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 6))).rejects.toMatchObject({ fields: { available: 5 } });
    at('2026-07-15T01:00:00Z');
    expect((await expirePoints(shop.app)).accounts).toBe(1);
    expect(await expired()).toEqual([{ code: 'FUEL', points: 100 }]);
    expect(await rows('SELECT slides_until::text AS day FROM account WHERE guarded')).toEqual([{ day: '2027-01-15' }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('is booked by the worker when nobody comes back', async () => {
    await open(SLIDING);
    const ana = await fuel.enrol('ana');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    const ben = await fuel.enrol('ben');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '10'));
    await redeemPoints(shop.app, fuel.principal, spendingOf(ben.ref, 10));
    at('2026-09-01T01:00:00Z');
    expect((await expirePoints(shop.app)).accounts).toBe(1);
    expect(await expired()).toEqual([{ code: 'FUEL', points: 100 }]);
    expect(await rows("SELECT count(*)::int AS left FROM account WHERE guarded AND slides_until < 'infinity'")).toEqual([{ left: 0 }]);
    // The next activity winds the clock again.
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '3'));
    expect(await rows("SELECT slides_until::text AS day FROM account WHERE guarded AND slides_until < 'infinity'")).toEqual([{ day: '2027-03-01' }]);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('gives points that come back into a lapsed wallet their days of grace', async () => {
    await open(SLIDING);
    const ana = await fuel.enrol('ana');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '100'));
    const burn = await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 30));
    at('2026-08-01T12:00:00Z');
    const refund = await refundRedemption(shop.app, fuel.principal, {
      idempotencyKey: 'r',
      redemptionId: burn.redemptionId,
      points: null,
      occurredAt: null,
    } as never);
    expect(refund.balance).toMatchObject({ active: 30, spendable: 30 });
    at('2026-08-30T23:59:59Z');
    await redeemPoints(shop.app, fuel.principal, { ...spendingOf(ana.ref, 30), dryRun: true });
    at('2026-08-31T01:00:00Z');
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 1))).rejects.toMatchObject({ fields: { available: 0 } });
    await expirePoints(shop.app);
    expect((await expired()).reduce((sum, { points }) => sum + points, 0)).toBe(100);
    expect(await firstFault(shop)).toBeUndefined();
  });

  it('gives them no more when the worker has cleared the empty wallet away', async () => {
    await open(SLIDING);
    const people = householdsOf(shop, fuel);
    await people.allowGifts();
    const [ana, cem, ben] = [await people.person(100), await people.person(100), await people.person()];
    const [ofAna, ofCem] = [
      await redeemPoints(shop.app, fuel.principal, spendingOf(ana.card, 100)),
      await redeemPoints(shop.app, fuel.principal, spendingOf(cem.card, 100)),
    ];
    const refund = ({ redemptionId }: typeof ofAna) =>
      refundRedemption(shop.app, fuel.principal, refundRedemptionSchema.parse({ idempotencyKey: redemptionId, redemptionId, points: 30n }));
    at('2026-05-01T12:00:00Z');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '9'));
    at('2026-07-20T12:00:00Z');
    await expirePoints(shop.app);
    await givePoints(shop.app, ben.self, giftOf(cem.card, 9));
    at('2026-08-01T12:00:00Z');
    await refund(ofAna);
    await refund(ofCem);
    const left = async (who: typeof ana) =>
      ((await redeemPoints(shop.app, fuel.principal, { ...spendingOf(who.card, 1), dryRun: true })).balance?.active ?? -2) + 1;
    at('2026-08-30T12:00:00Z');
    expect([await left(ana), await left(cem)]).toEqual([30, 39]);
    at('2026-08-31T12:00:00Z');
    await expect(left(ana)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    // The gift has the day that it had with its giver, and the wallet with it; what came back has not.
    at('2026-10-31T12:00:00Z');
    expect(await left(cem)).toBe(9);
    at('2026-11-01T12:00:00Z');
    await expect(left(cem)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    expect(await firstFault(shop)).toBeUndefined();
  });
});

/** The member as TAXI knows it. */
async function linked(memberId: string) {
  await rows(
    "INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES ($1, $2, $3, 'PRESENTED', now(), now(), 'LOGIN')",
    [newUuid(), taxi.brandId, memberId],
  );
  return { ref: { by: 'id', memberId } as const };
}
