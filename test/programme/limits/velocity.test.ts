import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import { listRules } from '../../../src/coalition/rules/list-rules';
import { requireRoom } from '../../../src/coalition/rules/rule-bounds';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { dayFromIso, dayToIso } from '../../../src/ledger/points/calendar';
import { newUuid } from '../../../src/platform/ids';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { endVelocityLimit, endVelocityLimitSchema } from '../../../src/programme/limits/end-velocity-limit';
import { pruneCounters } from '../../../src/programme/limits/prune-counters';
import { VELOCITY_LIMIT } from '../../../src/programme/limits/velocity-limit';
import { windowOf } from '../../../src/programme/limits/window-of-day';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { REDEMPTION_RULE } from '../../../src/programme/redemption/redemption-rule';
import { voidHold } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let operator: Principal;

beforeAll(async () => {
  shop = await createShopCoalition({ now: new Date('2026-03-15T12:00:00Z'), timeZone: 'America/New_York' });
  [fuel, taxi] = [await shop.brand('FUEL'), await shop.brand('TAXI')];
  operator = { kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'OPERATOR', ofOperator: true };
});
afterAll(() => shop.close());

const limit = (given: Record<string, unknown>) =>
  VELOCITY_LIMIT.schema.parse({ idempotencyKey: randomUUID(), currency: 'FLP', act: 'EARN', measure: 'POINTS', window: 'DAY', maximum: 100n, ...given });
/** Sets a limit for the length of a test. */
async function limited(by: Principal, given: Record<string, unknown>, during: (limitId: string) => Promise<void>): Promise<void> {
  const { id } = await setRule(shop.app, by, VELOCITY_LIMIT, limit(given));
  try {
    await during(id);
  } finally {
    await endVelocityLimit(shop.app, by, endVelocityLimitSchema.parse({ limitId: id }));
    shop.clock.advance(1);
  }
}
const earn = (till: Till, ref: Parameters<typeof purchaseOf>[0], amount: number, more = {}) =>
  recordPurchase(shop.app, till.principal, purchaseOf(ref, String(amount), more));
const redeem = (till: Till, ref: Parameters<typeof purchaseOf>[0], points: number, more = {}) => {
  const { expiresAt: _, ...command } = spendingOf(ref, points, more);
  return redeemPoints(shop.app, till.principal, command);
};

