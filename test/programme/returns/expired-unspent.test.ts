import type { Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;

const at = (instant: string) => shop.clock.set(new Date(instant));

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 1, rounding: 'MONTH' }, now: new Date('2026-01-10T12:00:00Z') });
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop.close());
beforeEach(() => at('2026-01-10T12:00:00Z'));
afterEach(async () => {
  expect(await firstFault(shop)).toBeUndefined();
});

type Member = Awaited<ReturnType<Till['enrol']>>;

const buy = (member: Member, quantity: string) =>
  recordPurchase(shop.app, fuel.principal, purchaseOf(member.ref, '0', { lines: [{ sku: 'CUP', quantity, unitPrice: '1' }] }));
const burn = (member: Member, points: number) => redeemPoints(shop.app, fuel.principal, spendingOf(member.ref, points));
const bringBack = (purchaseId: Uuid, quantity: string) => recordReturn(shop.app, fuel.principal, returnOf(purchaseId, [{ lineNo: 1, quantity }]));

// The points of January end with February, whether or not anybody has booked it.
describe.each([
  ['booked', () => expirePoints(shop.app)],
  ['not booked yet', () => Promise.resolve()],
])('points that expired unspent, %s, are not paid for again', (_, book) => {
  it('by a return of all that earned them', async () => {
    const ana = await fuel.enrol();
    const { purchaseId } = await buy(ana, '100');
    await burn(ana, 40);
    at('2026-03-05T12:00:00Z');
    await book();
    expect(await bringBack(purchaseId, '100')).toMatchObject({ clawedBack: 40, expired: 60, arrearsMade: 40, pointsKept: 0, balance: { arrears: 40 } });
  });

  it('by returns in parts', async () => {
    const ana = await fuel.enrol();
    const { purchaseId } = await buy(ana, '100');
    await burn(ana, 40);
    at('2026-03-05T12:00:00Z');
    await book();
    expect(await bringBack(purchaseId, '50')).toMatchObject({ clawedBack: 0, expired: 50, arrearsMade: 0, pointsKept: 50 });
    expect(await bringBack(purchaseId, '50')).toMatchObject({ clawedBack: 40, expired: 10, arrearsMade: 40, pointsKept: 0 });
  });

  it('of a lot that two purchases share, once', async () => {
    const ana = await fuel.enrol();
    const [first, second] = [await buy(ana, '100'), await buy(ana, '100')];
    await burn(ana, 80);
    at('2026-03-05T12:00:00Z');
    await book();
    expect(await bringBack(second.purchaseId, '100')).toMatchObject({ clawedBack: 0, expired: 100 });
    expect(await bringBack(first.purchaseId, '100')).toMatchObject({ clawedBack: 80, expired: 20 });
  });

  it('when they had come back with days of grace before', async () => {
    const ana = await fuel.enrol();
    const { purchaseId } = await buy(ana, '100');
    const { redemptionId } = await burn(ana, 100);
    at('2026-03-05T12:00:00Z');
    await refundRedemption(shop.app, fuel.principal, refundRedemptionSchema.parse({ idempotencyKey: redemptionId, redemptionId, points: 70n }));
    at('2026-04-10T12:00:00Z');
    await book();
    expect(await bringBack(purchaseId, '100')).toMatchObject({ clawedBack: 30, expired: 70, arrearsMade: 30 });
  });
});

it('what has not expired is taken, whatever else has', async () => {
  const ana = await fuel.enrol();
  await buy(ana, '100');
  at('2026-02-10T12:00:00Z');
  const { purchaseId } = await buy(ana, '50');
  at('2026-03-05T12:00:00Z');
  await expirePoints(shop.app);
  expect(await bringBack(purchaseId, '50')).toMatchObject({ clawedBack: 50, expired: 0, arrearsMade: 0, balance: { active: 0 } });
});
