import { readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { findPurchase } from '../../../src/programme/purchases/find-purchase';
import { findRedemption } from '../../../src/programme/redemption/find-redemption';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

let shop: ShopCoalition;
let plants: Till;
let fuel: Till;

const at = (instant: string) => shop.clock.set(new Date(instant));

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 1, rounding: 'MONTH' }, now: new Date('2026-01-10T12:00:00Z') });
  plants = await shop.brand('PLANTS', { pointsPerUnit: 10 });
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop.close());
beforeEach(() => at('2026-01-10T12:00:00Z'));
afterEach(async () => {
  expect(await firstFault(shop)).toBeUndefined();
});

type Member = Awaited<ReturnType<Till['enrol']>>;

const buy = (member: Member, price: string, more: Record<string, unknown> = {}) =>
  recordPurchase(shop.app, plants.principal, purchaseOf(member.ref, '0', { lines: [{ sku: 'PLANT', quantity: '1', unitPrice: price }], ...more }));
const burn = (member: Member, points: number, till = plants) => redeemPoints(shop.app, till.principal, spendingOf(member.ref, points));
const bringBack = (purchaseId: Uuid, line: Record<string, unknown> = { quantity: '1' }, more: Record<string, unknown> = {}) =>
  recordReturn(shop.app, plants.principal, returnOf(purchaseId, [{ lineNo: 1, ...line }], more));
const cancel = (returnId: Uuid, more: Record<string, unknown> = {}, till = plants) =>
  cancelReturn(shop.app, till.principal, cancelReturnSchema.parse({ idempotencyKey: newUuid(), returnId, ...more }));

/** 300 points earned, and burned for a plant that costs 20. */
async function paidPlant() {
  const ana = await plants.enrol();
  await buy(ana, '30');
  const { redemptionId } = await burn(ana, 300);
  const bought = await buy(ana, '20', { redemptionIds: [redemptionId] });
  return { ana, redemptionId, purchaseId: bought.purchaseId, before: bought.balance };
}

