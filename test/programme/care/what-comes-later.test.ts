import { randomUUID } from 'node:crypto';
import type { Principal } from '../../../src/coalition/access/principal';
import { setRule } from '../../../src/coalition/rules/set-rule';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { readWalletBalances } from '../../../src/members/members/find-member';
import type { Uuid } from '../../../src/platform/ids';
import { closeWallet } from '../../../src/programme/care/close-wallet';
import { cancelAwards } from '../../../src/programme/earning/cancel-awards';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { listPurchases } from '../../../src/programme/purchases/list-purchases';
import { listRedemptions } from '../../../src/programme/redemption/find-redemption';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { acceptInvitation, acceptInvitationSchema, listInvitations } from '../../../src/programme/sharing/answer-invitation';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { inviteToPool, inviteToPoolSchema } from '../../../src/programme/sharing/invite-to-pool';
import { giftOf, householdsOf } from '../../support/households';
import { mergeMembers } from '../../support/merged-members';
import {
  createShopCoalition,
  purchaseOf,
  returnOf,
  type ShopCoalition,
  type ShopOptions,
  spendingOf,
  staffPerson,
  type Till,
} from '../../support/shop-coalition';
import { untilItWaits } from '../../support/until-it-waits';
import { faults } from '../../support/verified-books';

let shop: ShopCoalition;
let fuel: Till;

async function open(options: ShopOptions): Promise<void> {
  shop = await createShopCoalition({ now: new Date('2026-03-01T12:00:00Z'), ...options });
  fuel = await shop.brand('FUEL');
}

afterEach(async () => {
  const wrong = await faults(shop);
  await shop.close();
  expect(wrong).toEqual([]);
});

const at = (instant: string) => shop.clock.set(new Date(instant));
const self = (memberId: Uuid): Principal => ({ kind: 'member', memberId, brandId: null });
const balance = async (memberId: Uuid) => ((await readWalletBalances(shop.app, self(memberId), memberId)) ?? [])[0];

const merge = (duplicateId: Uuid, survivorId: Uuid) => mergeMembers(shop, duplicateId, survivorId);

