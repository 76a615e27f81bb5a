import { randomUUID } from 'node:crypto';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import { readMovements } from '../../../src/members/members/read-movements';
import { derivedUuid } from '../../../src/platform/ids';
import { notNow } from '../../../src/platform/not-now';
import { verifyBooks } from '../../../src/process/verify/verify-books';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { acceptInvitation, acceptInvitationSchema, endInvitation, listInvitations } from '../../../src/programme/sharing/answer-invitation';
import { closePool, closePoolSchema } from '../../../src/programme/sharing/close-pool';
import { contributeToPool, contributeToPoolSchema } from '../../../src/programme/sharing/contribute-to-pool';
import { setContributionShare } from '../../../src/programme/sharing/contribution-share';
import { createPool, createPoolSchema } from '../../../src/programme/sharing/create-pool';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { inviteToPool, inviteToPoolSchema } from '../../../src/programme/sharing/invite-to-pool';
import { removeFromPool, removeFromPoolSchema } from '../../../src/programme/sharing/leave-pool';
import { findOwnPool, findPool, readPoolBalances } from '../../../src/programme/sharing/read-pool';
import { readPoolMovements } from '../../../src/programme/sharing/read-pool-movements';
import { setPoolRole } from '../../../src/programme/sharing/set-pool-role';
import { knowConfirmed } from '../../support/confirmed-link';
import { giftOf, householdsOf, type Person } from '../../support/households';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let people: ReturnType<typeof householdsOf>;

