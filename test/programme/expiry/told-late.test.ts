import { readWalletBalances } from '../../../src/members/members/find-member';
import type { Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { householdsOf, type Person } from '../../support/households';
import { createShopCoalition, purchaseOf, returnOf, type ShopOptions, spendingOf } from '../../support/shop-coalition';
import { faults } from '../../support/verified-books';

/** What a person does on one day after another, and what they are told on the last. */
type Story = (town: Town, person: Person) => AsyncGenerator<void, unknown, void>;
type Town = Awaited<ReturnType<typeof town>>;

async function town(options: ShopOptions) {
  const shop = await createShopCoalition(options);
  const fuel = await shop.brand('FUEL');
  const people = householdsOf(shop, fuel);
  const on = (day: string) => shop.clock.set(new Date(`${day}T12:00:00Z`));
  const { app } = shop;
  const till = fuel.principal;
  const at = (day?: string) => (day === undefined ? {} : { occurredAt: new Date(`${day}T12:00:00Z`) });
  return {
    shop,
    people,
    on,
    earn: ({ ref }: Person, points: number, day?: string) => recordPurchase(app, till, purchaseOf(ref, String(points), at(day))),
    burn: ({ card }: Person, points: number, day?: string, more = {}) => redeemPoints(app, till, spendingOf(card, points, { ...at(day), ...more })),
    hold: ({ card }: Person, points: number, day?: string) => holdPoints(app, till, spendingOf(card, points, at(day))),
    capture: (redemptionId: Uuid) => captureHold(app, till, captureHoldSchema.parse({ idempotencyKey: redemptionId, redemptionId })),
    refund: (redemptionId: Uuid) => refundRedemption(app, till, refundRedemptionSchema.parse({ idempotencyKey: redemptionId, redemptionId })),
    giveBack: (purchaseId: Uuid, day?: string) => recordReturn(app, till, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }], at(day))),
    async balance({ memberId }: Person) {
      const [{ active, pending, held, arrears }] = (await readWalletBalances(app, till, memberId)) ?? [];
      return { active, pending, held, arrears };
    },
  };
}

/** What the stories come to: told on the last of the days, with the worker there before it, or only after it. */
async function outcomes(options: ShopOptions, days: readonly string[], stories: Readonly<Record<string, Story>>, worker: 'before it' | 'after it') {
  const world = await town({ ...options, now: new Date(`${days[0]}T12:00:00Z`) });
  const { shop } = world;
  const running = [];
  for (const [name, story] of Object.entries(stories)) {
    const person = await world.people.person();
    running.push({ name, person, steps: story(world, person), said: undefined as unknown });
  }
  for (const [at, day] of days.entries()) {
    world.on(day);
    if (at === days.length - 1 && worker === 'before it') await expirePoints(shop.app);
    for (const each of running)
      each.said = await each.steps.next().then(
        ({ value }) => value,
        ({ code }) => code,
      );
  }
  await expirePoints(shop.app);
  const found: Record<string, unknown> = {};
  for (const { name, person, said } of running) found[name] = { said, ...(await world.balance(person)) };
  const { rows } = await shop.database.owner.query("SELECT coalesce(sum(amount), 0)::int AS points FROM transfer WHERE code = 'EXPIRY_CANCELLATION'");
  expect(await faults(shop)).toEqual([]);
  await shop.close();
  return { found, cancelled: rows[0].points };
}

/** Both worlds agree; and what was booked in the one was cancelled there, as far as it was used. */
async function expectAgreed(options: ShopOptions, days: readonly string[], stories: Readonly<Record<string, Story>>, expected: Record<string, unknown>) {
  const late = await outcomes(options, days, stories, 'after it');
  expect(late).toEqual({ found: expected, cancelled: 0 });
  const booked = await outcomes(options, days, stories, 'before it');
  expect(booked.found).toEqual(expected);
  return booked.cancelled;
}

const left = (active: number, more = {}) => ({ active, pending: 0, held: 0, arrears: 0, ...more });

