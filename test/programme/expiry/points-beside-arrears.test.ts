import { setRule } from '../../../src/coalition/rules/set-rule';
import { readWalletBalances } from '../../../src/members/members/find-member';
import type { Uuid } from '../../../src/platform/ids';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { fillStandingArrears } from '../../../src/programme/expiry/fill-standing-arrears';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;

const START = new Date('2026-03-01T12:00:00Z');

beforeAll(async () => {
  shop = await createShopCoalition({ now: START });
  fuel = await shop.brand('FUEL');
});
afterAll(() => shop.close());
beforeEach(() => shop.clock.set(START));
afterEach(async () => {
  expect(await firstFault(shop)).toBeUndefined();
});

type Member = Awaited<ReturnType<Till['enrol']>>;

const buy = (member: Member, amount: string) => recordPurchase(shop.app, fuel.principal, purchaseOf(member.ref, amount));
const hold = (member: Member, points: number) => holdPoints(shop.app, fuel.principal, spendingOf(member.ref, points));
const burn = (member: Member, points: number) => redeemPoints(shop.app, fuel.principal, spendingOf(member.ref, points));
const bringBack = (purchaseId: Uuid) => recordReturn(shop.app, fuel.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]));
const balance = async ({ memberId }: Member) => (await readWalletBalances(shop.app, fuel.principal, memberId))?.[0];

/** A member of whose 100 points 60 are held and 40 spent when the goods come back: all 100 are owed. */
async function owing() {
  const ana = await fuel.enrol();
  const { purchaseId } = await buy(ana, '100');
  const held = await hold(ana, 60);
  const burned = await burn(ana, 40);
  expect(await bringBack(purchaseId)).toMatchObject({ clawedBack: 100, arrearsMade: 100, arrearsFilled: 0, balance: { active: 0, held: 60, arrears: 100 } });
  return { ana, held, burned };
}

describe('points that come back to a wallet in arrears fill them first', () => {
  it('of a hold that is voided', async () => {
    const { ana, held } = await owing();
    const key = voidHoldSchema.parse({ idempotencyKey: held.redemptionId, redemptionId: held.redemptionId });
    expect((await voidHold(shop.app, fuel.principal, key)).balance).toMatchObject({ active: 0, held: 0, arrears: 40, spendable: 0 });
    expect((await buy(ana, '50')).balance).toMatchObject({ active: 10, arrears: 0, spendable: 10 });
  });

  it('of a hold that is captured in part', async () => {
    const { held } = await owing();
    const part = captureHoldSchema.parse({ idempotencyKey: held.redemptionId, redemptionId: held.redemptionId, points: 25n });
    expect((await captureHold(shop.app, fuel.principal, part)).balance).toMatchObject({ active: 0, held: 0, arrears: 65 });
  });

  it('of a hold that ends', async () => {
    const { ana } = await owing();
    shop.clock.set(new Date('2026-03-20T12:00:00Z'));
    expect(await balance(ana)).toMatchObject({ active: 0, held: 0, arrears: 40 });
    await releaseExpiredHolds(shop.app, 100);
    expect(await balance(ana)).toMatchObject({ active: 0, held: 0, arrears: 40 });
  });

  it('of a refund', async () => {
    const { burned } = await owing();
    const all = refundRedemptionSchema.parse({ idempotencyKey: burned.redemptionId, redemptionId: burned.redemptionId });
    expect((await refundRedemption(shop.app, fuel.principal, all)).balance).toMatchObject({ active: 0, arrears: 60 });
  });

  it('of a return that takes points back and gives others back', async () => {
    const ana = await fuel.enrol();
    await buy(ana, '100');
    const { redemptionId } = await burn(ana, 100);
    const { purchaseId, points } = await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '31', { redemptionIds: [redemptionId] }));
    expect(points).toBe(30);
    await burn(ana, 30);
    expect(await bringBack(purchaseId)).toMatchObject({
      clawedBack: 30,
      reinstated: 100,
      arrearsMade: 30,
      arrearsFilled: 30,
      balance: { active: 70, arrears: 0 },
    });
  });
});

it('points that wait to be confirmed fill them once they are', async () => {
  const rule = (availability: object, effectiveFrom: string) =>
    setRule(
      shop.app,
      fuel.principal,
      EARNING_RULE,
      EARNING_RULE.schema.parse({
        idempotencyKey: effectiveFrom,
        currency: 'FLP',
        moneyCurrency: 'GBP',
        pointsPerUnit: 1,
        effectiveFrom: new Date(effectiveFrom),
        availability,
      }),
    );
  const ana = await fuel.enrol();
  const spent = await buy(ana, '100');
  await burn(ana, 100);
  await rule({ kind: 'ON_EVENT', days: 30 }, '2026-03-02');
  shop.clock.set(new Date('2026-03-02T12:00:00Z'));
  const first = await buy(ana, '70');
  expect(await bringBack(spent.purchaseId)).toMatchObject({ clawedBack: 100, arrearsMade: 100, balance: { pending: 70, arrears: 100 } });
  expect((await buy(ana, '20')).balance).toMatchObject({ pending: 90, arrears: 100 });
  const confirmed = await confirmPurchase(shop.app, fuel.principal, { idempotencyKey: 'first', purchaseId: first.purchaseId, occurredAt: null });
  expect(confirmed).toMatchObject({ points: 70, balance: { active: 0, pending: 20, arrears: 30 } });
});

it('wallets that stand so from before are put right', async () => {
  const { ana, held } = await owing();
  // What a void once left: the points lie free beside what is owed.
  const { owner } = shop.database;
  await owner.query("UPDATE hold SET state = 'VOIDED', settled_at = now() WHERE id = $1", [held.redemptionId]);
  await owner.query('UPDATE lot SET remaining = held, held = 0 WHERE account_id = (SELECT account_id FROM hold WHERE id = $1)', [held.redemptionId]);
  await owner.query('UPDATE account SET held = 0, version = version + 1 WHERE id = (SELECT account_id FROM hold WHERE id = $1)', [held.redemptionId]);
  expect(await firstFault(shop)).toMatchObject({ check: 'live points beside arrears', wrong: 1, first: { expected: '0', found: '60' } });
  expect(await fillStandingArrears(shop.app)).toBe(1);
  expect(await balance(ana)).toMatchObject({ active: 0, held: 0, arrears: 40 });
  expect(await fillStandingArrears(shop.app)).toBe(0);
});