beforeAll(async () => {
  shop = await createShopCoalition({ expiry: { kind: 'ROLLING', months: 12, rounding: 'NONE' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  people = householdsOf(shop, fuel);
  await people.allowGifts();
});
afterAll(async () => {
  // Everything that happened here agrees with itself: lots, movements, and whose points are in which pool.
  const client = await shop.database.owner.connect();
  await client.query('SET ROLE tessera_app');
  const findings = await verifyBooks(client);
  client.release(true);
  await shop.close();
  expect(findings.filter(({ wrong }) => wrong > 0)).toEqual([]);
});

const key = () => ({ idempotencyKey: randomUUID() });
const fromPool = (who: Person, points: number, more: Record<string, unknown> = {}) => spendingOf(who.card, points, { source: 'POOL', ...more });
const poolOf = async (who: Person) => (await readPoolBalances(shop.app, who.self, (await findOwnPool(shop.app, who.self))?.poolId ?? ''))[0];
const active = async (who: Person): Promise<number> =>
  (await shop.database.owner.query("SELECT (credits - debits - held)::int AS active FROM account WHERE owner_id = $1 AND kind = 'WALLET'", [who.walletId]))
    .rows[0]?.active ?? 0;

test('in a pool is who was asked and said yes, in one pool at a time', async () => {
  const [ana, ben, cem] = [await people.person(), await people.person(), await people.person()];
  const create = createPoolSchema.parse(key());
  const poolId = await createPool(shop.app, ana.self, create);
  expect(await createPool(shop.app, ana.self, create)).toBe(poolId);
  await expect(createPool(shop.app, ana.self, { ...create, share: { numerator: 1, denominator: 3 } })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  await expect(createPool(shop.app, ana.self, createPoolSchema.parse(key()))).rejects.toMatchObject({ code: 'ALREADY_IN_POOL' });
  const invite = inviteToPoolSchema.parse({ ...key(), member: ben.card, role: 'ADULT' });
  expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
  expect(await inviteToPool(shop.app, ana.self, invite)).toBe(poolId);
  await expect(inviteToPool(shop.app, ana.self, { ...invite, role: 'CHILD' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  await expect(inviteToPool(shop.app, ana.self, { ...invite, ...key() })).rejects.toMatchObject({ code: 'ALREADY_INVITED' });
  await expect(inviteToPool(shop.app, ana.self, { ...invite, ...key(), member: ana.card })).rejects.toMatchObject({ field: 'input.member' });
  await expect(inviteToPool(shop.app, ben.self, { ...invite, ...key(), member: cem.card })).rejects.toMatchObject({ name: 'NotFound' });
  // Invited is not in: nothing to see, nothing to spend, and the others do not see who it is.
  expect(await findOwnPool(shop.app, ben.self)).toBeNull();
  await expect(findPool(shop.app, ben.self, poolId)).rejects.toMatchObject({ name: 'NotFound' });
  const seen = await findPool(shop.app, ana.self, poolId);
  expect(seen).toMatchObject({ members: [{ memberId: ana.memberId, role: 'OWNER' }], invitations: [{ role: 'ADULT' }] });
  expect(JSON.stringify(seen.invitations)).not.toContain(ben.memberId);
  const [{ invitationId }] = await listInvitations(shop.app, ben.self);
  const accept = acceptInvitationSchema.parse({ invitationId, share: { numerator: 1, denominator: 2 } });
  await expect(acceptInvitation(shop.app, cem.self, accept)).rejects.toMatchObject({ name: 'NotFound' });
  await expect(acceptInvitation(shop.app, { ...ben.self, brandId: fuel.brandId }, accept)).rejects.toMatchObject({ name: 'PermissionDenied' });
  expect(await acceptInvitation(shop.app, ben.self, accept)).toBe(poolId);
  expect(await acceptInvitation(shop.app, ben.self, accept)).toBe(poolId);
  expect((await findOwnPool(shop.app, ben.self))?.members.map(({ memberId, role }) => [memberId, role])).toEqual([
    [ana.memberId, 'OWNER'],
    [ben.memberId, 'ADULT'],
  ]);
  // Another household asks too.
  await createPool(shop.app, cem.self, createPoolSchema.parse(key()));
  await inviteToPool(shop.app, cem.self, inviteToPoolSchema.parse({ ...key(), member: ben.card, role: 'CHILD' }));
  const [second] = await listInvitations(shop.app, ben.self);
  await expect(acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId: second.invitationId }))).rejects.toMatchObject({
    code: 'ALREADY_IN_POOL',
  });
  expect(await endInvitation(shop.app, ben.self, second)).toBe(second.invitationId);
  expect(await endInvitation(shop.app, cem.self, second)).toBe(second.invitationId);
  await expect(endInvitation(shop.app, ana.self, second)).rejects.toMatchObject({ name: 'NotFound' });
  await expect(acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId: second.invitationId }))).rejects.toMatchObject({
    name: 'NotFound',
  });
});

test('who opened a pool stands before those who joined at the same instant, whatever their ids', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await people.pool(ana);
  let idempotencyKey = randomUUID();
  while (derivedUuid('pool-invitation', ana.memberId, idempotencyKey) > '01') idempotencyKey = randomUUID();
  await inviteToPool(shop.app, ana.self, inviteToPoolSchema.parse({ idempotencyKey, member: ben.card, role: 'ADULT' }));
  const [{ invitationId }] = await listInvitations(shop.app, ben.self);
  await acceptInvitation(shop.app, ben.self, acceptInvitationSchema.parse({ invitationId }));
  expect((await findOwnPool(shop.app, ben.self))?.members.map(({ memberId }) => memberId)).toEqual([ana.memberId, ben.memberId]);
});

test('a pool that was cut off before its posting: the same content goes on, other content under that key never gets it', async () => {
  const ana = await people.person();
  const create = createPoolSchema.parse({ ...key(), share: { numerator: 1, denominator: 1 } });
  const post = jest.spyOn(shop.app.ledger, 'post').mockRejectedValueOnce(notNow.refuse('OVERLOADED'));
  await expect(createPool(shop.app, ana.self, create)).rejects.toMatchObject({ code: 'OVERLOADED' });
  post.mockRestore();
  await expect(createPool(shop.app, ana.self, { ...create, share: { numerator: 0, denominator: 1 } })).rejects.toMatchObject({ code: 'ALREADY_IN_POOL' });
  const poolId = await createPool(shop.app, ana.self, create);
  expect(await findOwnPool(shop.app, ana.self)).toMatchObject({ poolId, members: [{ share: { numerator: 1n } }] });
});

