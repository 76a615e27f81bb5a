import { randomUUID } from 'node:crypto';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import type { DatabasePrincipal } from '../../../src/platform/database/database-principal';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

describe('requests of a brand', () => {
  let shop: ShopCoalition;
  let hearth: Till;
  let attic: Till;
  let transactions: DatabasePrincipal[];

  beforeAll(async () => {
    shop = await createShopCoalition();
    hearth = await shop.brand('HEARTH');
    attic = await shop.brand('ATTIC');
    const { database } = shop.app;
    const pipelined = database.pipelined.bind(database);
    database.pipelined = (principal, work) => {
      transactions.push(principal);
      return pipelined(principal, work);
    };
  });
  beforeEach(() => {
    transactions = [];
  });
  afterAll(() => shop.close());

  it('that come together are looked up together', async () => {
    const [ana, bob] = [await hearth.enrol(), await attic.enrol()];
    await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '100'));
    transactions = [];
    const [earned, spent, theirs] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')))),
      Promise.all(Array.from({ length: 20 }, () => redeemPoints(shop.app, hearth.principal, spendingOf(ana.ref, 2)))),
      Promise.all(Array.from({ length: 30 }, () => recordPurchase(shop.app, attic.principal, purchaseOf(bob.ref, '1')))),
    ]);
    expect([earned.length, spent.length, theirs.length]).toEqual([50, 20, 30]);
    expect(transactions).toEqual([
      { kind: 'brand', brandId: hearth.brandId },
      { kind: 'brand', brandId: attic.brandId },
    ]);
    expect((await recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1'))).balance).toMatchObject({ active: 100 + 50 - 40 + 1 });
  });

  it('do not harm each other', async () => {
    const [ana, bob] = [await hearth.enrol(), await attic.enrol()];
    const outcomes = await Promise.allSettled([
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')),
      recordPurchase(shop.app, hearth.principal, purchaseOf(bob.ref, '1')),
      recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'customerId', customerId: 'nobody' }, '1')),
      redeemPoints(shop.app, hearth.principal, spendingOf(bob.ref, 1)),
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1', { redemptionIds: [randomUUID()] })),
      recordPurchase(shop.app, hearth.principal, purchaseOf(ana.ref, '1')),
    ]);
    expect(transactions).toHaveLength(1);
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'ok' : outcome.reason.message))).toEqual([
      'ok',
      expect.stringContaining('Member'),
      expect.stringContaining('Member'),
      expect.stringContaining('Member'),
      expect.stringContaining('Redemption'),
      'ok',
    ]);
  });

  it('a card that one of them shows lets no other find its owner', async () => {
    const value = randomUUID();
    const enrolment = enrolMemberSchema.parse({ idempotencyKey: value, identifiers: [{ kind: 'CARD', value }] });
    const { memberId } = await enrolMember(shop.app, attic.principal, enrolment);
    const byCard: MemberRef = { by: 'identifier', identifier: { kind: 'CARD', value } };
    const shown = purchaseOf(byCard, '1');
    const outcomes = await Promise.allSettled([
      recordPurchase(shop.app, hearth.principal, shown),
      recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'id', memberId }, '1')),
      recordPurchase(shop.app, hearth.principal, { ...purchaseOf({ ...byCard }, '1'), dryRun: true }),
    ]);
    expect(transactions).toHaveLength(1);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    // What was booked makes the member known.
    await recordPurchase(shop.app, hearth.principal, purchaseOf({ by: 'id', memberId }, '1'));
  });
});
