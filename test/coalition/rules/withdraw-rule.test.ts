import { randomUUID } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import { WithdrawnRules1790000000061 } from '../../../migrations/0061-withdrawn-rules';
import { listRules } from '../../../src/coalition/rules/list-rules';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { withdrawRule } from '../../../src/coalition/rules/withdraw-rule';
import { moveTestClock, moveTestClockSchema } from '../../../src/coalition/sandbox/move-test-clock';
import { SandboxClock } from '../../../src/platform/clock';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { VELOCITY_LIMIT } from '../../../src/programme/limits/velocity-limit';
import { GIFT_RULE } from '../../../src/programme/sharing/gift-rule';
import { createShopCoalition, purchaseOf, type ShopCoalition, staffPerson, type Till } from '../../support/shop-coalition';

const NOW = new Date('2026-03-15T12:00:00Z');
const MINUTE_MS = 60_000;
const later = (minutes: number) => new Date(NOW.getTime() + minutes * MINUTE_MS);

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
beforeAll(async () => {
  shop = await createShopCoalition({ now: NOW });
  [fuel, taxi] = [await shop.brand('FUEL'), await shop.brand('TAXI')];
});
beforeEach(() => shop.clock.set(NOW));
afterAll(() => shop.close());

const asked = (effectiveFrom: Date, more: object = {}) => ({ idempotencyKey: randomUUID(), currency: 'FLP', effectiveFrom, ...more });
const set = (effectiveFrom: Date, pointsPerUnit: number, moneyCurrency = 'GBP') =>
  setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse(asked(effectiveFrom, { pointsPerUnit, moneyCurrency })));
const withdraw = (ruleId: Uuid, by = fuel.principal, reason: string | null = null) => withdrawRule(shop.app, by, EARNING_RULE, { ruleId, reason });
const limitOn = (earningRuleId: Uuid) =>
  setRule(
    shop.app,
    fuel.principal,
    VELOCITY_LIMIT,
    VELOCITY_LIMIT.schema.parse({ ...asked(later(60)), act: 'EARN', measure: 'POINTS', window: 'DAY', earningRuleId, maximum: 5n }),
  );
const stored = async () => (await shop.database.owner.query('SELECT id, withdrawn_at FROM earning_rule ORDER BY id')).rows;
const entries = async (operation: string) =>
  (await shop.database.owner.query('SELECT target_id, reason, brand_id FROM audit_entry WHERE operation = $1', [operation])).rows;

test('a version that was withdrawn never comes into force: the one before it goes on', async () => {
  const { ref } = await fuel.enrol();
  const rule = await set(later(60), 7);
  expect(await withdraw(rule.id)).toMatchObject({ id: rule.id, withdrawnAt: NOW });
  shop.clock.set(later(120));
  expect((await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '10'))).points).toBe(10);
});

test('it stays listed, with its number, and the change log says who withdrew it and why', async () => {
  const rule = await set(later(60), 7);
  await withdraw(rule.id, fuel.principal, 'too generous');
  const next = await set(later(61), 2);
  const [newest, withdrawn] = await listRules(shop.app, fuel.principal, EARNING_RULE, { currency: 'FLP', limit: 2, below: null });
  expect(newest).toMatchObject({ id: next.id, version: rule.version + 1, withdrawnAt: null });
  expect(withdrawn).toMatchObject({ id: rule.id, version: rule.version, withdrawnAt: NOW });
  expect(await entries('withdrawEarningRule')).toContainEqual({ target_id: rule.id, reason: 'too generous', brand_id: fuel.brandId });
  await withdraw(next.id);
});

test('withdrawn again, nothing changes', async () => {
  const rule = await set(later(60), 7);
  const once = await withdraw(rule.id);
  const before = await entries('withdrawEarningRule');
  shop.clock.set(later(90));
  expect(await withdraw(rule.id)).toEqual(once);
  expect(await entries('withdrawEarningRule')).toEqual(before);
});

test('another version may start when it would have, and two that stand may not', async () => {
  const start = later(60);
  await withdraw((await set(start, 7)).id);
  await withdraw((await set(start, 8)).id);
  const { ref } = await fuel.enrol();
  const rule = await set(start, 9);
  await expect(set(start, 10)).rejects.toMatchObject({ code: 'RULE_START_TAKEN' });
  shop.clock.set(start);
  expect((await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '10'))).points).toBe(90);
  await shop.database.owner.query('DELETE FROM earning_rule WHERE id = $1', [rule.id]);
});

