import type { Principal } from '../../../src/coalition/access/principal';
import { failedLookUps } from '../../../src/members/identification/failed-look-ups';
import type { Identifier, MemberRef } from '../../../src/members/identification/member-ref';
import { createTillCode } from '../../../src/members/identification/till-code';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { createClaimCode } from '../../../src/members/members/create-claim-code';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { voidHold } from '../../../src/programme/redemption/void-hold';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';
import { createTestApp } from '../../support/test-app';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let numbers = 0;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  await householdsOf(shop, fuel).allowGifts();
});
afterAll(() => shop.close());

const by = (identifier: Identifier): MemberRef => ({ by: 'identifier', identifier });
const setCardOnly = ({ brandId }: Till, perDay: number | null) =>
  shop.database.owner.query('UPDATE brand SET card_only_per_day = $2 WHERE id = $1', [brandId, perDay]);
/** Somebody whom FUEL has enrolled, with so many points. */
async function member(points: number) {
  numbers++;
  const identifiers: Identifier[] = [
    { kind: 'CARD', value: `8000 ${numbers}` },
    { kind: 'QR', value: `qr ${numbers}` },
    { kind: 'WALLET_PASS', value: `pass ${numbers}` },
    { kind: 'PHONE', value: `+43664${2_000_000 + numbers}` },
    { kind: 'EMAIL', value: `${numbers}@example.org` },
  ];
  const [card, qr, pass, phone, email] = identifiers;
  const customerId = newUuid();
  const { memberId } = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), customerId, identifiers }));
  await recordPurchase(shop.app, fuel.principal, purchaseOf({ by: 'customerId', customerId }, String(points)));
  const login: Principal = { kind: 'member', memberId, brandId: null };
  return {
    memberId,
    login,
    own: { by: 'customerId', customerId } as MemberRef,
    card: by(card),
    qr: by(qr),
    pass: by(pass),
    phone: by(phone),
    email: by(email),
    identifiers,
  };
}
const burn = (till: Till, ref: MemberRef, points: number, more: Record<string, unknown> = {}) =>
  redeemPoints(shop.app, till.principal, spendingOf(ref, points, more));
const buy = (till: Till, ref: MemberRef, more: Record<string, unknown> = {}) => recordPurchase(shop.app, till.principal, purchaseOf(ref, '10', more));