test('an invitation ends after 14 days; a household has at most 10 members, invitations counted', async () => {
  const owner = await people.person();
  await people.pool(owner);
  const others = [];
  for (let i = 0; i < 10; i++) others.push(await people.person());
  const invite = (who: Person) => inviteToPool(shop.app, owner.self, inviteToPoolSchema.parse({ ...key(), member: who.card, role: 'CHILD' }));
  for (const other of others.slice(0, 9)) await invite(other);
  await expect(invite(others[9])).rejects.toMatchObject({ code: 'POOL_FULL', fields: { most: 10 } });
  const start = shop.clock.now();
  shop.clock.advance(14 * 86_400_000);
  expect(await listInvitations(shop.app, others[0].self)).toEqual([]);
  for (const other of others.slice(0, 9)) await invite(other);
  shop.clock.set(start);
});

test('roles: the owner hands over, a child does not spend, nobody else decides', async () => {
  const [ana, ben, kid] = [await people.person(100), await people.person(), await people.person()];
  const poolId = await people.pool(ana, ben);
  await people.join(ana, kid, 'CHILD');
  await people.contribute(ana, 100);
  await expect(redeemPoints(shop.app, taxi.principal, fromPool(kid, 10))).rejects.toMatchObject({ code: 'POOL_NOT_SPENDABLE' });
  const notOwner = { name: 'PermissionDenied', message: 'Only its owner may do this with a pool.' };
  await expect(setPoolRole(shop.app, ben.self, { memberId: kid.memberId, role: 'ADULT' })).rejects.toMatchObject(notOwner);
  await expect(setPoolRole(shop.app, ana.self, { memberId: ana.memberId, role: 'CHILD' })).rejects.toMatchObject({ code: 'POOL_NEEDS_OWNER' });
  await expect(setPoolRole(shop.app, ana.self, { memberId: kid.memberId, role: 'OWNER' })).rejects.toMatchObject({ field: 'input.role' });
  await expect(people.leave(ana, poolId)).rejects.toMatchObject({ code: 'POOL_NEEDS_OWNER' });
  await expect(removeFromPool(shop.app, ben.self, removeFromPoolSchema.parse({ ...key(), memberId: kid.memberId }))).rejects.toMatchObject(notOwner);
  await expect(closePool(shop.app, ben.self, closePoolSchema.parse({ ...key(), poolId }))).rejects.toMatchObject(notOwner);
  const invite = inviteToPoolSchema.parse({ ...key(), member: kid.card, role: 'CHILD' });
  await expect(inviteToPool(shop.app, ben.self, invite)).rejects.toMatchObject(notOwner);
  // Who is not in it hears nothing of it, whatever else they own.
  const stranger = await people.person();
  for (const own of [false, true]) {
    if (own) await people.pool(stranger);
    await expect(closePool(shop.app, stranger.self, closePoolSchema.parse({ ...key(), poolId }))).rejects.toMatchObject({ name: 'NotFound' });
  }
  await setPoolRole(shop.app, ana.self, { memberId: kid.memberId, role: 'ADULT' });
  expect(await redeemPoints(shop.app, taxi.principal, fromPool(kid, 10))).toMatchObject({ source: 'POOL', balance: { active: 90 } });
  await setPoolRole(shop.app, ana.self, { memberId: ben.memberId, role: 'OWNER' });
  const roles = new Map((await findOwnPool(shop.app, kid.self))?.members.map(({ memberId, role }) => [memberId, role]));
  expect([ana, ben, kid].map(({ memberId }) => roles.get(memberId))).toEqual(['ADULT', 'OWNER', 'ADULT']);
  expect(await people.leave(ana, poolId)).toMatchObject({ returned: [{ currency: 'FLP', points: 90 }] });
  expect(await active(ana)).toBe(90);
  const loner = await people.person(50);
  const written = await shop.written();
  await expect(redeemPoints(shop.app, taxi.principal, fromPool(loner, 10))).rejects.toMatchObject({ code: 'POOL_NOT_SPENDABLE' });
  expect(await shop.written()).toEqual(written);
});