test.each([
  ['ten minutes before it begins it still can be', 10, true],
  ['later than that it stays: a till whose clock runs ahead may have been judged by it', 9, false],
  ['what has begun stays', -1, false],
])('%s', async (_, minutes, withdrawn) => {
  const rule = await set(later(60), 7, 'CHF');
  shop.clock.set(new Date(rule.effectiveFrom.getTime() - minutes * MINUTE_MS));
  const before = await stored();
  const answer = await withdraw(rule.id).catch((error) => error);
  if (withdrawn) expect(answer).toMatchObject({ withdrawnAt: shop.clock.now() });
  else {
    expect(answer).toMatchObject({
      code: 'TOO_LATE_TO_WITHDRAW',
      fields: { effectiveFrom: rule.effectiveFrom.toISOString(), until: later(50).toISOString() },
    });
    expect(await stored()).toEqual(before);
  }
  await shop.database.owner.query('DELETE FROM earning_rule WHERE id = $1', [rule.id]);
});

test('no purchase is judged by a version that may still be withdrawn, whatever a till says of the time', async () => {
  const { ref } = await fuel.enrol();
  const rule = await set(later(60), 7);
  shop.clock.set(later(50));
  const told = recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '10', { occurredAt: rule.effectiveFrom }));
  await expect(told).rejects.toMatchObject({ code: 'OCCURRED_AT_OUT_OF_RANGE' });
  await withdraw(rule.id);
});

test("another brand's is not found, nor one of another kind", async () => {
  const rule = await set(later(60), 7);
  await expect(withdraw(rule.id, taxi.principal)).rejects.toThrow('Rule not found.');
  await expect(withdrawRule(shop.app, await staffPerson(shop, shop.operatorId, 'OPERATOR'), GIFT_RULE, { ruleId: rule.id, reason: null })).rejects.toThrow(
    'Rule not found.',
  );
  await expect(withdraw(rule.id, await staffPerson(shop, fuel.brandId))).rejects.toThrow('These credentials may not do this.');
  expect((await stored()).find(({ id }) => id === rule.id)).toMatchObject({ withdrawn_at: null });
  await withdraw(rule.id);
});

test("the coalition's is withdrawn by the operator, and by nobody else", async () => {
  const operator = await staffPerson(shop, shop.operatorId, 'OPERATOR');
  const rule = await setRule(shop.app, operator, GIFT_RULE, GIFT_RULE.schema.parse(asked(later(60))));
  await expect(withdrawRule(shop.app, fuel.principal, GIFT_RULE, { ruleId: rule.id, reason: null })).rejects.toThrow('These credentials may not do this.');
  expect(await withdrawRule(shop.app, operator, GIFT_RULE, { ruleId: rule.id, reason: null })).toMatchObject({ withdrawnAt: NOW });
});

test('a limit on what an earning rule earns is set while the rule stands', async () => {
  const rule = await set(later(60), 7);
  const limits = async () => (await shop.database.owner.query('SELECT count(*)::int AS n FROM velocity_limit')).rows[0].n;
  await withdraw(rule.id);
  const before = await limits();
  await expect(limitOn(rule.id)).rejects.toThrow('Earning rule not found.');
  expect(await limits()).toBe(before);
});

test('in a sandbox it counts where another process has moved the clock to', async () => {
  const sandbox = await createShopCoalition({ now: NOW, variables: { TESSERA_MODE: 'sandbox', TESSERA_LOCAL_ISSUER: 'true' } });
  try {
    const till = await sandbox.brand('FUEL');
    const command = EARNING_RULE.schema.parse(asked(later(60), { pointsPerUnit: 7, moneyCurrency: 'GBP' }));
    const rule = await setRule(sandbox.app, till.principal, EARNING_RULE, command);
    const elsewhere = { ...sandbox.app, clock: new SandboxClock(sandbox.clock) };
    const operator = { kind: 'staff', staffId: newUuid(), brandId: sandbox.operatorId, role: 'OPERATOR', ofOperator: true } as const;
    await moveTestClock(elsewhere, operator, moveTestClockSchema.parse({ idempotencyKey: randomUUID(), by: { hours: 2 } }));
    const withdrawn = withdrawRule(sandbox.app, till.principal, EARNING_RULE, { ruleId: rule.id, reason: null });
    await expect(withdrawn).rejects.toMatchObject({ code: 'TOO_LATE_TO_WITHDRAW' });
  } finally {
    await sandbox.close();
  }
});

test('the migration can be taken back where versions were withdrawn: they go, and limits of what they earn with them', async () => {
  const { owner } = shop.database;
  const [withdrawn, standing] = [await set(later(60), 7), await set(later(61), 8)];
  const [, kept] = [await limitOn(withdrawn.id), await limitOn(standing.id)];
  await withdraw(withdrawn.id);
  const migration = new WithdrawnRules1790000000061();
  const runner = { query: (text: string) => owner.query(text) } as unknown as QueryRunner;
  await migration.down(runner);
  await migration.up(runner);
  expect((await stored()).map(({ id }) => id)).toEqual(expect.not.arrayContaining([withdrawn.id]));
  expect((await stored()).find(({ id }) => id === standing.id)).toMatchObject({ withdrawn_at: null });
  expect((await owner.query('SELECT id FROM velocity_limit')).rows).toEqual([{ id: kept.id }]);
});