describe('a velocity limit', () => {
  test('windows are those of the calendar', () => {
    const window = (name: Parameters<typeof windowOf>[0], day: string) => {
      const { from, to } = windowOf(name, dayFromIso(day));
      return [dayToIso(from), dayToIso(to)];
    };
    expect(window('DAY', '2026-03-15')).toEqual(['2026-03-15', '2026-03-16']);
    expect(window('WEEK', '2026-03-15')).toEqual(['2026-03-09', '2026-03-16']);
    expect(window('WEEK', '2026-03-16')).toEqual(['2026-03-16', '2026-03-23']);
    expect(window('WEEK', '1999-12-31')).toEqual(['1999-12-27', '2000-01-03']);
    expect(window('MONTH', '2026-02-28')).toEqual(['2026-02-01', '2026-03-01']);
    expect(window('YEAR', '2024-12-31')).toEqual(['2024-01-01', '2025-01-01']);
  });

  test('a member earns up to the limit of a day', async () => {
    await limited(fuel.principal, { maximum: 100n }, async (id) => {
      const { ref } = await fuel.enrol();
      expect(await earn(fuel, ref, 70)).toMatchObject({ points: 70, forgone: 0 });
      const before = await shop.written();
      // 31 points are one too many; the day ends at midnight in New York, where clocks are at UTC-4.
      const tooMany = purchaseOf(ref, '31');
      const refusal = {
        code: 'CAP_REACHED',
        fields: { limit: id, act: 'EARN', measure: 'POINTS', window: 'DAY', capMaximum: 100, capLeft: 30, resetsAt: '2026-03-16T04:00:00.000Z' },
      };
      await expect(recordPurchase(shop.app, fuel.principal, tooMany)).rejects.toMatchObject(refusal);
      expect(await shop.written()).toEqual(before);
      // The refusal is the outcome: it is given again, though a new request would be taken.
      expect(await earn(fuel, ref, 30)).toMatchObject({ points: 30 });
      await expect(recordPurchase(shop.app, fuel.principal, tooMany)).rejects.toMatchObject(refusal);
      // Another member, another brand and another day are not held to it.
      const other = await fuel.enrol();
      await earn(fuel, other.ref, 100);
      await earn(taxi, (await taxi.enrol()).ref, 1_000);
      await earn(fuel, ref, 100, { occurredAt: new Date('2026-03-16T03:59:59Z') }).then(
        () => fail('the day is not over in New York'),
        (error) => expect(error.code).toBe('OCCURRED_AT_OUT_OF_RANGE'),
      );
      shop.clock.set(new Date('2026-03-16T04:00:00Z'));
      await earn(fuel, ref, 100);
    });
  });

  test('what is told late counts in the window in which it happened', async () => {
    shop.clock.advance(120_000);
    await limited(fuel.principal, { maximum: 100n }, async () => {
      const { ref } = await fuel.enrol();
      const since = shop.clock.now();
      shop.clock.set(new Date(since.getTime() + 3 * 86_400_000));
      await earn(fuel, ref, 100, { occurredAt: since });
      await expect(earn(fuel, ref, 1, { occurredAt: new Date(since.getTime() + 1_000) })).rejects.toMatchObject({
        code: 'CAP_REACHED',
        fields: { capLeft: 0 },
      });
      expect(await earn(fuel, ref, 100)).toMatchObject({ points: 100 });
      // Before the limit began, nothing was limited.
      expect(await earn(fuel, ref, 500, { occurredAt: new Date(since.getTime() - 60_000) })).toMatchObject({ points: 500 });
    });
  });

  test('a limit that reduces awards what is left', async () => {
    await limited(fuel.principal, { maximum: 50n, whenExceeded: 'REDUCE' }, async () => {
      const { ref } = await fuel.enrol();
      const bought = await earn(fuel, ref, 80);
      expect(bought).toMatchObject({ points: 50, forgone: 30, balance: { active: 50 } });
      expect(await earn(fuel, ref, 10)).toMatchObject({ points: 0, forgone: 10, expiresOn: null });
      const back = await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]));
      expect(back).toMatchObject({ clawedBack: 50 });
      expect(await earn(fuel, ref, 10)).toMatchObject({ points: 0, forgone: 10 });
    });
  });

  test('a limit of times counts each award as one', async () => {
    await limited(fuel.principal, { measure: 'COUNT', maximum: 2n }, async () => {
      const { ref } = await fuel.enrol();
      await earn(fuel, ref, 0.5);
      await earn(fuel, ref, 900);
      await earn(fuel, ref, 1);
      await expect(earn(fuel, ref, 1)).rejects.toMatchObject({ code: 'CAP_REACHED', fields: { measure: 'COUNT', capLeft: 0, capMaximum: 2 } });
    });
  });

  test('holds count when they are placed', async () => {
    const { ref } = await fuel.enrol();
    await earn(fuel, ref, 1_000);
    await limited(taxi.principal, { act: 'REDEEM', window: 'MONTH', maximum: 300n }, async () => {
      // TAXI's own limit says nothing of what is spent at FUEL.
      await redeem(fuel, ref, 400);
    });
    await limited(fuel.principal, { act: 'REDEEM', window: 'MONTH', maximum: 300n }, async () => {
      const held = await holdPoints(shop.app, fuel.principal, spendingOf(ref, 200));
      const before = await shop.written();
      await expect(redeem(fuel, ref, 101)).rejects.toMatchObject({ code: 'CAP_REACHED', fields: { capLeft: 100, resetsAt: '2026-04-01T04:00:00.000Z' } });
      expect(await shop.written()).toEqual(before);
      await voidHold(shop.app, fuel.principal, { idempotencyKey: randomUUID(), redemptionId: held.redemptionId, occurredAt: null });
      await expect(redeem(fuel, ref, 101)).rejects.toMatchObject({ code: 'CAP_REACHED' });
      expect(await redeem(fuel, ref, 100)).toMatchObject({ points: 100 });
    });
  });

  test("the coalition's limit counts what happens at all brands together", async () => {
    await limited(operator, { maximum: 1_000n, brandId: null }, async (id) => {
      const { ref, memberId, walletId } = await fuel.enrol();
      await shop.database.owner.query(
        "INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES ($1, $2, $3, 'LINKED', now(), now(), 'LOGIN')",
        [newUuid(), taxi.brandId, memberId],
      );
      const asked = Array.from({ length: 64 }, (_, i) => earn(i % 2 === 0 ? fuel : taxi, ref, 30));
      const results = await Promise.allSettled(asked);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(33);
      const { rows } = await shop.database.owner.query(
        'SELECT a.credits::int, c.value::int FROM account a JOIN counter c ON c.account_id = a.id AND c.key LIKE $2 WHERE a.owner_id = $1',
        [walletId, `velocity:${id}:%`],
      );
      expect(rows).toEqual([{ credits: 990, value: 990 }]);
      expect((await listRules(shop.app, taxi.principal, VELOCITY_LIMIT, { currency: 'FLP', limit: 10, below: null })).map((each) => each.id)).toContain(id);
      await expect(endVelocityLimit(shop.app, taxi.principal, endVelocityLimitSchema.parse({ limitId: id }))).rejects.toThrow('Velocity limit not found.');
    });
  });

  test('limits are bounded in number', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 20; i++) ids.push((await setRule(shop.app, taxi.principal, VELOCITY_LIMIT, limit({ act: 'GIFT' }))).id);
    await expect(setRule(shop.app, taxi.principal, VELOCITY_LIMIT, limit({ act: 'GIFT' }))).rejects.toMatchObject({
      code: 'TOO_MANY_VERSIONS',
      fields: { maximum: 20 },
    });
    for (const limitId of ids) await endVelocityLimit(shop.app, taxi.principal, endVelocityLimitSchema.parse({ limitId }));
    const end = (endsAt?: Date) => endVelocityLimit(shop.app, taxi.principal, endVelocityLimitSchema.parse({ limitId: ids[0], endsAt }));
    const { endsAt } = await end();
    shop.clock.advance(1_000);
    // It is so already: the same answer. Any other end is another one.
    for (const same of [undefined, endsAt as Date]) expect(await end(same)).toMatchObject({ endsAt });
    await expect(end(new Date(shop.clock.now().getTime() + 1_000))).rejects.toMatchObject({ code: 'LIMIT_ENDED' });
    await expect(setRule(shop.app, taxi.principal, VELOCITY_LIMIT, limit({ effectiveFrom: new Date('2026-01-01') }))).rejects.toThrow(/now or later/);
    await expect(setRule(shop.app, taxi.principal, VELOCITY_LIMIT, limit({ brandId: fuel.brandId }))).rejects.toThrow('Brand not found.');
    await shop.database.owner.query(
      `INSERT INTO redemption_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, minimum, step, effective_from, created_at)
       VALUES ($1, $2, $3, 1000, 'GBP', 1, 1, 1, now(), now())`,
      [newUuid(), taxi.brandId, shop.currencyId],
    );
    const room = (kind: typeof EARNING_RULE | typeof REDEMPTION_RULE) =>
      shop.app.database.transaction({ kind: 'operator' }, ({ client }) => requireRoom(client, kind, taxi.brandId, shop.currencyId, shop.clock.now()));
    await expect(room(REDEMPTION_RULE)).rejects.toMatchObject({ code: 'TOO_MANY_VERSIONS', fields: { maximum: 1_000 } });
    await expect(room(EARNING_RULE)).resolves.toBeUndefined();
  });

  test('what was counted is removed once nothing can be told of those days', async () => {
    const { owner } = shop.database;
    const counters = async () => (await owner.query("SELECT count(*)::int AS n FROM counter WHERE key LIKE 'velocity:%'")).rows[0].n;
    const all = await counters();
    expect(all).toBeGreaterThan(0);
    const { rows } = await owner.query('SELECT account_id FROM counter LIMIT 1');
    await owner.query("INSERT INTO counter VALUES ($1, 'returned:2001-01-01', 1)", [rows[0].account_id]);
    // The terms allow a hundred years.
    expect(await pruneCounters(shop.app)).toBe(0);
    await owner.query('UPDATE terms_version SET backdating_days = 30');
    expect(await pruneCounters(shop.app)).toBe(0);
    shop.clock.advance(398 * 86_400_000);
    expect(await pruneCounters(shop.app)).toBe(all);
    expect(await counters()).toBe(0);
    expect((await owner.query("SELECT FROM counter WHERE key = 'returned:2001-01-01'")).rowCount).toBe(1);
  });
});