test('put in by hand: the lots keep their age, and only spendable points of an unlocked wallet go in', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.card, '30', { occurredAt: new Date('2025-11-20T12:00:00Z') }));
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '70'));
  const poolId = await people.pool(ana, ben);
  const command = contributeToPoolSchema.parse({ ...key(), currency: 'FLP', points: 50n });
  const first = await contributeToPool(shop.app, ana.self, command);
  expect(first).toMatchObject({ poolId, points: 50, balance: { active: 50 }, poolBalance: { active: 50 } });
  expect(await contributeToPool(shop.app, ana.self, command)).toEqual({ ...first, duplicate: true });
  await expect(contributeToPool(shop.app, ana.self, { ...command, points: 51 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  expect(await people.lots(poolId)).toEqual([
    { month: '2025-11', ends: '2026-11-20', remaining: 30 },
    { month: '2026-03', ends: '2027-03-15', remaining: 20 },
  ]);
  expect(await poolOf(ben)).toMatchObject({
    currency: 'FLP',
    active: 50,
    nextExpiries: [
      { on: '2026-11-20', points: 30 },
      { on: '2027-03-15', points: 20 },
    ],
    contributors: [{ memberId: ana.memberId, points: 50 }],
  });
  const written = await shop.written();
  await expect(people.contribute(ana, 51)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 50 } });
  await lockWallet(shop.app, ana.self, { member: null, reason: null });
  await expect(people.contribute(ana, 1)).rejects.toMatchObject({ code: 'WALLET_LOCKED' });
  // A lost card spends nothing, neither here nor there.
  await expect(redeemPoints(shop.app, taxi.principal, fromPool(ana, 10))).rejects.toMatchObject({ code: 'WALLET_LOCKED' });
  expect(await shop.written()).toEqual(written);
});

test('the brand at which it was earned does not see that a share went into a pool', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await people.pool(ana);
  await people.join(ana, ben, 'ADULT', { numerator: 1, denominator: 2 });
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '10'));
  const seen = async (by: Person['self'] | Till['principal']) =>
    (await readMovements(shop.app, by, ben.memberId, { currency: 'FLP', limit: 10, before: null })).map(({ code, points }) => `${code} ${points}`);
  expect(await seen(fuel.principal)).toEqual(['EARN 10']);
  // Nor does a session that it minted, whose token it holds.
  expect(await seen({ ...ben.self, brandId: fuel.brandId })).toEqual(['EARN 10']);
  expect(await seen(ben.self)).toEqual(['POOL_CONTRIBUTION -5', 'EARN 10']);
});

test('a share of what is earned goes in at once: floored, never what fills arrears, never of a locked wallet', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await people.pool(ana);
  await people.join(ana, ben, 'CHILD', { numerator: 1, denominator: 3 });
  const bought = await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '100'));
  // Rounding down: the member keeps the remainder.
  expect(bought).toMatchObject({ points: 100, balance: { active: 67 } });
  expect(await poolOf(ana)).toMatchObject({ active: 33, contributors: [{ memberId: ben.memberId, points: 33 }] });
  // All goods come back: 67 are there, 33 are owed; the pool keeps what it has.
  expect(await recordReturn(shop.app, fuel.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({
    clawedBack: 100,
    balance: { active: 0, arrears: 33 },
  });
  expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '30'))).toMatchObject({ balance: { active: 0, arrears: 3 } });
  expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '33'))).toMatchObject({ balance: { active: 20, arrears: 0 } });
  expect(await poolOf(ana)).toMatchObject({ active: 43 });
  await lockWallet(shop.app, ben.self, { member: null, reason: null });
  expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(ben.ref, '30'))).toMatchObject({ balance: { active: 50 } });
  await setContributionShare(shop.app, ana.self, { share: { numerator: 1, denominator: 1 } });
  expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '7'))).toMatchObject({ points: 7, balance: { active: 0 } });
  expect(await poolOf(ana)).toMatchObject({ active: 50 });
});