describe('possession', () => {
  test.each(['phone', 'email'] as const)('a %s alone earns, and nothing else', async (kind) => {
    const ana = await member(500);
    for (const till of [fuel, taxi]) {
      expect(await buy(till, ana[kind])).toMatchObject({ points: 10, balance: null });
      expect(await buy(till, ana[kind], { dryRun: true })).toMatchObject({ points: 10, balance: null });
      const before = await shop.written();
      for (const spend of [redeemPoints, holdPoints])
        for (const dryRun of [false, true])
          await expect(spend(shop.app, till.principal, spendingOf(ana[kind], 10, { dryRun }))).rejects.toMatchObject({
            code: 'NUMBER_IS_NO_PROOF',
            fields: {},
          });
      expect(await shop.written()).toEqual(before);
    }
  });

  test.each(['phone', 'email'] as const)('a %s alone does nothing over a link that is confirmed', async (kind) => {
    const [ana, ben] = [await member(500), await member(1)];
    const asked = { member: ana[kind], reason: null };
    for (const work of [
      () => givePoints(shop.app, fuel.principal, giftOf(ben.card, 100, { from: ana[kind] })),
      () => givePoints(shop.app, fuel.principal, giftOf(ben.card, 100, { from: ana[kind], dryRun: true })),
      () => lockWallet(shop.app, fuel.principal, asked),
      () => createClaimCode(shop.app, fuel.principal, asked),
      () => addIdentifier(shop.app, fuel.principal, { member: ana[kind], identifier: { kind: 'CARD', value: newUuid() } }),
    ])
      await expect(work()).rejects.toMatchObject({ code: 'NUMBER_IS_NO_PROOF' });
    // What is the member's own stands behind all of it.
    expect(await givePoints(shop.app, fuel.principal, giftOf(ben.card, 100, { from: ana.own }))).toMatchObject({ balance: { active: 400 } });
  });

  test.each(['card', 'qr', 'pass'] as const)('a %s without a confirmed link burns so much a day', async (kind) => {
    const ana = await member(5_000);
    expect(await burn(taxi, ana[kind], 100, { dryRun: true })).toMatchObject({ points: 100, balance: null });
    expect(await burn(taxi, ana[kind], 600)).toMatchObject({ balance: { active: 4_400 } });
    const before = await shop.written();
    const over = spendingOf(ana[kind], 500);
    const refusal = { code: 'CARD_LIMIT_REACHED', retrySafe: true, fields: { capLeft: 400, capMaximum: 1_000 } };
    await expect(redeemPoints(shop.app, taxi.principal, over)).rejects.toMatchObject(refusal);
    await expect(holdPoints(shop.app, taxi.principal, spendingOf(ana[kind], 500))).rejects.toMatchObject(refusal);
    // A day that the brand makes up is no other day.
    await expect(burn(taxi, ana[kind], 500, { occurredAt: new Date(shop.app.clock.now().getTime() - 86_400_000) })).rejects.toMatchObject(refusal);
    expect(await shop.written()).toEqual(before);
    // A hold counts when it is placed, and a void gives nothing back.
    const { redemptionId } = await holdPoints(shop.app, taxi.principal, spendingOf(ana[kind], 400));
    await voidHold(shop.app, taxi.principal, { idempotencyKey: newUuid(), redemptionId, occurredAt: null });
    await expect(burn(taxi, ana[kind], 1)).rejects.toMatchObject({ code: 'CARD_LIMIT_REACHED', fields: { capLeft: 0 } });
    // Above it: a code of the member's login. Then the link is confirmed, and the refused request works under its own
    // key.
    const { code } = await createTillCode(shop.app, ana.login);
    expect(await burn(taxi, { by: 'tillCode', tillCode: code }, 2_000)).toMatchObject({ balance: { active: 2_400 } });
    expect(await redeemPoints(shop.app, taxi.principal, over)).toMatchObject({ points: 500, duplicate: false, balance: { active: 1_900 } });
  });

  test('twenty at once burn no more on a card than the day has', async () => {
    const ana = await member(5_000);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => burn(taxi, ana.card, 100)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  test('the operator may set nothing at all, or no limit', async () => {
    const ana = await member(5_000);
    await setCardOnly(taxi, 0);
    await expect(burn(taxi, ana.card, 1)).rejects.toMatchObject({ code: 'CARD_LIMIT_REACHED', fields: { capLeft: 0, capMaximum: 0 } });
    await setCardOnly(taxi, null);
    expect(await burn(taxi, ana.card, 4_000)).toMatchObject({ balance: { active: 1_000 } });
    await setCardOnly(taxi, 1_000);
  });

  test("what is nobody's is counted", async () => {
    const before = failedLookUps(shop.app);
    for (const [kind, value] of [
      ['CARD', '1'],
      ['PHONE', '+43664999999'],
    ] as const)
      await expect(buy(taxi, by({ kind, value }))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    expect(failedLookUps(shop.app) - before).toBe(2);
  });

  test('what can be spent is told no further than a card can burn', async () => {
    const [rich, poor] = [await member(5_000), await member(30)];
    await expect(burn(taxi, poor.card, 100)).rejects.toMatchObject({ code: 'INSUFFICIENT_POINTS', fields: { available: 30 } });
    await expect(burn(taxi, rich.card, 9_000)).rejects.toMatchObject({ code: 'CARD_LIMIT_REACHED' });
    // One after the other they would tell the balance to a point, and leave no trace: what is there is not looked at.
    const people = householdsOf(shop, fuel);
    const [ben, child] = [await people.person(500), await people.person(500)];
    await people.pool(ben, child);
    await people.contribute(ben, 30);
    const tried = async (dry: Pick<typeof poor, 'card'>, source: 'WALLET' | 'POOL') => {
      const answers: unknown[] = [];
      for (const points of [1, 29, 30, 31, 1_000, 1_001])
        answers.push(
          await burn(taxi, dry.card, points, { dryRun: true, source }).then(
            ({ balance, moneyValue, source: from }) => ({ balance, moneyValue, from }),
            ({ code }) => code,
          ),
        );
      return answers;
    };
    for (const source of ['WALLET', 'POOL'] as const) {
      const told = await tried(rich, source);
      for (const other of [poor, ben, child]) expect(await tried(other, source)).toEqual(told);
      expect(told.map((each) => typeof each)).toEqual([...Array(5).fill('object'), 'string']);
    }
    const held = (card: typeof poor) => holdPoints(shop.app, taxi.principal, spendingOf(card.card, 500, { dryRun: true }));
    expect(await held(poor)).toMatchObject({ points: 500, balance: null });
  });

  test('a repetition tells the balance as it may be told today', async () => {
    const ana = await member(500);
    const spent = spendingOf(ana.card, 100);
    expect(await redeemPoints(shop.app, taxi.principal, spent)).toMatchObject({ balance: { active: 400 } });
    expect(await redeemPoints(shop.app, taxi.principal, spent)).toMatchObject({ duplicate: true, balance: { active: 400 } });
    const bought = purchaseOf(ana.card, '10');
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ balance: { active: 410 } });
    await removeIdentifier(shop.app, fuel.principal, { member: ana.own, identifier: ana.identifiers[0] });
    expect(await redeemPoints(shop.app, taxi.principal, spent)).toMatchObject({ duplicate: true, points: 100, balance: null });
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ duplicate: true, points: 10, balance: null });
    // The card is somebody else's by now: what was told of the one is not told of the other.
    const bea = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers: [ana.identifiers[0]] }));
    expect(bea.memberId).not.toBe(ana.memberId);
    expect(await redeemPoints(shop.app, taxi.principal, spent)).toMatchObject({ duplicate: true, points: 100, balance: null });
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ duplicate: true, points: 10, balance: null });
  });

  test('over a link that the login confirmed, a card burns without that limit', async () => {
    const ana = await member(5_000);
    await buy(taxi, ana.card);
    await confirmLink(shop.app, ana.login, taxi.brandId);
    expect(await burn(taxi, ana.card, 3_000)).toMatchObject({ balance: { active: 2_010 } });
    expect(await burn(taxi, ana.card, 100, { dryRun: true })).toMatchObject({ balance: { active: 1_910 } });
  });

  test('what somebody has cannot be told by their phone number', async () => {
    const [rich, poor] = [await member(5_000), await member(10)];
    const seen = async (ana: typeof rich) => {
      const answers: unknown[] = [];
      const ask = async (work: () => Promise<object>) =>
        answers.push(
          await work().then(
            (answer) => ({ ...answer, purchaseId: null, redemptionId: null }),
            ({ code, message, fields }) => ({ code, message, fields }),
          ),
        );
      const occurredAt = new Date(shop.app.clock.now().getTime() - 1_000);
      const commonly = { occurredAt };
      for (const ref of [ana.phone, ana.email]) {
        await ask(() => buy(taxi, ref, { ...commonly, dryRun: true }));
        await ask(() => buy(taxi, ref, commonly));
        for (const points of [1, 100, 6_000]) for (const dryRun of [true, false]) await ask(() => burn(taxi, ref, points, { ...commonly, dryRun }));
      }
      for (const points of [1, 100, 6_000]) await ask(() => burn(taxi, { by: 'id', memberId: ana.memberId }, points, commonly));
      return answers.map((answer) => JSON.stringify(answer).replaceAll(occurredAt.toISOString(), 'then'));
    };
    expect(await seen(rich)).toEqual(await seen(poor));
  });

  it('whoever tries numbers of nobody finds only members that it knows for an hour', async () => {
    const most = 12;
    const hostile = await createTestApp({ database: shop.database, now: shop.app.clock.now(), variables: { TESSERA_FAILED_LOOK_UPS: String(most) } });
    const known = await member(50);
    const unknown = await member(50);
    try {
      const asked = (ref: MemberRef) =>
        recordPurchase(hostile.app, taxi.principal, purchaseOf(ref, '10', { dryRun: true })).then(
          () => 'found',
          ({ code }) => code,
        );
      await recordPurchase(hostile.app, taxi.principal, purchaseOf(known.card, '10'));
      const tried: string[] = [];
      for (let at = 0; at < most; at++) tried.push(await asked(by({ kind: 'CARD', value: `nobody ${at}` })));
      expect(new Set(tried)).toEqual(new Set(['MEMBER_UNKNOWN']));
      // Somebody's and nobody's are told alike; who is known is found.
      expect(await asked(by({ kind: 'CARD', value: 'nobody at all' }))).toBe('FAILED_LOOK_UPS_USED_UP');
      expect(await asked(unknown.phone)).toBe('FAILED_LOOK_UPS_USED_UP');
      expect(await asked(known.card)).toBe('found');
      expect(await recordPurchase(hostile.app, fuel.principal, purchaseOf(unknown.phone, '10')).then(() => 'found')).toBe('found');
      // By whatever else a member becomes known.
      const link = (ref: MemberRef) => linkMember(hostile.app, taxi.principal, { member: ref, customerId: newUuid() });
      for (const ref of [unknown.phone, by({ kind: 'PHONE', value: '+43664999999' })])
        await expect(link(ref)).rejects.toMatchObject({ code: 'FAILED_LOOK_UPS_USED_UP' });
      hostile.clock.advance(3_600_000);
      expect(await asked(unknown.phone)).toBe('found');
    } finally {
      await hostile.close();
    }
  });

  it("linking and giving count what is nobody's", async () => {
    const bounded = await createTestApp({ database: shop.database, now: shop.app.clock.now(), variables: { TESSERA_FAILED_LOOK_UPS: '500' } });
    const [ana, ben] = [await member(50), await member(50)];
    const nobody = (at: number) => by({ kind: 'PHONE', value: `+43664999${1000 + at}` });
    try {
      for (let at = 0; at < 3; at++)
        await expect(linkMember(bounded.app, taxi.principal, { member: nobody(at), customerId: newUuid() })).rejects.toThrow('Member');
      expect(failedLookUps(bounded.app)).toBe(3);
      const gives = (to: MemberRef) =>
        givePoints(bounded.app, ana.login, giftOf(to, 10, { dryRun: true })).then(
          () => 'found',
          (error) => error.code ?? error.name,
        );
      const told: string[] = [];
      for (let at = 0; at < 5; at++) told.push(await gives(nobody(at)));
      expect(new Set(told)).toEqual(new Set(['NotFound']));
      for (const to of [nobody(6), ben.phone]) expect(await gives(to)).toBe('FAILED_LOOK_UPS_USED_UP');
      expect(failedLookUps(bounded.app)).toBe(8);
    } finally {
      await bounded.close();
    }
  });
});