describe('where points expire by inactivity, those of a duplicate', () => {
  const WITH = { expiry: { kind: 'SLIDING', months: 3 }, now: new Date('2026-01-10T12:00:00Z') } as const;
  const shopAt = async (instant: string, { ref }: { ref: MemberRef }) => {
    at(instant);
    await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '1'));
  };
  /** The old card has 100 points, good until 10 April if it is used no more. */
  const cards = async () => {
    await open(WITH);
    const [old, fresh] = [await fuel.enrol(), await fuel.enrol()];
    await recordPurchase(shop.app, fuel.principal, purchaseOf(old.ref, '100'));
    return { old, fresh };
  };

  it('live on with what the survivor does, who had a card that was never used', async () => {
    const { old, fresh } = await cards();
    await merge(old.memberId, fresh.memberId);
    for (const month of ['02', '03', '04']) await shopAt(`2026-${month}-09T12:00:00Z`, fresh);
    at('2026-06-20T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 103 });
    at('2026-07-09T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 0 });
  });

  it('live no longer than they did where the survivor does nothing', async () => {
    const { old, fresh } = await cards();
    at('2026-04-01T12:00:00Z');
    await merge(old.memberId, fresh.memberId);
    at('2026-04-09T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 100 });
    at('2026-04-10T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 0 });
    await shopAt('2026-04-11T12:00:00Z', fresh);
    expect(await balance(fresh.memberId)).toMatchObject({ active: 1 });
  });

  it('live on with those of a survivor who has been inactive for longer', async () => {
    const { old, fresh } = await cards();
    await recordPurchase(shop.app, fuel.principal, purchaseOf(fresh.ref, '10'));
    await shopAt('2026-02-01T12:00:00Z', old);
    await merge(old.memberId, fresh.memberId);
    at('2026-04-30T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 111 });
    await shopAt('2026-04-30T12:00:00Z', fresh);
    at('2026-07-29T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 112 });
  });

  it('do not live again where they had lapsed', async () => {
    const { old, fresh } = await cards();
    at('2026-04-10T12:00:00Z');
    await merge(old.memberId, fresh.memberId);
    await shopAt('2026-04-10T13:00:00Z', fresh);
    expect(await balance(fresh.memberId)).toMatchObject({ active: 1 });
  });

  it('shorten nothing that was given to the survivor', async () => {
    const { old, fresh } = await cards();
    const people = householdsOf(shop, fuel);
    await people.allowGifts();
    at('2026-02-10T12:00:00Z');
    await givePoints(shop.app, (await people.person(40)).self, giftOf(fresh.ref, 40));
    await merge(old.memberId, fresh.memberId);
    at('2026-04-20T12:00:00Z');
    expect(await balance(fresh.memberId)).toMatchObject({ active: 40 });
  });
});

describe('points that wait to be confirmed, of a member who was merged into one who has been inactive for longer', () => {
  const pending = async () => {
    await open({ expiry: { kind: 'SLIDING', months: 1 } });
    const rule = { idempotencyKey: 'rule', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date('2026-01-01') };
    const [duplicate, survivor] = [await fuel.enrol(), await fuel.enrol()];
    await recordPurchase(shop.app, fuel.principal, purchaseOf(survivor.ref, '50'));
    await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind: 'ON_EVENT', days: 60 } }));
    const { purchaseId } = await recordPurchase(shop.app, fuel.principal, purchaseOf(duplicate.ref, '100'));
    at('2026-03-05T12:00:00Z');
    await merge(duplicate.memberId, survivor.memberId);
    return { purchaseId, survivor };
  };

  it('can be confirmed and spent', async () => {
    const { purchaseId, survivor } = await pending();
    at('2026-04-20T12:00:00Z');
    expect(await balance(survivor.memberId)).toMatchObject({ pending: 100 });
    await confirmPurchase(shop.app, fuel.principal, { idempotencyKey: 'confirm', purchaseId, occurredAt: null });
    expect((await balance(survivor.memberId)).active).toBeGreaterThanOrEqual(100);
  });

  it('are taken back from where they are', async () => {
    const { survivor } = await pending();
    at('2026-05-20T12:00:00Z');
    expect(await cancelAwards(shop.app)).toBe(1);
    expect(await balance(survivor.memberId)).toMatchObject({ pending: 0, arrears: 0 });
  });
});

describe('a refund of what the household spent of points of somebody who has left it', () => {
  it.each(['closed', 'merged'])('keeps nobody from closing the pool when the wallet was %s since', async (how) => {
    await open({});
    const people = householdsOf(shop, fuel);
    const [ana, ben, twin] = [await people.person(100), await people.person(100), await people.person()];
    const poolId = await people.pool(ana, ben);
    await people.contribute(ana, 40);
    await people.contribute(ben, 60);
    const spent = await redeemPoints(shop.app, fuel.principal, spendingOf(ana.card, 100, { source: 'POOL' }));
    await people.leave(ben, poolId);
    if (how === 'closed') await closeWallet(shop.app, ben.self, { member: null, reason: null });
    else await merge(ben.memberId, twin.memberId);
    await refundRedemption(shop.app, fuel.principal, refundRedemptionSchema.parse({ idempotencyKey: 'refund', redemptionId: spent.redemptionId }));
    // The survivor has them by the refund itself.
    if (how === 'merged') expect(await balance(twin.memberId)).toMatchObject({ active: 100 });
    const closed = await closePool(shop.app, ana.self, closePoolSchema.parse({ idempotencyKey: 'close', poolId }));
    expect(closed.returned).toEqual([{ currency: 'FLP', points: 40 }]);
    expect(await balance(ana.memberId)).toMatchObject({ active: 100 });
  });
});