test('spent from the pool: hold, capture, refund, a purchase paid with it and returned', async () => {
  const [ana, ben] = [await people.person(300), await people.person()];
  const poolId = await people.pool(ana, ben);
  await people.contribute(ana, 300);
  await knowConfirmed(shop, taxi, ben.memberId, ben.card);
  const hold = await holdPoints(shop.app, taxi.principal, fromPool(ben, 200));
  expect(hold).toMatchObject({ source: 'POOL', balance: { active: 100, held: 200 } });
  expect(await poolOf(ana)).toMatchObject({ active: 100, held: 200, contributors: [{ points: 300 }] });
  const capture = captureHoldSchema.parse({ ...key(), redemptionId: hold.redemptionId, points: 150n });
  expect(await captureHold(shop.app, taxi.principal, capture)).toMatchObject({ points: 150, released: 50, balance: { active: 150, held: 0 } });
  const refund = refundRedemptionSchema.parse({ ...key(), redemptionId: hold.redemptionId, points: 50n });
  expect(await refundRedemption(shop.app, taxi.principal, refund)).toMatchObject({ points: 50, balance: { active: 200 } });
  const burn = await redeemPoints(shop.app, taxi.principal, fromPool(ben, 100));
  const bought = await recordPurchase(shop.app, taxi.principal, purchaseOf(ben.card, '10', { redemptionIds: [burn.redemptionId] }));
  expect(bought).toMatchObject({ paidWithPoints: '1.000000000', points: 9, balance: { active: 9 } });
  expect(await recordReturn(shop.app, taxi.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({
    clawedBack: 9,
    reinstated: 100,
    balance: { active: 0 },
  });
  expect(await poolOf(ana)).toMatchObject({ active: 200, contributors: [{ memberId: ana.memberId, points: 200 }] });
  // The household sees how much, when and who; not where, nor for what.
  const movements = await readPoolMovements(shop.app, ana.self, poolId, { currency: 'FLP', limit: 10, before: null });
  expect(movements.map(({ code, points, memberId, balanceAfter }) => [code, points, memberId, balanceAfter])).toEqual([
    ['REINSTATEMENT', 100, ben.memberId, 200],
    ['BURN', -100, ben.memberId, 100],
    ['REFUND', 50, ben.memberId, 200],
    ['CAPTURE', -150, ben.memberId, 150],
    ['POOL_CONTRIBUTION', 300, ana.memberId, 300],
  ]);
  const { rows } = await shop.database.owner.query('SELECT member_id, pool_id FROM redemption WHERE id = $1', [burn.redemptionId]);
  expect(rows).toEqual([{ member_id: ben.memberId, pool_id: poolId }]);
});

test('who leaves takes the own points along, what is held when it comes free, and no more of the household is to be seen', async () => {
  const [ana, ben] = [await people.person(100), await people.person(60)];
  const poolId = await people.pool(ana, ben);
  await people.contribute(ana, 100);
  await people.contribute(ben, 60);
  const hold = await holdPoints(shop.app, taxi.principal, fromPool(ben, 130));
  expect(await people.leave(ben, poolId)).toMatchObject({ returned: [{ currency: 'FLP', points: 30 }] });
  await expect(findPool(shop.app, ben.self, poolId)).rejects.toMatchObject({ name: 'NotFound' });
  await expect(redeemPoints(shop.app, taxi.principal, fromPool(ben, 10))).rejects.toMatchObject({ code: 'POOL_NOT_SPENDABLE' });
  await expect(closePool(shop.app, ana.self, closePoolSchema.parse({ ...key(), poolId }))).rejects.toMatchObject({
    code: 'POOL_HAS_HOLDS',
    fields: { held: 130 },
  });
  // What was begun is settled, but the balance is the household's.
  const voided = await voidHold(shop.app, taxi.principal, voidHoldSchema.parse({ ...key(), redemptionId: hold.redemptionId }));
  expect(voided).toMatchObject({ released: 130, balance: null });
  // Back in the own wallet without being fetched.
  expect(await active(ben)).toBe(60);
  expect(await people.leave(ben, poolId)).toMatchObject({ returned: [] });
  await expect(people.leave(await people.person(), poolId)).rejects.toMatchObject({ name: 'NotFound' });
  expect(await poolOf(ana)).toMatchObject({ active: 100 });
});

test('a removed member gets the own points back; a repetition of the request gets the first answer', async () => {
  const [ana, ben] = [await people.person(10), await people.person(60)];
  await people.pool(ana, ben);
  await people.contribute(ben, 60);
  const remove = removeFromPoolSchema.parse({ ...key(), memberId: ben.memberId });
  const removed = await removeFromPool(shop.app, ana.self, remove);
  expect(removed).toMatchObject({ memberId: ben.memberId, returned: [{ currency: 'FLP', points: 60 }], duplicate: false });
  expect(await removeFromPool(shop.app, ana.self, remove)).toEqual({ ...removed, duplicate: true });
  expect(await active(ben)).toBe(60);
  // Invited anew, in again.
  await people.join(ana, ben);
  expect((await findOwnPool(shop.app, ben.self))?.members).toHaveLength(2);
});

test('a closed pool gives everything back to whom it came from, and so does a refund afterwards', async () => {
  const [ana, ben] = [await people.person(100), await people.person(100)];
  const poolId = await people.pool(ana, ben);
  await people.contribute(ana, 100);
  await people.contribute(ben, 100);
  const burn = await redeemPoints(shop.app, taxi.principal, fromPool(ana, 120));
  const close = closePoolSchema.parse({ ...key(), poolId });
  const closed = await closePool(shop.app, ana.self, close);
  expect(closed).toMatchObject({ poolId, returned: [{ currency: 'FLP', points: 80 }] });
  expect(await closePool(shop.app, ana.self, close)).toEqual({ ...closed, duplicate: true });
  expect(await findOwnPool(shop.app, ana.self)).toBeNull();
  expect(await findOwnPool(shop.app, ben.self)).toBeNull();
  expect([await active(ana), await active(ben)]).toEqual([0, 80]);
  const refund = refundRedemptionSchema.parse({ ...key(), redemptionId: burn.redemptionId, points: 110n });
  const refunded = await refundRedemption(shop.app, taxi.principal, refund);
  expect(refunded).toMatchObject({ points: 110, balance: null });
  // What was spent last came back first.
  expect([await active(ana), await active(ben)]).toEqual([90, 100]);
  expect(await refundRedemption(shop.app, taxi.principal, refund)).toEqual({ ...refunded, duplicate: true });
  await refundRedemption(shop.app, taxi.principal, { ...refund, ...key(), points: 10 });
  expect([await active(ana), await active(ben)]).toEqual([100, 100]);
  expect(await people.lots(poolId)).toEqual([]);
  expect(await people.leave(ana, poolId)).toMatchObject({ returned: [] });
  // The brand that refunded is told nothing of the household by it: neither a movement nor a balance.
  const { rows } = await shop.database.owner.query(
    `SELECT DISTINCT b.kind FROM posting p, json_array_elements(p.result::json -> 'balances') r JOIN account b ON b.id = (r ->> 'account')::bigint
     WHERE p.kind = 'REFUND_REDEMPTION' AND p.result::json -> 'answer' ->> 'redemptionId' = $1`,
    [burn.redemptionId],
  );
  expect(rows).toEqual([{ kind: 'POOL' }]);
  const seen = await readMovements(shop.app, fuel.principal, ana.memberId, { currency: 'FLP', limit: 10, before: null });
  expect(seen.map(({ code }) => code)).toEqual(['EARN']);
  expect(await createPool(shop.app, ana.self, createPoolSchema.parse(key()))).not.toBe(poolId);
});

test('what comes free of a pool goes to its contributors who have left: of a return, an expired hold, a refund', async () => {
  const [ana, ben, cem] = [await people.person(100), await people.person(60), await people.person()];
  const poolId = await people.pool(ana, ben, cem);
  await people.contribute(ben, 60);
  const burn = await redeemPoints(shop.app, taxi.principal, fromPool(cem, 20));
  const bought = await recordPurchase(shop.app, taxi.principal, purchaseOf(cem.card, '10', { redemptionIds: [burn.redemptionId] }));
  await holdPoints(shop.app, taxi.principal, fromPool(cem, 30, { expiresAt: new Date(shop.clock.now().getTime() + 60_000) }));
  await people.contribute(ana, 100);
  const mixed = await redeemPoints(shop.app, taxi.principal, fromPool(cem, 110));
  expect(await people.leave(ben, poolId)).toMatchObject({ returned: [] });
  const paying = refundRedemptionSchema.parse({ ...key(), redemptionId: burn.redemptionId });
  await expect(refundRedemption(shop.app, taxi.principal, paying)).rejects.toMatchObject({ code: 'REDEMPTION_USED' });
  expect(await recordReturn(shop.app, taxi.principal, returnOf(bought.purchaseId, [{ lineNo: 1, quantity: '1' }]))).toMatchObject({ reinstated: 20 });
  expect(await active(ben)).toBe(20);
  const start = shop.clock.now();
  shop.clock.advance(120_000);
  await releaseExpiredHolds(shop.app, 100);
  shop.clock.set(start);
  expect(await active(ben)).toBe(50);
  // Who is still in it has the points in the pool.
  await refundRedemption(shop.app, taxi.principal, refundRedemptionSchema.parse({ ...key(), redemptionId: mixed.redemptionId }));
  expect([await active(ana), await active(ben)]).toEqual([0, 60]);
  expect(await poolOf(ana)).toMatchObject({ active: 100, held: 0, contributors: [{ memberId: ana.memberId, points: 100 }] });
});

test('through pools and gifts in a circle points grow neither more nor younger, also past expired holds', async () => {
  const [ana, ben] = [await people.person(), await people.person()];
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '90', { occurredAt: new Date('2025-04-01T12:00:00Z') }));
  const poolId = await people.pool(ana, ben);
  const before = await people.lots(ana.walletId);
  for (let round = 0; round < 3; round++) {
    await people.contribute(ana, 90);
    await holdPoints(shop.app, taxi.principal, fromPool(ben, 40, { expiresAt: new Date(shop.clock.now().getTime() + 60_000) }));
    shop.clock.advance(120_000);
    await releaseExpiredHolds(shop.app, 100);
    await removeFromPool(shop.app, ana.self, removeFromPoolSchema.parse({ ...key(), memberId: ben.memberId }));
    await people.join(ana, ben);
    await setPoolRole(shop.app, ana.self, { memberId: ben.memberId, role: 'OWNER' });
    expect(await people.leave(ana, poolId)).toMatchObject({ returned: [{ points: 90 }] });
    await givePoints(shop.app, ana.self, giftOf(ben.card, 90));
    await givePoints(shop.app, ben.self, giftOf(ana.card, 90));
    await people.join(ben, ana);
    await setPoolRole(shop.app, ben.self, { memberId: ana.memberId, role: 'OWNER' });
  }
  expect(await people.lots(ana.walletId)).toEqual(before);
});
