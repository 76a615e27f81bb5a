import type { QueryRunner } from 'typeorm';
import { RulesByMoney1790000000029 } from '../../../migrations/0029-rules-by-money';
import { setRule } from '../../../src/coalition/rules/set-rule';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { REDEMPTION_RULE } from '../../../src/programme/redemption/redemption-rule';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

// Rules are per brand, points currency and money: one for the tills in pounds does not end another for those in francs.

let shop: ShopCoalition;
let till: Till;
beforeAll(async () => {
  shop = await createShopCoalition();
  till = await shop.brand('BORDER', { pointsPerUnit: 10 });
  await earning('CHF', { pointsPerUnit: 11 });
});
afterAll(() => shop.close());

let keys = 0;
const SINCE = new Date('2021-01-01T00:00:00Z');
const earning = (moneyCurrency: string, more: object) =>
  setRule(
    shop.app,
    till.principal,
    EARNING_RULE,
    EARNING_RULE.schema.parse({ idempotencyKey: `rule ${++keys}`, currency: 'FLP', moneyCurrency, effectiveFrom: SINCE, ...more }),
  );
const redeeming = (moneyCurrency: string, more: object) =>
  setRule(
    shop.app,
    till.principal,
    REDEMPTION_RULE,
    REDEMPTION_RULE.schema.parse({ idempotencyKey: `rule ${++keys}`, currency: 'FLP', moneyCurrency, effectiveFrom: SINCE, ...more }),
  );
const buy = (ref: Parameters<typeof purchaseOf>[0], amount: string, more: Record<string, unknown> = {}) =>
  recordPurchase(shop.app, till.principal, purchaseOf(ref, amount, more));
const burn = (ref: Parameters<typeof spendingOf>[0], points: number, more: Record<string, unknown> = {}) =>
  redeemPoints(shop.app, till.principal, spendingOf(ref, points, more));

describe('earning', () => {
  test('each money has its own rule, and one that there is none for is told those that there are', async () => {
    const { ref } = await till.enrol();
    expect((await buy(ref, '5', { moneyCurrency: 'CHF' })).points).toBe(55);
    expect((await buy(ref, '5')).points).toBe(50);
    await expect(buy(ref, '5', { moneyCurrency: 'USD' })).rejects.toMatchObject({ code: 'MONEY_CURRENCY_MISMATCH', fields: { expected: 'CHF, GBP' } });
    await earning('CHF', { pointsPerUnit: 12, effectiveFrom: new Date('2026-01-01T00:00:00Z') });
    expect((await buy(ref, '5', { moneyCurrency: 'CHF' })).points).toBe(60);
    expect((await buy(ref, '5', { moneyCurrency: 'CHF', occurredAt: new Date('2025-12-31T00:00:00Z') })).points).toBe(55);
    expect((await buy(ref, '5')).points).toBe(50);
  });

  test('two moneys may start together, two rules of one may not', async () => {
    await earning('SEK', { pointsPerUnit: 1 });
    await expect(earning('SEK', { pointsPerUnit: 2 })).rejects.toMatchObject({ code: 'RULE_START_TAKEN' });
  });

  test('points for each full step of money; what comes back counts by the steps that are left', async () => {
    await earning('NOK', { fullSteps: { points: 5, per: '8' } });
    const { ref } = await till.enrol();
    const lines = [
      { sku: 'HAT', quantity: '1', unitPrice: '23.90' },
      { sku: 'BAND', quantity: '1', unitPrice: '0.10' },
    ];
    const bought = await buy(ref, '0', { moneyCurrency: 'NOK', lines });
    expect(bought.points).toBe(15);
    const back = await recordReturn(shop.app, till.principal, returnOf(bought.purchaseId, [{ lineNo: 2, quantity: '1' }]));
    expect(back).toMatchObject({ clawedBack: 5, pointsKept: 10 });
    expect(() => EARNING_RULE.schema.parse({ idempotencyKey: 'x', currency: 'FLP', moneyCurrency: 'NOK', effectiveFrom: SINCE })).toThrow(
      'pointsPerUnit, or fullSteps',
    );
  });
});