test("gifts and invitations by a duplicate's old id reach the survivor", async () => {
  await open({});
  const people = householdsOf(shop, fuel);
  await people.allowGifts();
  const [ana, old, fresh] = [await people.person(100), await people.person(), await people.person()];
  await merge(old.memberId, fresh.memberId);
  await givePoints(shop.app, ana.self, giftOf(old.ref, 30));
  await givePoints(shop.app, fuel.principal, giftOf(old.ref, 20, { from: ana.ref }));
  expect(await balance(fresh.memberId)).toMatchObject({ active: 50 });
  const poolId = await people.pool(ana);
  const invite = inviteToPoolSchema.parse({ idempotencyKey: randomUUID(), member: old.ref, role: 'ADULT' });
  expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
  expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
  expect(await listInvitations(shop.app, fresh.self)).toMatchObject([{ poolId }]);
  await expect(closeWallet(shop.app, old.self, { member: null, reason: 'enough' })).rejects.toMatchObject({ name: 'NotFound' });
});

test('who is closed, or being closed, joins no household', async () => {
  await open({});
  const people = householdsOf(shop, fuel);
  const [ana, ben, cem] = [await people.person(100), await people.person(100), await people.person(100)];
  await people.pool(ana);
  for (const other of [ben, cem])
    await inviteToPool(shop.app, ana.self, inviteToPoolSchema.parse({ idempotencyKey: randomUUID(), member: other.card, role: 'ADULT' }));
  const [[ofBen], [ofCem]] = [await listInvitations(shop.app, ben.self), await listInvitations(shop.app, cem.self)];
  const accept = (who: typeof ben, invitationId: Uuid) => acceptInvitation(shop.app, who.self, acceptInvitationSchema.parse({ invitationId }));
  await closeWallet(shop.app, ben.self, { member: null, reason: null });
  await expect(accept(ben, ofBen.invitationId)).rejects.toMatchObject({ name: 'NotFound' });
  // It joins after the closing has looked, and before it is done.
  const original = shop.app.ledger.transaction;
  let joining: { readonly waiting: Promise<unknown> } | undefined;
  const spied = jest.spyOn(shop.app.ledger, 'transaction').mockImplementation(async (work) => {
    joining = await untilItWaits(shop.database, () => accept(cem, ofCem.invitationId).catch((error: Error) => error.name));
    return original.call(shop.app.ledger, work) as never;
  });
  await closeWallet(shop.app, cem.self, { member: null, reason: null });
  spied.mockRestore();
  expect(await joining?.waiting).toBe('NotFound');
});

test('points that waited to be confirmed have ended with their wallet', async () => {
  await open({});
  const { memberId, ref } = await fuel.enrol();
  const rule = { idempotencyKey: 'rule', currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date('2026-01-01') };
  await setRule(shop.app, fuel.principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind: 'ON_EVENT', days: 60 } }));
  const { purchaseId } = await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, '100'));
  await closeWallet(shop.app, self(memberId), { member: null, reason: null });
  await expect(confirmPurchase(shop.app, fuel.principal, { idempotencyKey: 'confirm', purchaseId, occurredAt: null })).rejects.toMatchObject({
    code: 'NO_PENDING_AWARD',
  });
});

describe('a request that was looked up before a merge is looked up again after it', () => {
  const meanwhile = async (kind: string) => {
    await open({});
    const people = householdsOf(shop, fuel);
    await people.allowGifts();
    const [duplicate, survivor, other] = [await people.person(100), await people.person(10), await people.person(100)];
    const { post } = shop.app.ledger;
    jest.spyOn(shop.app.ledger, 'post').mockImplementation(async (request) => {
      if (request.kind === kind && (await balance(survivor.memberId)).active === 10) await merge(duplicate.memberId, survivor.memberId);
      return post.call(shop.app.ledger, request);
    });
    return { duplicate, survivor, other };
  };

  it('what is earned is the survivor’s, alone and in a bulk', async () => {
    const { duplicate, survivor, other } = await meanwhile('RECORD_PURCHASE');
    const [first, second] = await recordPurchases(shop.app, fuel.principal, [purchaseOf(duplicate.card, '5'), purchaseOf(other.card, '7')]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { points: 5, balance: { active: 115 } } });
    expect(second).toMatchObject({ status: 'fulfilled', value: { points: 7, balance: { active: 107 } } });
    expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(duplicate.card, '1'))).toMatchObject({ balance: { active: 116 } });
    expect(await balance(survivor.memberId)).toMatchObject({ active: 116 });
  });

  it('what is spent is the survivor’s', async () => {
    const { duplicate } = await meanwhile('REDEEM');
    expect(await redeemPoints(shop.app, fuel.principal, spendingOf(duplicate.card, 105))).toMatchObject({ points: 105, balance: { active: 5 } });
  });

  it('what is given to the duplicate is the survivor’s', async () => {
    const { duplicate, survivor, other } = await meanwhile('GIVE_POINTS');
    expect(await givePoints(shop.app, other.self, giftOf(duplicate.card, 30))).toMatchObject({ points: 30, balance: { active: 70 } });
    expect(await balance(survivor.memberId)).toMatchObject({ active: 140 });
  });
});

