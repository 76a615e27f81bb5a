import { suspendPartnership } from '../../../src/coalition/coalition/change-partnership';
import { resumeBrand, suspendBrand } from '../../../src/coalition/coalition/update-brand';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { createShopCoalition, purchaseOf, returnOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';

// What is refused because something is missing, or because somebody has to set it right, is good under its own key
// afterwards.

let shop: ShopCoalition;
beforeAll(async () => {
  shop = await createShopCoalition();
});
afterAll(() => shop.close());

const sql = async (text: string, ...values: unknown[]) => (await shop.database.owner.query(text, values)).rows;
const minutes = (count: number) => new Date(shop.clock.now().getTime() + count * 60_000);
const stored = async () => (await sql('SELECT count(*)::int FROM posting'))[0].count;

/**
 * Refused with this code first, without a trace; accepted under the same key once it is mended; the first answer then.
 */
async function refusedUntil<Answer extends { duplicate: boolean }>(code: string, ask: () => Promise<Answer>, mend: () => unknown): Promise<Answer> {
  const before = await stored();
  await expect(ask()).rejects.toMatchObject({ code, retrySafe: true });
  expect(await stored()).toBe(before);
  await mend();
  const answer = await ask();
  expect(answer.duplicate).toBe(false);
  expect(await ask()).toEqual({ ...answer, duplicate: true });
  return answer;
}

test('a purchase before the rule is set', async () => {
  const till = await shop.brand('RULELESS');
  const [rule] = await sql('DELETE FROM earning_rule WHERE brand_id = $1 RETURNING id, currency_id', till.brandId);
  const set = () =>
    sql(
      `INSERT INTO earning_rule (id, brand_id, currency_id, version, money_currency, points_per_unit, effective_from, created_at)
       VALUES ($1, $2, $3, 1, 'GBP', 7, '2010-12-01', now())`,
      ...[rule.id, till.brandId, rule.currency_id],
    );
  const command = purchaseOf((await till.enrol()).ref, '10');
  // In a bulk as alone: the second of them is not told the first one's outcome.
  const bulk = await recordPurchases(shop.app, till.principal, [command, command]);
  expect(bulk.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(['NO_EARNING_RULE', 'NO_EARNING_RULE']);
  expect((await refusedUntil('NO_EARNING_RULE', () => recordPurchase(shop.app, till.principal, command), set)).points).toBe(70);
});

test('a purchase whose till is ahead of the clock', async () => {
  const till = await shop.brand('AHEAD');
  const command = purchaseOf((await till.enrol()).ref, '10', { occurredAt: minutes(6) });
  const later = () => shop.clock.set(minutes(2));
  expect((await refusedUntil('OCCURRED_AT_OUT_OF_RANGE', () => recordPurchase(shop.app, till.principal, command), later)).points).toBe(10);
});

describe('what was to come first', () => {
  let till: Till;
  beforeAll(async () => {
    till = await shop.brand('QUEUE');
  });
  const held = async () => {
    const { ref } = await till.enrol();
    await recordPurchase(shop.app, till.principal, purchaseOf(ref, '1000'));
    return { ref, ...(await holdPoints(shop.app, till.principal, spendingOf(ref, 500))) };
  };
  const capture = (redemptionId: string) => captureHold(shop.app, till.principal, captureHoldSchema.parse({ idempotencyKey: redemptionId, redemptionId }));

  test('a purchase before the capture of the hold that pays for it', async () => {
    const { ref, redemptionId } = await held();
    const command = purchaseOf(ref, '25', { redemptionIds: [redemptionId] });
    const answer = await refusedUntil(
      'REDEMPTION_NOT_CAPTURED',
      () => recordPurchase(shop.app, till.principal, command),
      () => capture(redemptionId),
    );
    expect(answer.points).toBe(20);
  });

  test('a refund before the capture', async () => {
    const { redemptionId } = await held();
    const command = refundRedemptionSchema.parse({ idempotencyKey: `refund ${redemptionId}`, redemptionId });
    await refusedUntil(
      'REDEMPTION_NOT_CAPTURED',
      () => refundRedemption(shop.app, till.principal, command),
      () => capture(redemptionId),
    );
  });

  test('what the ledger has decided stays so', async () => {
    const { ref } = await till.enrol();
    const command = spendingOf(ref, 50);
    await expect(redeemPoints(shop.app, till.principal, command)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', retrySafe: false });
    await recordPurchase(shop.app, till.principal, purchaseOf(ref, '100'));
    await expect(redeemPoints(shop.app, till.principal, command)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 0 } });
  });

  test('an enrolment with a card of another member', async () => {
    const enrol = (customerId: string) =>
      enrolMemberSchema.parse({ idempotencyKey: `card ${customerId}`, customerId, identifiers: [{ kind: 'CARD', value: '6000 7' }] });
    const ana = await enrolMember(shop.app, till.principal, enrol('ana'));
    await expect(enrolMember(shop.app, till.principal, enrol('bob'))).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN', retrySafe: true });
    const [{ id }] = await sql('SELECT id FROM member_identifier WHERE member_id = $1', ana.memberId);
    await sql('UPDATE member_identifier SET removed_at = now() WHERE id = $1', id);
    expect((await enrolMember(shop.app, till.principal, enrol('bob'))).memberId).not.toBe(ana.memberId);
  });
});

describe('a brand is judged by what it was when it happened', () => {
  test('what happened before its suspension is taken', async () => {
    const till = await shop.brand('PAUSED');
    const operator = await staffPerson(shop, shop.operatorId, 'OPERATOR');
    const { ref } = await till.enrol();
    const [before, since] = [minutes(-60), shop.clock.now()];
    const receipt = purchaseOf(ref, '90', { occurredAt: before });
    await suspendBrand(shop.app, operator, { brandId: till.brandId });
    shop.clock.set(minutes(10));
    const { purchaseId, points } = await recordPurchase(shop.app, till.principal, receipt);
    expect(points).toBe(90);
    const goods = [{ lineNo: 1, quantity: '1' }];
    for (const refused of [
      () => redeemPoints(shop.app, till.principal, spendingOf(ref, 10)),
      () => recordReturn(shop.app, till.principal, returnOf(purchaseId, goods)),
    ])
      await expect(refused()).rejects.toMatchObject({
        code: 'BRAND_SUSPENDED',
        message: expect.stringContaining('The brand PAUSED was suspended'),
        fields: { since: since.toISOString() },
      });
    expect((await recordReturn(shop.app, till.principal, returnOf(purchaseId, goods, { occurredAt: before }))).clawedBack).toBe(90);
    const during = purchaseOf(ref, '10', { occurredAt: minutes(-5) });
    const now = purchaseOf(ref, '10');
    const record = (command: typeof now) => () => recordPurchase(shop.app, till.principal, command);
    await expect(record(during)()).rejects.toMatchObject({ code: 'BRAND_SUSPENDED' });
    const resume = () => resumeBrand(shop.app, operator, { brandId: till.brandId });
    expect((await refusedUntil('BRAND_SUSPENDED', record(now), resume)).points).toBe(10);
    // What is said to have happened meanwhile stays out.
    await expect(record(during)()).rejects.toMatchObject({ code: 'BRAND_SUSPENDED' });
  });

  test('a suspended partnership is not taken for the brand', async () => {
    const till = await shop.brand('APART');
    const { ref } = await till.enrol();
    const before = purchaseOf(ref, '9', { occurredAt: minutes(-1) });
    const [{ id }] = await sql('SELECT id FROM partnership WHERE brand_id = $1', till.brandId);
    await suspendPartnership(shop.app, till.principal, { partnershipId: id });
    await expect(recordPurchase(shop.app, till.principal, purchaseOf(ref, '9'))).rejects.toMatchObject({
      code: 'TERMS_NOT_ACTIVE',
      retrySafe: true,
      message: expect.stringMatching(/^The partnership of APART with the operator for FLP was suspended at /),
    });
    expect((await recordPurchase(shop.app, till.principal, before)).points).toBe(9);
  });
});
