import type { Principal } from '../../../src/coalition/access/principal';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { householdsOf } from '../../support/households';
import { mergeMembers } from '../../support/merged-members';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { firstFault } from '../../support/verified-books';

// Where the points of a return are no longer where it found them. Wallets end after three months without use; grace is
// thirty days.
let shop: ShopCoalition;
let fuel: Till;
let home: ReturnType<typeof householdsOf>;

const at = (instant: string) => shop.clock.set(new Date(instant));

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'SLIDING', months: 3 }, now: new Date('2026-01-10T12:00:00Z') });
  fuel = await shop.brand('FUEL');
  home = householdsOf(shop, fuel);
});
afterAll(() => shop.close());
beforeEach(() => at('2026-01-10T12:00:00Z'));
afterEach(async () => {
  expect(await firstFault(shop)).toBeUndefined();
});

const buy = (ref: MemberRef, price: string, more: Record<string, unknown> = {}) => recordPurchase(shop.app, fuel.principal, purchaseOf(ref, price, more));
const bringBack = (purchaseId: Uuid) => recordReturn(shop.app, fuel.principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]));
const cancel = (returnId: Uuid) => cancelReturn(shop.app, fuel.principal, cancelReturnSchema.parse({ idempotencyKey: newUuid(), returnId }));
const self = (memberId: Uuid): Principal => ({ kind: 'member', memberId, brandId: null });
const active = async (memberId: Uuid) => (await readWalletBalances(shop.app, self(memberId), memberId))?.[0]?.active;
const left = async (owner: Uuid) => (await home.lots(owner)).reduce((sum, { remaining }) => sum + remaining, 0);

describe('cancel a return', () => {
  it('gives to and takes from the survivor of a merge', async () => {
    const [ana, twin] = [await home.person(300), await fuel.enrol()];
    const { redemptionId } = await redeemPoints(shop.app, fuel.principal, spendingOf(ana.ref, 200));
    const bought = await buy(ana.ref, '5', { redemptionIds: [redemptionId] });
    const { returnId, clawedBack, reinstated } = await bringBack(bought.purchaseId);
    expect({ clawedBack, reinstated }).toEqual({ clawedBack: 3, reinstated: 200 });
    await mergeMembers(shop, ana.memberId, twin.memberId);
    expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 3, pointsTakenBack: 200 });
    expect(await active(twin.memberId)).toBe(103);
  });

  it("takes from a household's pool what came back to it and is there still", async () => {
    const [ana, ben] = [await home.person(100), await home.person()];
    const poolId = await home.pool(ben, ana);
    await home.contribute(ana, 100);
    const bought = async () => {
      const { redemptionId } = await redeemPoints(shop.app, fuel.principal, spendingOf(ben.card, 50, { source: 'POOL' }));
      return buy(ben.ref, '0.5', { redemptionIds: [redemptionId] });
    };
    const [one, other] = [await bought(), await bought()];
    const first = await bringBack(one.purchaseId);
    expect(await left(poolId)).toBe(50);
    expect(await cancel(first.returnId)).toMatchObject({ pointsTakenBack: 50 });
    expect(await left(poolId)).toBe(0);
    await home.leave(ana, poolId);
    const second = await bringBack(other.purchaseId);
    expect(await active(ana.memberId)).toBe(50);
    await expect(cancel(second.returnId)).rejects.toMatchObject({ code: 'RETURN_NOT_CANCELLABLE', fields: { reason: 'POOL_LEFT' } });
  });

  it('gives a closed wallet nothing', async () => {
    const ana = await home.person(100);
    const { purchaseId } = await buy(ana.ref, '20');
    const { returnId } = await bringBack(purchaseId);
    await closeWallet(shop.app, ana.self, { member: null, reason: null });
    const before = await shop.written();
    await expect(cancel(returnId)).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
    expect(await shop.written()).toEqual(before);
  });

  describe('where the wallet slides', () => {
    /** 120 points of 10 January, of which 20 came back. */
    async function returned() {
      const ana = await home.person(100);
      const { purchaseId } = await buy(ana.ref, '20');
      const { returnId } = await bringBack(purchaseId);
      return { ana, returnId };
    }

    it('moves no end before its day', async () => {
      const { ana, returnId } = await returned();
      at('2026-04-09T12:00:00Z');
      expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 20, balance: { active: 120 } });
      at('2026-04-10T12:00:00Z');
      expect(await active(ana.memberId)).toBe(0);
    });

    it('lets live only what comes back after it', async () => {
      const { ana, returnId } = await returned();
      at('2026-04-12T12:00:00Z');
      expect(await cancel(returnId)).toMatchObject({ pointsGivenBack: 20, balance: { active: 20 } });
      at('2026-05-11T12:00:00Z');
      expect(await active(ana.memberId)).toBe(20);
      at('2026-05-12T12:00:00Z');
      expect(await active(ana.memberId)).toBe(0);
    });
  });
});
