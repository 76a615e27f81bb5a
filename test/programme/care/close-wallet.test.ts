import type { Principal } from '../../../src/coalition/access/principal';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember } from '../../../src/members/members/find-member';
import type { Uuid } from '../../../src/platform/ids';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';
import { untilItWaits, whileLocked } from '../../support/until-it-waits';
import { faults } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
});
afterAll(async () => {
  const wrong = await faults(shop);
  await shop.close();
  expect(wrong).toEqual([]);
});

const customer = (customerId: string): MemberRef => ({ by: 'customerId', customerId });
const card = (value: string) => ({ kind: 'CARD', value }) as const;
const byCard = (value: string): MemberRef => ({ by: 'identifier', identifier: card(value) });
const self = (memberId: Uuid): Principal => ({ kind: 'member', memberId, brandId: null });
const rows = async (text: string, ...values: unknown[]) => (await shop.database.owner.query(text, values)).rows;

describe('closing a wallet', () => {
  test('lets whoever had to wait book what is recorded then', async () => {
    const yan = await fuel.enrol();
    await recordPurchase(shop.app, fuel.principal, purchaseOf(yan.ref, '100'));
    await whileLocked(shop.database, `SELECT FROM member WHERE id = '${yan.memberId}' FOR UPDATE`, async (letGo) => {
      const { waiting } = await untilItWaits(shop.database, () => closeWallet(shop.app, self(yan.memberId), { member: null, reason: null }));
      shop.clock.advance(90_000);
      await letGo();
      const { closedAt } = await waiting;
      expect(
        await rows("SELECT recorded_at FROM transfer t JOIN account a ON a.id = t.debit_account WHERE a.owner_id = $1 AND code = 'CLOSURE'", yan.walletId),
      ).toEqual([{ recorded_at: closedAt }]);
      expect(closedAt).toEqual(shop.clock.now());
    });
  });

  test.each(['adding', 'closing'] as const)('leaves a card that is added at the same time to nobody, whether %s came first', async (first) => {
    const [olga, value] = [await staffPerson(shop, shop.operatorId), `T ${first}`];
    const tom = await fuel.enrol();
    const both = [
      () => addIdentifier(shop.app, fuel.principal, { member: tom.ref, identifier: card(value) }),
      () => closeWallet(shop.app, self(tom.memberId), { member: null, reason: null }),
    ];
    await whileLocked(shop.database, `SELECT pg_advisory_xact_lock(hashtextextended('identifiers ${tom.memberId}', 0))`, async (letGo) => {
      const started = [];
      for (const work of first === 'adding' ? both : both.reverse()) started.push(await untilItWaits<unknown>(shop.database, work));
      await letGo();
      await Promise.allSettled(started.map(({ waiting }) => waiting));
    });
    await expect(findMember(shop.app, olga, byCard(value))).rejects.toMatchObject({ name: 'NotFound' });
    const identifiers = [card(value)];
    const next = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: value, identifiers }));
    expect(await findMember(shop.app, olga, byCard(value))).toMatchObject({ memberId: next.memberId });
  });

  test('ends points with their issuers and books nothing any more', async () => {
    const [ann, olga] = [await staffPerson(shop, fuel.brandId), await staffPerson(shop, shop.operatorId)];
    const zoe = await fuel.enrol('Z-1');
    await addIdentifier(shop.app, fuel.principal, { member: zoe.ref, identifier: card('Z 1') });
    const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(zoe.ref, '100'));
    await recordPurchase(shop.app, taxi.principal, purchaseOf(byCard('Z 1'), '20'));
    const burnt = await redeemPoints(shop.app, fuel.principal, spendingOf(zoe.ref, 30));
    const close = (principal: Principal, memberId: Uuid | null = zoe.memberId) =>
      closeWallet(shop.app, principal, { member: memberId === null ? null : { by: 'id', memberId }, reason: 'asked to leave' });
    await expect(close(fuel.principal)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(close(ann)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(close({ kind: 'member', memberId: zoe.memberId, brandId: fuel.brandId }, null)).rejects.toMatchObject({ name: 'PermissionDenied' });
    const closed = await close(self(zoe.memberId), null);
    expect(await close(olga)).toEqual(closed);
    expect(
      await rows(
        `SELECT b.code, sum(t.amount)::int AS points FROM transfer t JOIN account w ON w.id = t.debit_account JOIN account e ON e.id = t.credit_account JOIN brand b ON b.id = e.owner_id
         WHERE t.code = 'CLOSURE' AND w.owner_id = $1 AND e.kind = 'EXPIRED' GROUP BY 1 ORDER BY 1`,
        zoe.walletId,
      ),
    ).toEqual([
      { code: 'FUEL', points: 70 },
      { code: 'TAXI', points: 20 },
    ]);
    const before = await shop.written();
    await expect(recordPurchase(shop.app, fuel.principal, purchaseOf(customer('Z-1'), '5'))).rejects.toMatchObject({
      code: 'WALLET_CLOSED',
      message: expect.stringContaining('closed for good'),
    });
    await expect(redeemPoints(shop.app, fuel.principal, spendingOf(zoe.ref, 5))).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
    await expect(recordPurchase(shop.app, taxi.principal, purchaseOf(byCard('Z 1'), '5'))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    // Points cannot come back: they stay with the redeemer.
    const refund = refundRedemptionSchema.parse({ idempotencyKey: 'refund Z', redemptionId: burnt.redemptionId });
    await expect(refundRedemption(shop.app, fuel.principal, refund)).rejects.toMatchObject({ code: 'WALLET_CLOSED' });
    await expect(findMember(shop.app, fuel.principal, zoe.ref)).rejects.toMatchObject({ name: 'NotFound' });
    expect(await shop.written()).toEqual(before);
    // Goods do come back. What they earned and was spent is owed, to whom the terms say; what ended with the wallet is
    // not paid for again.
    const part = await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ sku: 'THING', quantity: '0.1' }]));
    expect(part).toMatchObject({ clawedBack: 0, expired: 10, reinstated: 0 });
    const rest = await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ sku: 'THING', quantity: '0.9' }]));
    expect(rest).toMatchObject({ clawedBack: 30, expired: 60, arrearsMade: 30 });
    expect(await rows('SELECT remaining::int FROM arrears r JOIN account a ON a.id = r.account_id WHERE a.owner_id = $1', zoe.walletId)).toEqual([
      { remaining: 30 },
    ]);
  });

  test('waits for open holds', async () => {
    const olga = await staffPerson(shop, shop.operatorId);
    const yan = await fuel.enrol('Y-1');
    await recordPurchase(shop.app, fuel.principal, purchaseOf(yan.ref, '100'));
    await holdPoints(shop.app, fuel.principal, spendingOf(yan.ref, 60));
    const before = await shop.written();
    await expect(closeWallet(shop.app, olga, { member: { by: 'id', memberId: yan.memberId }, reason: null })).rejects.toMatchObject({
      code: 'WALLET_HAS_HOLDS',
    });
    expect(await shop.written()).toEqual(before);
    expect(await findMember(shop.app, fuel.principal, customer('Y-1'))).toMatchObject({ memberId: yan.memberId });
  });
});