it('points that were live when they were used are used, however late it is told', async () => {
  /** 50 points that end on 1 February, and 50 that end on 1 March. */
  const earned = async ({ earn }: Town, person: Person) => earn(person, 50);
  const stories: Record<string, Story> = {
    async *burn(town, person) {
      await earned(town, person);
      yield;
      await town.earn(person, 50);
      yield;
      await town.earn(person, 40);
      return (await town.burn(person, 70, '2026-01-20')).points;
    },
    async *'burn of more than there was'(town, person) {
      await earned(town, person);
      yield;
      yield;
      await town.earn(person, 40);
      return await town.burn(person, 91, '2026-01-20');
    },
    async *'burn, and back again'(town, person) {
      await earned(town, person);
      yield;
      yield;
      const { redemptionId } = await town.burn(person, 30, '2026-01-20');
      return (await town.refund(redemptionId)).points;
    },
    async *hold(town, person) {
      await earned(town, person);
      yield;
      yield;
      const { redemptionId } = await town.hold(person, 30, '2026-01-20');
      return (await town.capture(redemptionId)).points;
    },
    async *'burn from the pool'(town, person) {
      await earned(town, person);
      await town.people.pool(person);
      await town.people.contribute(person, 50);
      yield;
      yield;
      return (await town.burn(person, 20, '2026-01-20', { source: 'POOL' })).points;
    },
    async *return(town, person) {
      const { purchaseId } = await earned(town, person);
      yield;
      await town.earn(person, 50);
      await town.burn(person, 50);
      yield;
      const { clawedBack, expired } = await town.giveBack(purchaseId, '2026-01-20');
      return { clawedBack, expired };
    },
    async *'return after that, when all was over'(town, person) {
      const { purchaseId } = await earned(town, person);
      yield;
      yield;
      const { clawedBack, expired } = await town.giveBack(purchaseId, '2026-03-02');
      return { clawedBack, expired };
    },
  };
  const expiry = { kind: 'ROLLING', months: 1, rounding: 'MONTH' } as const;
  const cancelled = await expectAgreed({ expiry }, ['2025-12-10', '2026-01-10', '2026-03-05'], stories, {
    burn: { said: 70, ...left(40) },
    'burn of more than there was': { said: 'INSUFFICIENT_POINTS', ...left(40) },
    'burn, and back again': { said: 30, ...left(30) },
    hold: { said: 30, ...left(0) },
    'burn from the pool': { said: 20, ...left(0) },
    return: { said: { clawedBack: 50, expired: 0 }, ...left(0) },
    'return after that, when all was over': { said: { clawedBack: 0, expired: 50 }, ...left(0) },
  });
  expect(cancelled).toBe(70 + 30 + 30 + 20 + 50);
});

it('what was done in time keeps a wallet alive, however late it is told', async () => {
  const stories: Record<string, Story> = {
    async *purchase(town, person) {
      await town.earn(person, 100);
      yield;
      yield;
      return (await town.earn(person, 5, '2026-02-08')).points;
    },
    async *burn(town, person) {
      await town.earn(person, 100);
      yield;
      yield;
      return (await town.burn(person, 30, '2026-02-08')).points;
    },
    async *hold(town, person) {
      await town.earn(person, 100);
      yield;
      yield;
      return (await town.hold(person, 30, '2026-02-08')).points;
    },
    async *'purchase, once it had lapsed and lived again'(town, person) {
      await town.earn(person, 100);
      yield;
      await town.earn(person, 7);
      yield;
      return (await town.earn(person, 5, '2026-02-08')).points;
    },
    async *return(town, person) {
      const { purchaseId } = await town.earn(person, 100);
      yield;
      yield;
      const { clawedBack, expired } = await town.giveBack(purchaseId, '2026-02-08');
      return { clawedBack, expired };
    },
    async *'purchase that is over again'(town, person) {
      await town.earn(person, 100, '2025-12-20');
      yield;
      yield;
      return (await town.earn(person, 5, '2026-01-11')).points;
    },
  };
  const cancelled = await expectAgreed({ expiry: { kind: 'SLIDING', months: 1 } }, ['2026-01-10', '2026-02-11', '2026-02-12'], stories, {
    purchase: { said: 5, ...left(105) },
    burn: { said: 30, ...left(70) },
    hold: { said: 30, ...left(70, { held: 30 }) },
    'purchase, once it had lapsed and lived again': { said: 5, ...left(12) },
    return: { said: { clawedBack: 100, expired: 0 }, ...left(0) },
    'purchase that is over again': { said: 5, ...left(0) },
  });
  expect(cancelled).toBe(100 + 100 + 100 + 100 + 100);
});