describe('points that a duplicate burned', () => {
  it('pay for the basket that is told after the merge, once', async () => {
    await open({});
    const [old, young] = [await fuel.enrol(), await fuel.enrol()];
    await recordPurchase(shop.app, fuel.principal, purchaseOf(old.ref, '500'));
    const burn = () => redeemPoints(shop.app, fuel.principal, spendingOf(old.ref, 100, { purchase: { amount: '20', moneyCurrency: 'GBP' } }));
    const [used, unused] = [await burn(), await burn()];
    const told = (member: MemberRef, { redemptionId }: { redemptionId: Uuid }) =>
      recordPurchase(shop.app, fuel.principal, purchaseOf(member, '20', { redemptionIds: [redemptionId] }));
    await told(old.ref, used);
    await merge(old.memberId, young.memberId);
    const paid = await told(old.ref, unused);
    expect(paid).toMatchObject({ paidWithPoints: '1.000000000' });
    for (const spent of [used, unused]) await expect(told(young.ref, spent)).rejects.toMatchObject({ code: 'REDEMPTION_USED' });
    const { active } = await balance(young.memberId);
    const back = await recordReturn(shop.app, fuel.principal, returnOf(paid.purchaseId, [{ lineNo: 1, quantity: '1' }]));
    expect(back).toMatchObject({ reinstated: 100 });
    expect(await balance(young.memberId)).toMatchObject({ active: active + 100 - back.clawedBack });
  });
});

it('what a duplicate bought and burned is listed as the survivor’s', async () => {
  await open({});
  const [old, older, young] = [await fuel.enrol('old'), await fuel.enrol('older'), await fuel.enrol('young')];
  const earlier = await recordPurchase(shop.app, fuel.principal, purchaseOf(older.ref, '10', { reference: 'R-0' }));
  const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(old.ref, '200', { reference: 'R-1' }));
  const { redemptionId } = await redeemPoints(shop.app, fuel.principal, spendingOf(old.ref, 100));
  await merge(older.memberId, old.memberId);
  await merge(old.memberId, young.memberId);
  const filter = { reference: null, member: young.ref, from: null, to: null };
  const page = { limit: 10, after: null };
  const purchases = async (more: object, principal: Principal = fuel.principal) =>
    (await listPurchases(shop.app, principal, { ...filter, ...more }, page)).map(({ id }) => id).sort();
  const both = [earlier.purchaseId, bought.purchaseId].sort();
  expect(await purchases({})).toEqual(both);
  expect(await purchases({ member: old.ref })).toEqual(both);
  expect(await purchases({ reference: 'R-1' })).toEqual([bought.purchaseId]);
  const support = await staffPerson(shop, shop.operatorId);
  expect(await purchases({ member: { by: 'id', memberId: young.memberId } }, support)).toEqual(both);
  expect((await listRedemptions(shop.app, fuel.principal, filter, page)).map(({ id }) => id)).toEqual([redemptionId]);
  const stranger = await fuel.enrol();
  expect(await purchases({ member: stranger.ref })).toEqual([]);
});
