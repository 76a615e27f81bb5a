import { enrolMember, enrolMemberSchema } from '../../../src/members/members/enrol-members';
import { lockWallet, unlockWallet } from '../../../src/members/members/lock-wallet';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { releaseExpiredHolds } from '../../../src/programme/redemption/release-expired-holds';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { knowConfirmed } from '../../support/confirmed-link';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let keys = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
});
afterAll(() => shop.close());

/** A member of both brands who has earned so much at FUEL. */
async function memberWith(points: number) {
  const card = `card-${++keys}`;
  const enrolled = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: card, identifiers: [{ kind: 'CARD', value: card }] }));
  const ref = { by: 'identifier', identifier: { kind: 'CARD', value: card } } as const;
  if (points > 0) await recordPurchase(shop.app, fuel.principal, purchaseOf(ref, String(points)));
  return { ...enrolled, ref };
}

/** The same, whose login has confirmed the till's link. */
async function memberOfTaxi(points: number) {
  const member = await memberWith(points);
  await knowConfirmed(shop, taxi, member.memberId, member.ref);
  return member;
}

const followUp = (redemptionId: string, more = {}) => ({ idempotencyKey: `follow-${++keys}`, redemptionId, ...more });
const capture = (redemptionId: string, points?: number, more = {}) =>
  captureHold(
    shop.app,
    taxi.principal,
    captureHoldSchema.parse(followUp(redemptionId, { points: points === undefined ? undefined : BigInt(points), ...more })),
  );
const refund = (redemptionId: string, points?: number) =>
  refundRedemption(
    shop.app,
    taxi.principal,
    refundRedemptionSchema.parse(followUp(redemptionId, { points: points === undefined ? undefined : BigInt(points) })),
  );
const release = (redemptionId: string) => voidHold(shop.app, taxi.principal, voidHoldSchema.parse(followUp(redemptionId)));

test('earned at one brand, spent at another', async () => {
  const ana = await memberWith(500);
  const spent = await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 120, { channel: 'app', reference: 'ride 7' }));
  expect(spent).toMatchObject({ points: 120, moneyValue: '1.200000', moneyCurrency: 'GBP', expiresAt: null, balance: { active: 380, spendable: 380 } });
  const { rows } = await shop.database.owner.query('SELECT kind, points, brand_id FROM redemption WHERE id = $1', [spent.redemptionId]);
  expect(rows).toEqual([{ kind: 'BURN', points: '120', brand_id: taxi.brandId }]);
});

test('hold, capture in part, refund in part', async () => {
  const ana = await memberOfTaxi(1_000);
  const hold = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 600));
  expect(hold).toMatchObject({ expiresAt: '2026-03-22T12:00:00.000Z', balance: { active: 400, held: 600 } });
  expect(await capture(hold.redemptionId, 500)).toMatchObject({ points: 500, released: 100, moneyValue: '5.000000', balance: { active: 500, held: 0 } });
  expect(await refund(hold.redemptionId, 200)).toMatchObject({ points: 200, moneyValue: '2.000000', balance: { active: 700 } });
  await expect(refund(hold.redemptionId, 301)).rejects.toMatchObject({ code: 'REFUND_EXCEEDS_REDEMPTION', fields: { refundable: 300 } });
  expect(await refund(hold.redemptionId)).toMatchObject({ points: 300, balance: { active: 1_000 } });
  await expect(refund(hold.redemptionId)).rejects.toMatchObject({ code: 'REFUND_EXCEEDS_REDEMPTION', fields: { refundable: 0 } });
});

test('a burn is refunded in full by default', async () => {
  const ana = await memberOfTaxi(100);
  const spent = await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 60));
  expect(await refund(spent.redemptionId)).toMatchObject({ points: 60, balance: { active: 100 } });
});

test('refused captures, voids and refunds write nothing', async () => {
  const ana = await memberOfTaxi(1_000);
  const open = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100));
  const voided = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100));
  expect(await release(voided.redemptionId)).toMatchObject({ released: 100, balance: { active: 900, held: 100 } });
  const burned = await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10));
  const written = await shop.written();
  await expect(capture(open.redemptionId, 101)).rejects.toMatchObject({ code: 'CAPTURE_EXCEEDS_HOLD', fields: { held: 100 } });
  await expect(capture(voided.redemptionId)).rejects.toMatchObject({ code: 'HOLD_NOT_OPEN', fields: { state: 'VOIDED' } });
  await expect(release(voided.redemptionId)).rejects.toMatchObject({ code: 'HOLD_NOT_OPEN' });
  await expect(capture(burned.redemptionId)).rejects.toMatchObject({ code: 'HOLD_NOT_OPEN', fields: { state: 'BURNED' } });
  await expect(refund(open.redemptionId)).rejects.toMatchObject({ code: 'REDEMPTION_NOT_CAPTURED' });
  const ofAnother = captureHoldSchema.parse(followUp(open.redemptionId));
  await expect(captureHold(shop.app, fuel.principal, ofAnother)).rejects.toMatchObject({ name: 'NotFound' });
  expect(await shop.written()).toEqual(written);
});