describe('cancel a return', () => {
  it('takes again what it brought, and no other points of the same origin', async () => {
    const ana = await plants.enrol();
    const ends = async () =>
      (await readWalletBalances(shop.app, plants.principal, ana.memberId))?.flatMap(({ nextExpiries }) =>
        nextExpiries.map(({ on, points }) => `${points} until ${on}`),
      );
    await buy(ana, '40');
    const [first, second] = [await burn(ana, 200), await burn(ana, 200)];
    const { purchaseId } = await buy(ana, '2', { redemptionIds: [second.redemptionId] });
    // Their end, 1 March, passes while they are away: 30 days of grace.
    at('2026-03-10T12:00:00Z');
    await refundRedemption(shop.app, plants.principal, refundRedemptionSchema.parse({ idempotencyKey: newUuid(), redemptionId: first.redemptionId }));
    expect(await ends()).toEqual(['200 until 2026-04-09']);
    at('2026-03-30T12:00:00Z');
    const { returnId } = await bringBack(purchaseId);
    expect(await ends()).toEqual(['200 until 2026-04-09', '200 until 2026-04-29']);
    await cancel(returnId);
    expect(await ends()).toEqual(['200 until 2026-04-09']);
  });

  it('puts everything back as it was', async () => {
    const { redemptionId, purchaseId, before } = await paidPlant();
    const first = await bringBack(purchaseId);
    const cancelled = await cancel(first.returnId);
    expect(cancelled).toMatchObject({ pointsGivenBack: first.clawedBack, pointsTakenBack: 300, arrearsFilled: 0, balance: before, duplicate: false });
    const found = await findPurchase(shop.app, plants.principal, purchaseId);
    expect(found.returned.size).toBe(0);
    expect(found.returns).toMatchObject([{ id: first.returnId, cancelledAt: new Date('2026-01-10T12:00:00Z') }]);
    expect(await findRedemption(shop.app, plants.principal, redemptionId)).toMatchObject({ refunded: 0 });
    await expect(buy(await plants.enrol(), '20', { redemptionIds: [redemptionId] })).rejects.toMatchObject({ code: expect.stringMatching(/^REDEMPTION_/) });
    const { returnId: _first, duplicate: _one, ...same } = first;
    expect(await bringBack(purchaseId)).toMatchObject(same);
  });

  it('is done once of 20 times at once', async () => {
    const { purchaseId, before } = await paidPlant();
    const { returnId } = await bringBack(purchaseId);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => cancel(returnId)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'ALREADY_CANCELLED', retrySafe: false });
    const other = await bringBack(purchaseId);
    const idempotencyKey = newUuid();
    const both = [await cancel(other.returnId, { idempotencyKey }), await cancel(other.returnId, { idempotencyKey })];
    expect(both.map(({ balance, duplicate }) => ({ balance, duplicate }))).toEqual([
      { balance: before, duplicate: false },
      { balance: before, duplicate: true },
    ]);
  });

  it('writes nothing where what came back is gone', async () => {
    const { ana, purchaseId } = await paidPlant();
    const { returnId, balance } = await bringBack(purchaseId);
    const dry = await cancel(returnId, { dryRun: true });
    expect(dry).toMatchObject({ pointsTakenBack: 300, dryRun: true });
    await burn(ana, (balance?.active ?? 0) - 100);
    const before = await shop.written();
    await expect(cancel(returnId)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
    expect(await shop.written()).toEqual(before);
    await shop.database.owner.query('UPDATE brand_link SET confirmed_at = NULL, confirmed_by = NULL WHERE member_id = $1', [ana.memberId]);
    await expect(cancel(returnId)).rejects.toMatchObject({
      code: 'INSUFFICIENT_POINTS',
      fields: { available: null },
      message: expect.not.stringMatching(/\d/),
    });
    await buy(ana, '20');
    expect(await cancel(returnId)).toMatchObject({ pointsTakenBack: 300, balance: null });
  });

  it('takes first what came back', async () => {
    const { ana, purchaseId, before } = await paidPlant();
    const { returnId } = await bringBack(purchaseId);
    await buy(ana, '10', { occurredAt: new Date('2025-12-20T12:00:00Z') });
    expect(await cancel(returnId)).toMatchObject({ balance: { active: (before?.active ?? 0) + 100 } });
    // December's end with January.
    at('2026-02-10T12:00:00Z');
    await expirePoints(shop.app);
    expect(await buy(ana, '1')).toMatchObject({ balance: { active: (before?.active ?? 0) + 10 } });
  });

  describe('arrears that the return made', () => {
    /** 200 points earned and burned; then what earned them came back. */
    async function inArrears() {
      const ana = await plants.enrol();
      const { purchaseId } = await buy(ana, '20');
      await burn(ana, 200);
      const { returnId, balance } = await bringBack(purchaseId);
      expect(balance).toMatchObject({ active: 0, arrears: 200 });
      return { ana, purchaseId, returnId };
    }

    it('are owed no longer', async () => {
      const { returnId } = await inArrears();
      expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 200, arrearsFilled: 200, balance: { active: 0, arrears: 0 } });
    });

    it('give back what has filled them since', async () => {
      const { ana, returnId } = await inArrears();
      await buy(ana, '5');
      expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 200, arrearsFilled: 150, balance: { active: 50, arrears: 0 } });
      await burn(ana, 50);
    });

    it('come back with the return', async () => {
      const { ana, purchaseId, returnId } = await inArrears();
      await buy(ana, '5');
      const other = await buy(ana, '3');
      await bringBack(other.purchaseId);
      // 80 points filled what was owed; 30 of them are owed again.
      expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 200, balance: { active: 50, arrears: 0 } });
      expect(await bringBack(purchaseId)).toMatchObject({ clawedBack: 200, arrearsMade: 150, balance: { arrears: 150 } });
    });
  });

  it('gives points their month and end again', async () => {
    const ana = await plants.enrol();
    const { purchaseId } = await buy(ana, '20');
    const { returnId } = await bringBack(purchaseId);
    at('2026-03-05T12:00:00Z');
    await expirePoints(shop.app);
    expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 200, balance: { active: 200 } });
    at('2026-04-05T12:00:00Z');
    await expirePoints(shop.app);
    const { rows } = await shop.database.owner.query('SELECT sum(credits - debits)::int AS left FROM account WHERE owner_id = $1', [ana.walletId]);
    expect(rows).toEqual([{ left: 0 }]);
  });

  it('is of the latest first', async () => {
    const ana = await plants.enrol();
    const lines = [{ sku: 'CUP', quantity: '4', unitPrice: '5' }];
    const { purchaseId } = await recordPurchase(shop.app, plants.principal, purchaseOf(ana.ref, '0', { lines }));
    const [money, goods] = [await bringBack(purchaseId, { amount: '2' }), await bringBack(purchaseId)];
    await expect(cancel(money.returnId)).rejects.toMatchObject({ code: 'RETURN_NOT_CANCELLABLE', fields: { reason: 'LATER_RETURN' }, retrySafe: true });
    await cancel(goods.returnId);
    expect((await findPurchase(shop.app, plants.principal, purchaseId)).reduced).toEqual(new Map([[1, '2.000000000']]));
    expect(await cancel(money.returnId)).toMatchObject({ balance: { active: 200 } });
    at('2026-03-05T12:00:00Z');
    const late = await bringBack(purchaseId);
    expect(late).toMatchObject({ expired: 50 });
    await expect(cancel(late.returnId)).rejects.toMatchObject({ fields: { reason: 'POINTS_EXPIRED' } });
  });

  it('is refused to another brand, and before the return', async () => {
    const ana = await plants.enrol();
    const { purchaseId } = await buy(ana, '20');
    const first = await bringBack(purchaseId, { quantity: '1' }, { reference: 'R-1' });
    await expect(cancel(first.returnId, {}, fuel)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(cancel(first.returnId, { occurredAt: new Date('2026-01-09T12:00:00Z') })).rejects.toMatchObject({ code: 'OCCURRED_AT_OUT_OF_RANGE' });
    await cancel(first.returnId);
    const again = await bringBack(purchaseId, { quantity: '1' }, { reference: 'R-1' });
    expect(again).toMatchObject({ duplicate: false, clawedBack: 200 });
    expect(again.returnId).not.toBe(first.returnId);
  });
});
