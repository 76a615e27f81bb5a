import { unlinkMember } from '../../../src/members/links/unlink-member';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let hearth: Till;
let attic: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  hearth = await shop.brand('HEARTH', { multiplier: 2 });
  attic = await shop.brand('ATTIC');
});
afterAll(() => shop.close());

const tenCups = (more = {}) => ({ lines: [{ sku: 'CUP', quantity: '10', unitPrice: '2.55' }], ...more });

describe('record a return', () => {
  test('a return claws back by the rule that the purchase earned by', async () => {
    const ana = await hearth.enrol();
    const { purchaseId, points } = await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '0', tenCups()));
    expect(points).toBe(50);
    await shop.database.owner.query(
      `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, effective_from, created_at)
       SELECT gen_random_uuid(), brand_id, currency_id, 2, 'GBP', 9, '2026-03-01', now() FROM earning_rule WHERE brand_id = $1`,
      [hearth.brandId],
    );
    // 7 x 2.55 = 17.85: twice 17 are due.
    const first = await recordReturn(shop.app, hearth.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '3' }]));
    expect(first).toMatchObject({
      clawedBack: 16,
      reinstated: 0,
      pointsKept: 34,
      amountLeft: '17.850000000',
      lines: [{ lineNo: 1, quantity: '3.000', left: '7.000' }],
      balance: { active: 34 },
    });
    const second = await recordReturn(shop.app, hearth.principal, returnOf(purchaseId, [{ sku: 'CUP', quantity: '7' }]));
    expect(second).toMatchObject({ clawedBack: 34, pointsKept: 0, balance: { active: 0 } });
  });

  test('money comes back first, then the burned points', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '500', { occurredAt: new Date('2026-01-10T12:00:00Z') }));
    const burn = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 300));
    const { purchaseId, points } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups({ redemptionIds: [burn.redemptionId] })));
    expect(points).toBe(22);
    // 2.55 is left, which 255 of the points pay; all the money is back.
    const first = await recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '9' }]));
    expect(first).toMatchObject({ clawedBack: 22, reinstated: 45, moneyBack: '22.500000000', amountLeft: '2.550000000' });
    expect(await recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({
      clawedBack: 0,
      reinstated: 255,
      moneyBack: '0.000000000',
      balance: { active: 500 },
    });
    const { rows: returns } = await shop.database.owner.query('SELECT money_back::text FROM purchase_return WHERE purchase_id = $1 ORDER BY id', [purchaseId]);
    expect(returns).toEqual([{ money_back: '22.500000000' }, { money_back: '0.000000000' }]);
    const { rows } = await shop.database.owner.query("SELECT code, reverses FROM transfer WHERE code = 'REINSTATEMENT'");
    expect(rows).toEqual(Array(2).fill({ code: 'REINSTATEMENT', reverses: burn.redemptionId }));
  });

  test('a purchase recorded under the first arithmetic keeps it in its returns', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '500'));
    const burn = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 300));
    const { purchaseId } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups({ redemptionIds: [burn.redemptionId] })));
    await shop.database.owner.query('UPDATE purchase SET arithmetic = 1 WHERE id = $1', [purchaseId]);
    await shop.database.owner.query('UPDATE purchase_redemption SET position = NULL, value = NULL WHERE purchase_id = $1', [purchaseId]);
    // All points stay used until the last piece is back.
    const nine = await recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '9' }]));
    expect(nine).toMatchObject({ clawedBack: 22, reinstated: 0, moneyBack: null });
    expect(await recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({ reinstated: 300 });
  });

  test('a clawback beyond the wallet goes into arrears', async () => {
    const ana = await attic.enrol();
    const { purchaseId } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '100'));
    await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 80));
    const returned = await recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]));
    expect(returned).toMatchObject({ clawedBack: 100, balance: { active: 0, arrears: 80, spendable: 0 } });
    expect(await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '90'))).toMatchObject({ balance: { active: 10, arrears: 0 } });
  });

  test('ten of twenty returns of the same ten cups at once are accepted', async () => {
    const ana = await attic.enrol();
    const { purchaseId, points } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups()));
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => recordReturn(shop.app, attic.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]))),
    );
    const accepted = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(accepted).toHaveLength(10);
    expect(refused.map((each) => [each.code, each.fields.left])).toEqual(Array(10).fill(['RETURN_EXCEEDS_PURCHASE', '0.000']));
    expect(accepted.reduce((sum, { clawedBack }) => sum + clawedBack, 0)).toBe(points);
    const { rows } = await shop.database.owner.query('SELECT count(*)::int AS returns FROM purchase_return WHERE purchase_id = $1', [purchaseId]);
    expect(rows[0].returns).toBe(10);
  });

  test('the same return twenty times at once with one key counts once', async () => {
    const ana = await attic.enrol();
    const { purchaseId } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups()));
    const command = returnOf(purchaseId, [{ lineNo: 1, quantity: '2' }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => recordReturn(shop.app, attic.principal, command)));
    expect(new Set(answers.map(({ duplicate: _, ...answer }) => JSON.stringify(answer))).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });

  test('refused or bad returns write nothing', async () => {
    const ana = await attic.enrol();
    const { purchaseId } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups({ occurredAt: new Date('2026-03-10T00:00:00Z') })));
    const written = await shop.written();
    const { app } = shop;
    const line = (quantity: string) => [{ lineNo: 1, quantity }];
    await expect(recordReturn(app, attic.principal, returnOf(purchaseId, line('10.001')))).rejects.toMatchObject({
      code: 'RETURN_EXCEEDS_PURCHASE',
      fields: { left: '10.000' },
    });
    await expect(recordReturn(app, attic.principal, returnOf(purchaseId, line('1'), { occurredAt: new Date('2026-03-01T00:00:00Z') }))).rejects.toMatchObject({
      code: 'OCCURRED_AT_OUT_OF_RANGE',
    });
    await expect(recordReturn(app, attic.principal, returnOf(purchaseId, line('1'), { occurredAt: new Date('2026-04-01T00:00:00Z') }))).rejects.toMatchObject({
      code: 'OCCURRED_AT_OUT_OF_RANGE',
    });
    await expect(recordReturn(app, attic.principal, returnOf(purchaseId, [{ lineNo: 2, quantity: '1' }]))).rejects.toMatchObject({
      field: 'input.lines.0.lineNo',
    });
    await expect(recordReturn(app, hearth.principal, returnOf(purchaseId, line('1')))).rejects.toMatchObject({ name: 'NotFound' });
    expect(await recordReturn(app, attic.principal, returnOf(purchaseId, line('4'), { dryRun: true }))).toMatchObject({ clawedBack: 10, dryRun: true });
    expect(await shop.written()).toEqual(written);
  });

  test('points that pay for a purchase come back by its return alone', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '6000'));
    const { redemptionId } = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 6_000));
    const refund = (idempotencyKey: string, points: bigint) =>
      refundRedemption(shop.app, attic.principal, refundRedemptionSchema.parse({ idempotencyKey, redemptionId, points }));
    // Before it pays for anything it is refunded as ever.
    expect(await refund('before it pays', 1_000n)).toMatchObject({ points: 1_000 });
    // 100.00, of which points pay 50.00.
    const bought = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '100', { redemptionIds: [redemptionId] }));
    const written = await shop.written();
    await expect(refund('beside its return', 3_000n)).rejects.toMatchObject({ code: 'REDEMPTION_USED' });
    expect(await shop.written()).toEqual(written);
    expect(await recordReturn(shop.app, attic.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({
      reinstated: 5_000,
      moneyBack: '50.000000000',
      clawedBack: bought.points,
    });
  });

  test('of a refund and a purchase by the same points at once one is booked', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '500'));
    for (let time = 0; time < 4; time++) {
      const { redemptionId } = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 100));
      const refund = refundRedemptionSchema.parse({ idempotencyKey: `raced ${redemptionId}`, redemptionId });
      const done = await Promise.allSettled([
        recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '20', { redemptionIds: [redemptionId] })),
        refundRedemption(shop.app, attic.principal, refund),
      ]);
      const codes = done.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect([['REDEMPTION_USED'], ['REDEMPTION_NOT_CAPTURED']]).toContainEqual(codes);
    }
  });

  test('goods come back after the member was unlinked, without telling the balance', async () => {
    const ana = await attic.enrol();
    const { purchaseId } = await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', tenCups()));
    await unlinkMember(shop.app, attic.principal, { member: ana.ref, reason: null });
    await expect(recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '10'))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    const all = returnOf(purchaseId, [{ lineNo: 1, quantity: '10' }]);
    expect(await recordReturn(shop.app, attic.principal, { ...all, dryRun: true })).toMatchObject({ clawedBack: 25, balance: null });
    expect(await recordReturn(shop.app, attic.principal, all)).toMatchObject({ clawedBack: 25, balance: null });
    expect(await recordReturn(shop.app, attic.principal, all)).toMatchObject({ clawedBack: 25, balance: null, duplicate: true });
  });

  test('points burned at a brand are refunded after the member was unlinked, without telling the balance', async () => {
    const ana = await attic.enrol();
    await recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '100'));
    const burn = await redeemPoints(shop.app, attic.principal, spendingOf(ana.ref, 40));
    await unlinkMember(shop.app, attic.principal, { member: ana.ref, reason: null });
    const refund = refundRedemptionSchema.parse({ idempotencyKey: 'refund after goodbye', redemptionId: burn.redemptionId });
    expect(await refundRedemption(shop.app, attic.principal, refund)).toMatchObject({ points: 40, balance: null, duplicate: false });
    expect(await refundRedemption(shop.app, attic.principal, refund)).toMatchObject({ points: 40, balance: null, duplicate: true });
  });
});