test('refused burns write nothing but their outcome, which a repetition gets again', async () => {
  const ana = await memberWith(100);
  const written = await shop.written();
  const tooMuch = spendingOf(ana.ref, 101);
  await expect(redeemPoints(shop.app, taxi.principal, tooMuch)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 100 } });
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 1_000_001))).rejects.toMatchObject({ code: 'ABOVE_MAXIMUM' });
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 1, { occurredAt: new Date('2010-11-30T23:59:59Z') }))).rejects.toMatchObject({
    code: 'TERMS_NOT_ACTIVE',
  });
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 1, { currency: 'XYZ' }))).rejects.toMatchObject({ field: 'input.currency' });
  await expect(holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 1, { expiresAt: new Date('2026-03-15T12:00:00Z') }))).rejects.toMatchObject({
    field: 'input.expiresAt',
  });
  expect(await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 60, { dryRun: true }))).toMatchObject({ dryRun: true, balance: null });
  expect(await shop.written()).toEqual(written);
  await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '50'));
  await expect(redeemPoints(shop.app, taxi.principal, tooMuch)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 100 } });
  await expect(redeemPoints(shop.app, taxi.principal, { ...tooMuch, points: 1 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
});

test('the first answer is given again after the rule has changed', async () => {
  const ana = await memberWith(1_000);
  const command = spendingOf(ana.ref, 150);
  const first = await redeemPoints(shop.app, taxi.principal, command);
  const { rows } = await shop.database.owner.query(
    `INSERT INTO redemption_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, minimum, step, effective_from, created_at)
     SELECT gen_random_uuid(), brand_id, currency_id, 2, 'GBP', 50, 200, 100, '2026-03-01', now() FROM redemption_rule WHERE brand_id = $1 AND version = 1 RETURNING id`,
    [taxi.brandId],
  );
  expect(await redeemPoints(shop.app, taxi.principal, command)).toEqual({ ...first, duplicate: true });
  await expect(redeemPoints(shop.app, taxi.principal, { ...command, idempotencyKey: 'another' })).rejects.toMatchObject({ code: 'BELOW_MINIMUM' });
  await shop.database.owner.query('DELETE FROM redemption_rule WHERE id = $1', [rows[0].id]);
});

test('100 identical redemptions at once: one posting, 100 equal answers', async () => {
  const ana = await memberWith(100);
  const command = spendingOf(ana.ref, 30);
  const answers = await Promise.all(Array.from({ length: 100 }, () => redeemPoints(shop.app, taxi.principal, command)));
  expect(new Set(answers.map(({ duplicate: _, ...answer }) => JSON.stringify(answer))).size).toBe(1);
  expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  expect(answers[0].balance?.active).toBe(70);
  const { rows } = await shop.database.owner.query("SELECT count(*)::int AS burns FROM transfer WHERE code = 'BURN' AND id = $1", [answers[0].redemptionId]);
  expect(rows[0].burns).toBe(1);
});

test('100 different redemptions at once against points for 30: 30 accepted, 70 refused, nothing left', async () => {
  const ana = await memberWith(300);
  const results = await Promise.allSettled(Array.from({ length: 100 }, () => redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10))));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(30);
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  expect(refused.map((each) => each.code)).toEqual(Array(70).fill('INSUFFICIENT_POINTS'));
  const { rows } = await shop.database.owner.query('SELECT credits - debits AS balance FROM account WHERE owner_id = $1', [ana.walletId]);
  expect(rows).toEqual([{ balance: '0' }]);
  const { rows: facts } = await shop.database.owner.query('SELECT count(*)::int AS redemptions FROM redemption WHERE wallet_id = $1', [ana.walletId]);
  expect(facts[0].redemptions).toBe(30);
});

test('a locked wallet earns and does not spend; a brand may lock it, not unlock it', async () => {
  const ana = await memberWith(100);
  const self = { kind: 'member', memberId: ana.memberId, brandId: null } as const;
  await lockWallet(shop.app, fuel.principal, { member: ana.ref, reason: 'card reported lost' });
  const written = await shop.written();
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10))).rejects.toMatchObject({ code: 'WALLET_LOCKED' });
  await expect(holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10))).rejects.toMatchObject({ code: 'WALLET_LOCKED' });
  await expect(unlockWallet(shop.app, fuel.principal, { member: ana.ref, reason: null })).rejects.toMatchObject({ name: 'PermissionDenied' });
  const minted = { ...self, brandId: fuel.principal.brandId };
  await expect(unlockWallet(shop.app, minted, { member: null, reason: null })).rejects.toMatchObject({ name: 'PermissionDenied' });
  expect(await shop.written()).toEqual(written);
  expect(await recordPurchase(shop.app, fuel.principal, purchaseOf(ana.ref, '5'))).toMatchObject({ balance: { active: 105 } });
  await unlockWallet(shop.app, self, { member: null, reason: null });
  expect(await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10))).toMatchObject({ balance: { active: 95 } });
});

