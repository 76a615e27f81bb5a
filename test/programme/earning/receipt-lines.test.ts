import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { findPurchase } from '../../../src/programme/purchases/find-purchase';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { recordReturn, recordReturnSchema } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { faults } from '../../support/verified-books';

let shop: ShopCoalition;
let attic: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  attic = await shop.brand('ATTIC', { pointsPerUnit: 10 });
});
afterAll(() => shop.close());

type Line = Readonly<Record<string, unknown>>;
const buy = async (lines: readonly Line[], more: Line = {}) => {
  const ana = await attic.enrol();
  return recordPurchase(shop.app, attic.principal, purchaseOf(ana.ref, '0', { lines: lines.map((line) => ({ quantity: '1', ...line })), ...more }));
};
const bringBack = (purchaseId: string, ...lines: Line[]) => recordReturn(shop.app, attic.principal, returnOf(purchaseId, lines));
const lineOf = async (purchaseId: string, lineNo: number) => {
  const found = await findPurchase(shop.app, attic.principal, purchaseId);
  return { returned: found.returned.get(lineNo), reduced: found.reduced.get(lineNo) };
};

describe('record a return of lines', () => {
  test("what is left of a line is its part of the line's total", async () => {
    const { purchaseId, points } = await buy([{ sku: 'ROLL', quantity: '3', amount: '10' }]);
    expect(points).toBe(100);
    expect(await bringBack(purchaseId, { lineNo: 1, quantity: '1' })).toMatchObject({ amountLeft: '6.670000000', moneyBack: '3.330000000', pointsKept: 66 });
    expect(await bringBack(purchaseId, { lineNo: 1, quantity: '2' })).toMatchObject({ amountLeft: '0.000000000', moneyBack: '6.670000000', pointsKept: 0 });
  });

  test('money that was given back goes with the pieces when they come back', async () => {
    const { purchaseId } = await buy([{ sku: 'SCREEN', unitPrice: '400' }]);
    const off = await bringBack(purchaseId, { sku: 'SCREEN', amount: '40' });
    expect(off).toMatchObject({ clawedBack: 400, pointsKept: 3_600, moneyBack: '40.000000000', lines: [{ lineNo: 1, quantity: '0.000', left: '1.000' }] });
    expect(await lineOf(purchaseId, 1)).toEqual({ returned: '0.000', reduced: '40.000000000' });
    await expect(bringBack(purchaseId, { lineNo: 1, amount: '360.01' })).rejects.toMatchObject({
      code: 'RETURN_EXCEEDS_PURCHASE',
      fields: { lineNo: 1, sku: 'SCREEN', left: '1.000', amountLeft: '360.000000000' },
    });
    expect(await bringBack(purchaseId, { sku: 'SCREEN', quantity: '1' })).toMatchObject({ clawedBack: 3_600, pointsKept: 0, moneyBack: '360.000000000' });
    expect(await lineOf(purchaseId, 1)).toEqual({ returned: '1.000', reduced: '0.000000000' });
  });

  test('a reduction lies on the pieces then left', async () => {
    const { purchaseId } = await buy([{ sku: 'CHAIR', quantity: '4', unitPrice: '50' }]);
    await bringBack(purchaseId, { lineNo: 1, quantity: '1' });
    await bringBack(purchaseId, { lineNo: 1, amount: '30' });
    expect(await bringBack(purchaseId, { lineNo: 1, quantity: '1' })).toMatchObject({ moneyBack: '40.000000000', amountLeft: '80.000000000' });
    expect(await lineOf(purchaseId, 1)).toEqual({ returned: '2.000', reduced: '20.000000000' });
  });

  test('ten of twenty reductions of a tenth at once are given', async () => {
    const { purchaseId } = await buy([{ sku: 'SCREEN', unitPrice: '400' }]);
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => bringBack(purchaseId, { lineNo: 1, amount: '40' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await bringBack(purchaseId, { lineNo: 1, quantity: '1' })).toMatchObject({ moneyBack: '0.000000000', pointsKept: 0 });
  });

  test('a sku on lines of different prices is asked for by its line', async () => {
    const { purchaseId } = await buy([
      { sku: 'BOOTS', unitPrice: '110' },
      { sku: 'BOOTS', unitPrice: '55' },
    ]);
    const command = returnOf(purchaseId, [{ sku: 'BOOTS', quantity: '1' }]);
    const asked = { field: 'input.lines.0.sku', message: expect.stringContaining('lineNo') };
    await expect(recordReturn(shop.app, attic.principal, command)).rejects.toMatchObject(asked);
    await expect(bringBack(purchaseId, { sku: 'BOOTS', amount: '1' })).rejects.toMatchObject(asked);
    const named = recordReturnSchema.parse({ idempotencyKey: command.idempotencyKey, purchaseId, lines: [{ lineNo: 1, quantity: '1' }] });
    expect(await recordReturn(shop.app, attic.principal, named)).toMatchObject({ moneyBack: '110.000000000', duplicate: false });
    // One line is left that the sku can mean.
    expect(await bringBack(purchaseId, { sku: 'BOOTS', quantity: '1' })).toMatchObject({ moneyBack: '55.000000000' });
  });

  test('all goods of a sku come back by the sku', async () => {
    const { purchaseId } = await buy([
      { sku: 'BOOTS', unitPrice: '110' },
      { sku: 'BOOTS', unitPrice: '55' },
    ]);
    expect(await bringBack(purchaseId, { sku: 'BOOTS', quantity: '2' })).toMatchObject({ moneyBack: '165.000000000' });
  });

  test('a voucher comes back with the lines that it lies on', async () => {
    const { purchaseId, points, amount } = await buy([
      { sku: 'WASHER', unitPrice: '300' },
      { sku: 'HOSE', unitPrice: '100' },
      { sku: 'VOUCHER', kind: 'DISCOUNT', unitPrice: '-25' },
    ]);
    expect({ points, amount }).toEqual({ points: 3_750, amount: '375.000000000' });
    await expect(bringBack(purchaseId, { sku: 'VOUCHER', quantity: '1' })).rejects.toMatchObject({ field: 'input.lines.0' });
    await expect(bringBack(purchaseId, { lineNo: 3, quantity: '1' })).rejects.toMatchObject({ field: 'input.lines.0' });
    expect(await bringBack(purchaseId, { sku: 'HOSE', quantity: '1' })).toMatchObject({
      moneyBack: '93.750000000',
      amountLeft: '281.250000000',
      pointsKept: 2_812,
    });
  });

  test('empties come back by their line, not with the bottles', async () => {
    const bottles = [
      { sku: 'BEER', quantity: '20', unitPrice: '0.90' },
      { sku: 'EMPTIES', kind: 'DEPOSIT', quantity: '20', unitPrice: '-0.08' },
    ];
    const { purchaseId, points } = await buy(bottles);
    expect(points).toBe(164);
    expect(await bringBack(purchaseId, { lineNo: 1, quantity: '20' })).toMatchObject({ moneyBack: '16.400000000', amountLeft: '0.000000000', pointsKept: 0 });
    const other = await buy(bottles);
    // Whoever takes the empties home again owes what they paid.
    expect(await bringBack(other.purchaseId, { lineNo: 2, quantity: '20' })).toMatchObject({
      moneyBack: '-1.600000000',
      amountLeft: '18.000000000',
      clawedBack: 0,
    });
  });

  test('a rule may earn on prices without tax', async () => {
    const net = await shop.brand('NET', { pointsPerUnit: 10 });
    await shop.database.owner.query("UPDATE earning_rule SET earns_on = 'NET' WHERE brand_id = $1", [net.brandId]);
    const ana = await net.enrol();
    await recordPurchase(shop.app, net.principal, purchaseOf(ana.ref, '1000'));
    const paid = await redeemPoints(shop.app, net.principal, spendingOf(ana.ref, 6_000, { purchase: { amount: '240', moneyCurrency: 'GBP' } }));
    const desk = purchaseOf(ana.ref, '0', { lines: [{ sku: 'DESK', quantity: '2', unitPrice: '100', tax: '40' }], redemptionIds: [paid.redemptionId] });
    const { purchaseId, points, amount } = await recordPurchase(shop.app, net.principal, desk);
    expect({ points, amount }).toEqual({ points: 1_500, amount: '240.000000000' });
    // 120 are left, 60 of them paid with points: half of 100 earns.
    const back = await recordReturn(shop.app, net.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]));
    expect(back).toMatchObject({ moneyBack: '120.000000000', reinstated: 0, pointsKept: 500 });
  });

  test('points that pay too much, and money that came back twice, are found in the books', async () => {
    const { owner } = shop.database;
    expect(await faults(shop)).toEqual([]);
    const paid = 'UPDATE purchase SET amount = amount - $1 WHERE id = (SELECT id FROM purchase WHERE paid_with_points > 0 LIMIT 1)';
    await owner.query(paid, [200]);
    expect((await faults(shop)).map(({ first }) => first?.what)).toEqual([expect.stringMatching('paid with points of purchase')]);
    await owner.query(paid, [-200]);
    const worth = 'UPDATE purchase_redemption SET value = value + $1';
    await owner.query(worth, [1]);
    expect((await faults(shop)).map(({ first }) => first?.what)).toEqual([expect.stringMatching('paid with points of purchase')]);
    await owner.query(worth, [-1]);
    const given =
      'UPDATE purchase_return_line SET reduction = reduction - $1 WHERE (return_id, reduction) = (SELECT return_id, reduction FROM purchase_return_line WHERE reduction < 0 LIMIT 1)';
    await owner.query(given, [1_000]);
    expect((await faults(shop)).map(({ first }) => first?.what)).toEqual([expect.stringMatching('given back without goods on line')]);
  });
});
