import type { Principal } from '../../../src/coalition/access/principal';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { newUuid } from '../../../src/platform/ids';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { REDEMPTION_RULE } from '../../../src/programme/redemption/redemption-rule';
import { createShopCoalition, purchaseOf, type ShopCoalition, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop.close());

const ruleOf = (effectiveFrom: string, more: Record<string, unknown> = {}) =>
  EARNING_RULE.schema.parse({
    idempotencyKey: newUuid(),
    currency: 'FLP',
    moneyCurrency: 'GBP',
    pointsPerUnit: 3,
    effectiveFrom: new Date(effectiveFrom),
    ...more,
  });
const redemptionRuleOf = (effectiveFrom: string, more: Record<string, unknown> = {}) =>
  REDEMPTION_RULE.schema.parse({
    idempotencyKey: newUuid(),
    currency: 'FLP',
    moneyCurrency: 'GBP',
    pointsPerUnit: 100n,
    effectiveFrom: new Date(effectiveFrom),
    ...more,
  });
const versions = async () => (await shop.database.owner.query('SELECT count(*)::int AS rows FROM earning_rule')).rows[0].rows;

describe('set an earning rule', () => {
  test('each version is in force from its start until the next', async () => {
    const ana = await fuel.enrol();
    const command = ruleOf('2026-02-01T00:00:00Z', { multiplier: { numerator: 3, denominator: 2 }, eligibleCategories: ['goods'] });
    const rule = await setRule(shop.app, fuel.principal, EARNING_RULE, command);
    expect(rule).toMatchObject({ version: 2, pointsPerUnit: 3n, multiplier: { numerator: 3n, denominator: 2n } });
    expect(await setRule(shop.app, fuel.principal, EARNING_RULE, command)).toEqual(rule);
    await expect(setRule(shop.app, fuel.principal, EARNING_RULE, { ...command, pointsPerUnit: 4 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    const earned = async (at: string) => (await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '1.99', { occurredAt: new Date(at) }))).points;
    expect(await earned('2026-01-31T23:59:59.999Z')).toBe(1);
    // floor(1.99 x 3) = 5, floor(5 x 3/2) = 7.
    expect(await earned('2026-02-01T00:00:00Z')).toBe(7);
  });

  test('two versions cannot start at once', async () => {
    await setRule(shop.app, fuel.principal, EARNING_RULE, ruleOf('2026-03-01T00:00:00Z'));
    const before = await versions();
    await expect(setRule(shop.app, fuel.principal, EARNING_RULE, ruleOf('2026-03-01T00:00:00Z'))).rejects.toMatchObject({ code: 'RULE_START_TAKEN' });
    await expect(setRule(shop.app, fuel.principal, EARNING_RULE, { ...ruleOf('2026-03-02T00:00:00Z'), currency: 'XYZ' })).rejects.toMatchObject({
      field: 'input.currency',
    });
    await setRule(shop.app, fuel.principal, REDEMPTION_RULE, redemptionRuleOf('2026-03-01T00:00:00Z'));
    await expect(setRule(shop.app, fuel.principal, REDEMPTION_RULE, redemptionRuleOf('2026-03-01T00:00:00Z'))).rejects.toMatchObject({
      code: 'RULE_START_TAKEN',
    });
    expect(await versions()).toBe(before);
  });

  test('five versions sent at once are numbered without a gap or a clash', async () => {
    const starts = [1, 2, 3, 4, 5].map((day) => `2027-01-0${day}T00:00:00Z`);
    const rules = await Promise.all(starts.map((start) => setRule(shop.app, fuel.principal, EARNING_RULE, ruleOf(start))));
    const first = Math.min(...rules.map(({ version }) => version));
    expect(rules.map(({ version }) => version).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4].map((i) => first + i));
  });

  test('rules are for those who may change them', async () => {
    const before = await versions();
    const tillOnly: Principal = { kind: 'client', clientId: newUuid(), brandId: fuel.brandId, scopes: new Set(['purchases', 'members', 'redemptions']) };
    const support: Principal = { kind: 'staff', staffId: newUuid(), brandId: fuel.brandId, role: 'SUPPORT', ofOperator: false };
    for (const principal of [tillOnly, support]) {
      await expect(setRule(shop.app, principal, EARNING_RULE, ruleOf('2026-05-01T00:00:00Z'))).rejects.toMatchObject({ name: 'PermissionDenied' });
      await expect(setRule(shop.app, principal, REDEMPTION_RULE, redemptionRuleOf('2026-05-01T00:00:00Z'))).rejects.toMatchObject({ name: 'PermissionDenied' });
    }
    expect(await versions()).toBe(before);
  });

  test('a brand without a rule is told so', async () => {
    const zoo = await shop.brand('ZOO');
    const ana = await zoo.enrol();
    await shop.database.owner.query('DELETE FROM earning_rule WHERE brand_id = $1', [zoo.brandId]);
    const written = await shop.written();
    await expect(recordPurchase(shop.app, zoo.principal, purchaseOf(ana.ref, '5'))).rejects.toMatchObject({ code: 'NO_EARNING_RULE' });
    expect(await shop.written()).toEqual(written);
  });
});
