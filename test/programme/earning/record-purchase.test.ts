import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let hearth: Till;
let attic: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  hearth = await shop.brand('HEARTH', { multiplier: 2 });
  attic = await shop.brand('ATTIC');
});
afterAll(() => shop.close());

describe('record a purchase', () => {
  test('a purchase earns by the rule in force', async () => {
    const ana = await hearth.enrol();
    const lines = [
      { sku: 'MUG', category: 'kitchen', quantity: '3', unitPrice: '1.666' },
      { sku: 'GIFTCARD', quantity: '1', unitPrice: '50' },
      { sku: 'CLOTH', quantity: '0.5', unitPrice: '1.01' },
    ];
    const recorded = await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '0', { lines, channel: 'till', reference: 'R-1' }));
    // 3 x 1.666 is 5.00 on the receipt, 0.5 x 1.01 is 0.51: floor(5.51) = 5, twice.
    expect(recorded).toMatchObject({
      points: 10,
      amount: '55.510000000',
      eligibleAmount: '5.510000000',
      leftOut: [{ lineNo: 2, reason: 'SKU_EXCLUDED' }],
      balance: { active: 10, spendable: 10, held: 0, pending: 0, arrears: 0 },
      duplicate: false,
    });
    const { rows } = await shop.database.owner.query('SELECT line_no, eligible, exclusion FROM purchase_line WHERE purchase_id = $1 ORDER BY line_no', [
      recorded.purchaseId,
    ]);
    expect(rows.map((row) => row.exclusion)).toEqual([null, 'SKU_EXCLUDED', null]);
  });

  test('the same request again gets the first answer, even after the rule changed', async () => {
    const ana = await hearth.enrol();
    const command = purchaseOf(ana.ref, '20');
    const first = await recordPurchase(shop.app, hearth.principal, command);
    await shop.database.owner.query(
      `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, effective_from, created_at)
       SELECT gen_random_uuid(), brand_id, currency_id, 2, 'GBP', 7, '2026-03-01', now() FROM earning_rule WHERE brand_id = $1 AND version = 1`,
      [hearth.brandId],
    );
    const written = await shop.written();
    expect(await recordPurchase(shop.app, hearth.principal, command)).toEqual({ ...first, duplicate: true });
    await expect(recordPurchase(shop.app, hearth.principal, { ...command, reference: 'other' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect(await shop.written()).toEqual(written);
    expect((await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '20'))).points).toBe(140);
    await shop.database.owner.query('DELETE FROM earning_rule WHERE brand_id = $1 AND version = 2', [hearth.brandId]);
  });

  test('a purchase of no points is recorded', async () => {
    const ana = await attic.enrol();
    const recorded = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0.99'));
    expect(recorded).toMatchObject({ points: 0, balance: { active: 0 } });
    const { rows } = await shop.database.owner.query('SELECT points, earn_transfer_id FROM purchase WHERE id = $1', [recorded.purchaseId]);
    expect(rows).toEqual([{ points: '0', earn_transfer_id: null }]);
  });

  test('a dry run says what would happen and writes nothing', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '5'));
    const written = await shop.written();
    const command = purchaseOf(ana.ref, '10', { dryRun: true });
    expect(await recordPurchase(shop.app, attic.principal, command)).toMatchObject({ points: 10, dryRun: true, balance: { active: 15 } });
    expect(await shop.written()).toEqual(written);
    expect(await recordPurchase(shop.app, attic.principal, { ...command, dryRun: false })).toMatchObject({ duplicate: false, balance: { active: 15 } });
  });

  test('a basket of more points than can be settled is refused', async () => {
    const ana = await attic.enrol();
    const written = await shop.written();
    // At 0.01 a point, a thousand money transfers carry 900,719,925,474,000 points.
    const basket = (quantity: string) => purchaseOf(ana.ref, '0', { lines: [{ sku: 'THING', quantity, unitPrice: '100000' }] });
    await expect(recordPurchase(shop.app, attic.principal, basket('9007199254.750'))).rejects.toMatchObject({ code: 'AMOUNT_TOO_LARGE' });
    expect(await shop.written()).toEqual(written);
  });

  test('points that paid a part earn nothing', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '300'));
    const burn = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 250));
    expect(burn.moneyValue).toBe('2.500000');
    const paid = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '10', { redemptionIds: [burn.redemptionId] }));
    expect(paid).toMatchObject({ points: 7, paidWithPoints: '2.500000000' });
    const hold = await holdPoints(shop.app, attic.principal, spendingOf(ana.ref, 10));
    const bob = await attic.enrol();
    const written = await shop.written();
    await expect(recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '10', { redemptionIds: [burn.redemptionId] }))).rejects.toMatchObject({
      code: 'REDEMPTION_USED',
    });
    await expect(recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '10', { redemptionIds: [hold.redemptionId] }))).rejects.toMatchObject({
      code: 'REDEMPTION_NOT_CAPTURED',
    });
    await expect(recordPurchase(shop.app, attic.principal, purchaseOf(bob.ref, '10', { redemptionIds: [burn.redemptionId] }))).rejects.toMatchObject({
      code: 'REDEMPTION_MISMATCH',
    });
    expect(await shop.written()).toEqual(written);
  });

  test('points never pay more than the basket costs', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '5000'));
    const told = { purchase: { amount: '1000', moneyCurrency: 'GBP' } };
    const first = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 800, told));
    const held = await holdPoints(shop.app, attic.principal, spendingOf(ana.ref, 700, told));
    const key = (idempotencyKey: string) => ({ idempotencyKey });
    await captureHold(shop.app, attic.principal, captureHoldSchema.parse({ ...key('capture for the basket'), redemptionId: held.redemptionId }));
    const basket = purchaseOf(ana.ref, '10', { redemptionIds: [first.redemptionId, held.redemptionId] });
    const written = await shop.written();
    const refused = {
      code: 'REDEMPTION_MISMATCH',
      retrySafe: true,
      fields: { mostPoints: 1_000, refunds: [{ redemptionId: held.redemptionId, points: 500 }] },
    };
    await expect(recordPurchase(shop.app, attic.principal, basket)).rejects.toMatchObject(refused);
    await expect(recordPurchase(shop.app, attic.principal, { ...basket, dryRun: true })).rejects.toMatchObject(refused);
    expect(await shop.written()).toEqual(written);
    await refundRedemption(
      shop.app,
      attic.principal,
      refundRedemptionSchema.parse({ ...key('refund for the basket'), redemptionId: held.redemptionId, points: 500n }),
    );
    expect(await recordPurchase(shop.app, attic.principal, basket)).toMatchObject({ points: 0, paidWithPoints: '10.000000000', duplicate: false });
  });

  test("points never pay more than the rule's share", async () => {
    const half = await shop.brand('HALF');
    await shop.database.owner.query('UPDATE redemption_rule SET share_denominator = 2 WHERE brand_id = $1', [half.brandId]);
    const ana = await half.enrol();
    await recordPurchase(shop.app, half.principal, purchaseOf(ana.ref, '5000'));
    const told = { purchase: { amount: '20', moneyCurrency: 'GBP' } };
    const redeemed = [
      await redeemPoints(shop.app, half.principal, spendingOf(ana.ref, 900, told)),
      await redeemPoints(shop.app, half.principal, spendingOf(ana.ref, 900, told)),
    ];
    const redemptionIds = redeemed.map(({ redemptionId }) => redemptionId);
    await expect(recordPurchase(shop.app, half.principal, purchaseOf(ana.ref, '20', { redemptionIds }))).rejects.toMatchObject({
      code: 'REDEMPTION_MISMATCH',
      fields: { mostPoints: 1_000, refunds: [{ redemptionId: redemptionIds[1], points: 800 }] },
    });
    expect(await recordPurchase(shop.app, half.principal, purchaseOf(ana.ref, '36', { redemptionIds }))).toMatchObject({ points: 18 });
  });

  test('two purchases at once cannot both be paid by one redemption', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '100'));
    const { redemptionId } = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 100));
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(() => recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '10', { redemptionIds: [redemptionId] }))),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a bulk answers each in order', async () => {
    const [ana, bob] = [await attic.enrol(), await attic.enrol()];
    const unknown = purchaseOf({ by: 'customerId', customerId: 'nobody' }, '10');
    const early = purchaseOf(bob.ref, '10', { occurredAt: new Date('2009-01-01T00:00:00Z') });
    const late = purchaseOf(bob.ref, '10', { occurredAt: new Date('2027-01-01T00:00:00Z') });
    const twice = purchaseOf(ana.ref, '3');
    const results = await recordPurchases(shop.app, attic.principal, [purchaseOf(ana.ref, '1'), unknown, purchaseOf(bob.ref, '2'), early, late, twice, twice]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.balance?.active : (result.reason.code ?? result.reason.name)))).toEqual([
      1,
      'MEMBER_UNKNOWN',
      2,
      'TERMS_NOT_ACTIVE',
      'OCCURRED_AT_OUT_OF_RANGE',
      4,
      4,
    ]);
  });

  test('an unknown currency is the bad input of its own entry', async () => {
    const ana = await attic.enrol();
    const unknown = { ...purchaseOf(ana.ref, '1'), currency: 'XYZ' };
    await expect(recordPurchase(shop.app, attic.principal, unknown)).rejects.toMatchObject({ field: 'input.currency' });
    const results = await recordPurchases(shop.app, attic.principal, [purchaseOf(ana.ref, '1'), unknown, purchaseOf(ana.ref, '2')]);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.points : result.reason.field))).toEqual([1, 'input.1.currency', 2]);
  });

  test("a member's lots say who issued them, and when", async () => {
    const rolling = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'MONTH' }, timeZone: 'Europe/Vienna' });
    try {
      const taxi = await rolling.brand('TAXI');
      const ana = await taxi.enrol();
      // 23:30 on 31 January in London is February in Vienna.
      const recorded = await recordPurchase(rolling.app, taxi.principal, purchaseOf(ana.ref, '9', { occurredAt: new Date('2026-01-31T23:30:00Z') }));
      expect(recorded.expiresOn).toBe('2027-03-01');
      const { rows } = await rolling.database.owner.query('SELECT l.expires_on::text, l.issue_month::text, l.issuer_code, l.remaining FROM lot l');
      expect(rows).toEqual([{ expires_on: '2027-03-01', issue_month: '2026-02-01', issuer_code: 'TAXI', remaining: '9' }]);
    } finally {
      await rolling.close();
    }
  });
});