test('a hold ends by itself, whether the worker was there or not; releasing it again changes nothing', async () => {
  const ana = await memberWith(100);
  const hold = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 80, { expiresAt: new Date('2026-03-15T13:00:00Z') }));
  expect(await releaseExpiredHolds(shop.app, 100)).toBe(0);
  shop.clock.advance(2 * 3_600_000);
  await expect(capture(hold.redemptionId)).rejects.toMatchObject({ code: 'HOLD_EXPIRED', fields: { expiredAt: '2026-03-15T13:00:00.000Z' } });
  expect((await Promise.all([releaseExpiredHolds(shop.app, 100), releaseExpiredHolds(shop.app, 100)])).reduce((sum, each) => sum + each, 0)).toBe(1);
  expect(await releaseExpiredHolds(shop.app, 100)).toBe(0);
  await expect(release(hold.redemptionId)).rejects.toMatchObject({ code: 'HOLD_EXPIRED' });
  expect(await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100))).toMatchObject({ balance: { active: 0, held: 0 } });
});

test('a hold that is told late lives from now on by default', async () => {
  const ana = await memberWith(100);
  const hold = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100, { occurredAt: new Date('2026-02-12T18:00:00Z') }));
  expect(hold.expiresAt).toBe(new Date(shop.clock.now().getTime() + 7 * 86_400_000).toISOString());
  expect(await releaseExpiredHolds(shop.app, 100)).toBe(0);
  expect(await capture(hold.redemptionId)).toMatchObject({ points: 100 });
});

test('a capture that is told after the end is refused, whether or not the worker was there and whenever it happened', async () => {
  const ana = await memberWith(100);
  const expiresAt = new Date(shop.clock.now().getTime() + 60_000);
  const inTime = { occurredAt: new Date(shop.clock.now().getTime() + 30_000) };
  const { redemptionId } = await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100, { expiresAt }));
  shop.clock.advance(120_000);
  const late = () => captureHold(shop.app, taxi.principal, captureHoldSchema.parse({ ...followUp(redemptionId), ...inTime }));
  await expect(late()).rejects.toMatchObject({ code: 'HOLD_EXPIRED', fields: { expiredAt: expiresAt.toISOString() } });
  expect(await releaseExpiredHolds(shop.app, 100)).toBe(1);
  await expect(late()).rejects.toMatchObject({ code: 'HOLD_EXPIRED', fields: { expiredAt: expiresAt.toISOString() } });
});

test('spending what an expired hold had taken works before the worker comes', async () => {
  const ana = await memberWith(100);
  await holdPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100, { expiresAt: new Date(shop.clock.now().getTime() + 60_000) }));
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 1))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
  shop.clock.advance(120_000);
  expect(await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 100))).toMatchObject({ balance: { active: 0, held: 0 } });
  expect(await releaseExpiredHolds(shop.app, 100)).toBe(0);
});

test('terms that do not let the brand issue refuse its purchases', async () => {
  const cafe = await shop.brand('CAFE', { mayIssue: false });
  const ana = await memberWith(50);
  const written = await shop.written();
  await expect(recordPurchase(shop.app, cafe.principal, purchaseOf(ana.ref, '10'))).rejects.toMatchObject({ code: 'TERMS_NOT_ACTIVE' });
  expect(await shop.written()).toEqual(written);
  expect(await redeemPoints(shop.app, cafe.principal, spendingOf(ana.ref, 50))).toMatchObject({ balance: { active: 0 } });
});

test('a card shown for what is then refused leaves nothing but the outcome; shown for what is booked, it makes the member known', async () => {
  const ana = await memberWith(100);
  const linksOfTaxi = async () =>
    (
      await shop.database.owner.query('SELECT source FROM brand_link WHERE brand_id = $1 AND member_id = $2 AND unlinked_at IS NULL', [
        taxi.principal.brandId,
        ana.memberId,
      ])
    ).rows;
  await expect(redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 110))).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS' });
  await expect(recordPurchase(shop.app, taxi.principal, purchaseOf(ana.ref, '5', { occurredAt: new Date('1999-01-01') }))).rejects.toMatchObject({
    code: expect.stringMatching(/TERMS_NOT_ACTIVE|OCCURRED_AT_OUT_OF_RANGE/),
  });
  expect(await linksOfTaxi()).toEqual([]);
  await redeemPoints(shop.app, taxi.principal, spendingOf(ana.ref, 10));
  expect(await linksOfTaxi()).toEqual([{ source: 'PRESENTED' }]);
});