describe('redeeming', () => {
  test('of which money the points pay: what is named, the purchase’s, the only one there is', async () => {
    const { ref } = await till.enrol();
    await buy(ref, '1000');
    expect(await burn(ref, 100)).toMatchObject({ moneyValue: '1.000000', moneyCurrency: 'GBP' });
    await redeeming('CHF', { pointsPerUnit: 80n });
    await expect(burn(ref, 100)).rejects.toMatchObject({ code: 'MONEY_CURRENCY_REQUIRED', retrySafe: true, fields: { choices: 'CHF, GBP' } });
    expect(await burn(ref, 100, { moneyCurrency: 'CHF' })).toMatchObject({ moneyValue: '1.250000', moneyCurrency: 'CHF' });
    const purchase = { amount: '50', moneyCurrency: 'GBP' };
    const held = await holdPoints(shop.app, till.principal, spendingOf(ref, 100, { purchase }));
    expect(held).toMatchObject({ moneyValue: '1.000000', moneyCurrency: 'GBP' });
    await expect(burn(ref, 100, { moneyCurrency: 'CHF', purchase })).rejects.toMatchObject({ code: 'MONEY_CURRENCY_MISMATCH', fields: { expected: 'CHF' } });
    await expect(burn(ref, 100, { moneyCurrency: 'USD' })).rejects.toMatchObject({ code: 'MONEY_CURRENCY_MISMATCH', fields: { expected: 'CHF, GBP' } });
  });

  test('what points pay is what can be paid; points that pay nothing are refused, with the fewest that do', async () => {
    await redeeming('JPY', { pointsPerUnit: 7n, step: 2n });
    await redeeming('EUR', { pointsPerUnit: 130n });
    const { ref } = await till.enrol();
    await buy(ref, '1000');
    expect(await burn(ref, 50, { moneyCurrency: 'JPY' })).toMatchObject({ moneyValue: '7.000000' });
    await expect(burn(ref, 2, { moneyCurrency: 'JPY' })).rejects.toMatchObject({ code: 'PAYS_NOTHING', fields: { minimum: 8 } });
    expect(await burn(ref, 100, { moneyCurrency: 'EUR' })).toMatchObject({ moneyValue: '0.760000' });
    await expect(burn(ref, 1, { moneyCurrency: 'EUR' })).rejects.toMatchObject({ code: 'PAYS_NOTHING', fields: { minimum: 2 } });
    // By what they pay, not by their number: 100 points pay a purchase of 0.76 in full, 101 would pay no more than it
    // costs.
    const purchase = { amount: '0.76', moneyCurrency: 'EUR' };
    expect((await burn(ref, 100, { purchase })).moneyValue).toBe('0.760000');
    await expect(burn(ref, 101, { purchase })).rejects.toMatchObject({ code: 'SHARE_EXCEEDED', fields: { maximum: 100 } });
  });

  test('a point worth more than a unit of money', async () => {
    await redeeming('IDR', { worth: { points: 1n, amount: '100' } });
    await redeeming('HUF', { worth: { points: 3n, amount: '10' } });
    const { ref } = await till.enrol();
    await buy(ref, '100');
    expect(await burn(ref, 3, { moneyCurrency: 'IDR' })).toMatchObject({ moneyValue: '300.000000' });
    expect(await burn(ref, 2, { moneyCurrency: 'HUF' })).toMatchObject({ moneyValue: '6.660000' });
  });
});

describe('money', () => {
  test('that ISO 4217 does not have, or without a minor unit, is refused by its field', async () => {
    const { ref } = await till.enrol();
    for (const money of ['QQQ', 'XAU', 'XXX']) {
      await expect(earning(money, { pointsPerUnit: 1 })).rejects.toMatchObject({ field: 'input.moneyCurrency' });
      await expect(redeeming(money, { pointsPerUnit: 1n })).rejects.toMatchObject({ field: 'input.moneyCurrency' });
      await expect(buy(ref, '5', { moneyCurrency: money })).rejects.toMatchObject({ field: 'input.moneyCurrency' });
      await expect(burn(ref, 5, { moneyCurrency: money })).rejects.toMatchObject({ field: 'input.moneyCurrency' });
    }
  });

  test('that was withdrawn is good for what happened before, and for what follows on that', async () => {
    await earning('HRK', { pointsPerUnit: 2 });
    await redeeming('HRK', { pointsPerUnit: 100n });
    const { ref } = await till.enrol();
    const before = { moneyCurrency: 'HRK', occurredAt: new Date('2022-12-31T23:00:00Z') };
    const bought = await buy(ref, '500', before);
    expect(bought.points).toBe(1_000);
    expect(await burn(ref, 100, before)).toMatchObject({ moneyValue: '1.000000', moneyCurrency: 'HRK' });
    const after = { moneyCurrency: 'HRK', occurredAt: new Date('2023-01-01T00:00:00Z') };
    await expect(buy(ref, '5', after)).rejects.toMatchObject({ field: 'input.moneyCurrency', message: expect.stringContaining('withdrawn on 2023-01-01') });
    await expect(burn(ref, 5, after)).rejects.toMatchObject({ field: 'input.moneyCurrency' });
    expect((await recordReturn(shop.app, till.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]))).clawedBack).toBe(1_000);
    // It is no choice any more where none is named.
    await expect(burn(ref, 5)).rejects.toMatchObject({ fields: { choices: expect.not.stringContaining('HRK') } });
    await expect(earning('HRK', { pointsPerUnit: 1, effectiveFrom: new Date('2023-01-01T00:00:00Z') })).rejects.toMatchObject({ field: 'input.moneyCurrency' });
  });
});

test('rules that one of another money had ended stay ended by the migration, and others stay in force', async () => {
  const other = await shop.brand('OLDER');
  const { owner } = shop.database;
  const migration = new RulesByMoney1790000000029();
  const runner = { query: (text: string) => owner.query(text) } as unknown as QueryRunner;
  await owner.query('DELETE FROM earning_rule WHERE brand_id <> $1', [other.brandId]);
  await owner.query('DELETE FROM redemption_rule WHERE brand_id <> $1', [other.brandId]);
  await migration.down(runner);
  for (const [version, money, points, from] of [
    [2, 'CHF', 3, '2024-01-01'],
    [3, 'CHF', 4, '2024-06-01'],
    [4, 'GBP', 5, '2025-01-01'],
  ])
    await owner.query(
      `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, effective_from, created_at)
       SELECT gen_random_uuid(), brand_id, currency_id, $2, $3, $4, $5, now() FROM earning_rule WHERE brand_id = $1 AND version = 1`,
      [other.brandId, version, money, points, from],
    );
  await migration.up(runner);
  const { ref } = await other.enrol();
  const bought = (moneyCurrency: string, day: string) =>
    recordPurchase(shop.app, other.principal, purchaseOf(ref, '10', { moneyCurrency, occurredAt: new Date(day) })).then(
      ({ points }) => points,
      ({ code }) => code,
    );
  expect(await bought('GBP', '2023-12-31')).toBe(10);
  expect(await bought('CHF', '2023-12-31')).toBe('MONEY_CURRENCY_MISMATCH');
  expect(await bought('GBP', '2024-03-01')).toBe('MONEY_CURRENCY_MISMATCH');
  expect(await bought('CHF', '2024-03-01')).toBe(30);
  expect(await bought('CHF', '2024-07-01')).toBe(40);
  expect(await bought('CHF', '2025-02-01')).toBe('MONEY_CURRENCY_MISMATCH');
  expect(await bought('GBP', '2025-02-01')).toBe(50);
});

test('a currency with decimals is earned in its smallest unit, unless the rule says otherwise; rules of before stay as they were', async () => {
  const cents = await createShopCoalition({ scale: 2 });
  try {
    // Set before there was a choice: whole points.
    const shoes = await cents.brand('SHOES');
    const { ref } = await shoes.enrol();
    const points = async (amount: string) => (await recordPurchase(cents.app, shoes.principal, purchaseOf(ref, amount))).points;
    expect(await points('12.80')).toBe(1_200);
    const set = (more: object, day: string) =>
      setRule(
        cents.app,
        shoes.principal,
        EARNING_RULE,
        EARNING_RULE.schema.parse({
          idempotencyKey: day,
          currency: 'FLP',
          moneyCurrency: 'GBP',
          pointsPerUnit: 1,
          multiplier: { numerator: 3, denominator: 100 },
          effectiveFrom: new Date(day),
          ...more,
        }),
      );
    expect(await set({}, '2026-01-01')).toMatchObject({ roundTo: 'SMALLEST' });
    expect([await points('12.80'), await points('33.00'), await points('59.99'), await points('250.00')]).toEqual([38, 99, 179, 750]);
    await set({ roundTo: 'UNIT' }, '2026-01-02');
    expect([await points('12.80'), await points('250.00')]).toEqual([0, 700]);
  } finally {
    await cents.close();
  }
});
