import type { Principal } from '../../../src/coalition/access/principal';
import { setRule } from '../../../src/coalition/rules/set-rule';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { readWalletBalances } from '../../../src/members/members/find-member';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { confirmPurchase } from '../../../src/programme/earning/confirm-purchase';
import { EARNING_RULE } from '../../../src/programme/earning/earning-rule';
import { recordPurchase, recordPurchases } from '../../../src/programme/earning/record-purchases';
import { convertPoints, convertPointsSchema } from '../../../src/programme/exchange/convert-points';
import { captureHold, captureHoldSchema } from '../../../src/programme/redemption/capture-hold';
import { holdPoints } from '../../../src/programme/redemption/hold-points';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../../src/programme/redemption/refund-redemption';
import { voidHold, voidHoldSchema } from '../../../src/programme/redemption/void-hold';
import { cancelReturn, cancelReturnSchema } from '../../../src/programme/returns/cancel-return';
import { recordReturn } from '../../../src/programme/returns/record-return';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { knowConfirmed } from '../../support/confirmed-link';
import { giftOf, householdsOf } from '../../support/households';
import { purchaseOf, returnOf, spendingOf, type Till } from '../../support/shop-coalition';
import { type ExchangeTown, openExchangeTown } from '../exchange/exchange-town';

let town: ExchangeTown;
let brands = 0;

beforeAll(async () => {
  town = await openExchangeTown({ now: new Date('2026-03-01T12:00:00Z') });
  await town.currency('AIR');
  await town.rate();
  await householdsOf(town.shop, town.fuel).allowGifts();
});
afterAll(() => town.close());
beforeEach(() => town.shop.clock.advance(1_000));

interface Person {
  readonly memberId: Uuid;
  readonly ref: MemberRef;
  readonly card: MemberRef;
  readonly phone: MemberRef;
  readonly login: Principal;
}

/** A member of FUEL with points. */
async function person(points = '1000'): Promise<Person> {
  const { app } = town.shop;
  const identifiers = [
    { kind: 'CARD', value: newUuid() },
    { kind: 'PHONE', value: `+43664${7_000_000 + ++brands}` },
  ] as const;
  const { memberId } = await enrolMember(app, town.fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers }));
  const ref = { by: 'id', memberId } as const;
  await recordPurchase(app, town.fuel.principal, purchaseOf(ref, points));
  const [card, phone] = identifiers.map((identifier) => ({ by: 'identifier', identifier }) as const);
  return { memberId, ref, card, phone, login: { kind: 'member', memberId, brandId: null } };
}

const newTill = () => town.shop.brand(`TILL${++brands}`);

/** The brand has no terms for FLP from now on. */
async function endTerms({ brandId }: Till): Promise<void> {
  const { owner } = town.shop.database;
  await owner.query(
    `INSERT INTO partnership_event (partnership_id, seq, state, at, by_brand_id, by_actor)
     SELECT id, 2, 'ENDED', $2, partner_brand_id, 'test' FROM partnership WHERE brand_id = $1`,
    [brandId, town.shop.clock.now()],
  );
  await owner.query("UPDATE partnership SET state = 'ENDED' WHERE brand_id = $1", [brandId]);
  town.shop.clock.advance(1_000);
}

const unlink = (till: Till, { login }: Person) => unlinkMember(town.shop.app, login, { member: null, brandId: till.brandId, reason: null });

type Told = Readonly<Record<string, unknown>> & { readonly duplicate: boolean };
/** A request that may be sent again. */
type Ask = () => Promise<Told>;

const key = () => ({ idempotencyKey: newUuid() });

/** Each operation whose answer tells a balance, made ready at a till. */
const OPERATIONS: Readonly<Record<string, (till: Till, ana: Person) => Ask | Promise<Ask>>> = {
  recordPurchase: ({ principal }, { card }) => {
    const command = purchaseOf(card, '10');
    return async () => ({ ...(await recordPurchase(town.shop.app, principal, command)) });
  },
  recordPurchases: ({ principal }, { card }) => {
    const command = purchaseOf(card, '10');
    return async () => {
      const [result] = await recordPurchases(town.shop.app, principal, [command]);
      if (result?.status !== 'fulfilled') throw result?.reason;
      return { ...result.value };
    };
  },
  confirmPurchase: async ({ principal }, { card }) => {
    const rule = { ...key(), currency: 'FLP', moneyCurrency: 'GBP', pointsPerUnit: 1, effectiveFrom: new Date('2026-01-01') };
    await setRule(town.shop.app, principal, EARNING_RULE, EARNING_RULE.schema.parse({ ...rule, availability: { kind: 'ON_EVENT', days: 30 } }));
    const { purchaseId } = await recordPurchase(town.shop.app, principal, purchaseOf(card, '10'));
    const command = { ...key(), purchaseId, occurredAt: null };
    return async () => ({ ...(await confirmPurchase(town.shop.app, principal, command)) });
  },
  redeem: ({ principal }, { card }) => {
    const command = spendingOf(card, 10);
    return async () => ({ ...(await redeemPoints(town.shop.app, principal, command)) });
  },
  hold: ({ principal }, { card }) => {
    const command = spendingOf(card, 10);
    return async () => ({ ...(await holdPoints(town.shop.app, principal, command)) });
  },
  captureHold: async ({ principal }, { card }) => {
    const { redemptionId } = await holdPoints(town.shop.app, principal, spendingOf(card, 10));
    const command = captureHoldSchema.parse({ ...key(), redemptionId });
    return async () => ({ ...(await captureHold(town.shop.app, principal, command)) });
  },
  voidHold: async ({ principal }, { card }) => {
    const { redemptionId } = await holdPoints(town.shop.app, principal, spendingOf(card, 10));
    const command = voidHoldSchema.parse({ ...key(), redemptionId });
    return async () => ({ ...(await voidHold(town.shop.app, principal, command)) });
  },
  refundRedemption: async ({ principal }, { card }) => {
    const { redemptionId } = await redeemPoints(town.shop.app, principal, spendingOf(card, 10));
    const command = refundRedemptionSchema.parse({ ...key(), redemptionId });
    return async () => ({ ...(await refundRedemption(town.shop.app, principal, command)) });
  },
  recordReturn: async ({ principal }, { card }) => {
    const { purchaseId } = await recordPurchase(town.shop.app, principal, purchaseOf(card, '10'));
    const command = returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]);
    return async () => ({ ...(await recordReturn(town.shop.app, principal, command)) });
  },
  cancelReturn: async ({ principal }, { card }) => {
    const { purchaseId } = await recordPurchase(town.shop.app, principal, purchaseOf(card, '10'));
    const { returnId } = await recordReturn(town.shop.app, principal, returnOf(purchaseId, [{ lineNo: 1, quantity: '1' }]));
    const command = cancelReturnSchema.parse({ ...key(), returnId });
    return async () => ({ ...(await cancelReturn(town.shop.app, principal, command)) });
  },
  givePoints: async ({ principal }, { ref }) => {
    const gift = giftOf((await person()).card, 10, { from: ref });
    return async () => ({ ...(await givePoints(town.shop.app, principal, gift)) });
  },
  convert: ({ principal }, { ref }) => {
    const command = convertPointsSchema.parse({ ...key(), member: ref, from: 'FLP', to: 'AIR', points: 10n });
    return async () => {
      const { balances, ...told } = await convertPoints(town.shop.app, principal, command);
      // There are no terms for AIR.
      expect(balances.to).toBeNull();
      return { ...told, balance: balances.from };
    };
  },
};

/** The request made at a till that knows the member over a confirmed link. */
async function asked(operation: string): Promise<{ till: Till; ana: Person; ask: Ask; first: Told }> {
  const [till, ana] = [await newTill(), await person()];
  await knowConfirmed(town.shop, till, ana.memberId, ana.card);
  const ask = await OPERATIONS[operation](till, ana);
  const first = await ask();
  expect(first).toMatchObject({ duplicate: false, balance: { active: expect.any(Number) } });
  expect(await ask()).toEqual({ ...first, duplicate: true });
  return { till, ana, ask, first };
}

describe.each(Object.keys(OPERATIONS))('%s, repeated', (operation) => {
  it('tells no balance once the member has ended the link', async () => {
    const { till, ana, ask, first } = await asked(operation);
    await unlink(till, ana);
    expect(await ask()).toEqual({ ...first, duplicate: true, balance: null });
  });

  it('tells no balance once the terms have ended', async () => {
    const { till, ask, first } = await asked(operation);
    await endTerms(till);
    expect(await ask()).toEqual({ ...first, duplicate: true, balance: null });
  });
});

describe('on a card alone', () => {
  it.each(['recordPurchase', 'recordPurchases', 'redeem', 'hold', 'captureHold'])('%s is told, and again until the link ends', async (operation) => {
    const [till, ana] = [await newTill(), await person()];
    const ask = await OPERATIONS[operation](till, ana);
    const first = await ask();
    expect(first.balance).not.toBeNull();
    expect(await ask()).toEqual({ ...first, duplicate: true });
    await unlink(till, ana);
    const written = await town.shop.written();
    expect(await ask()).toEqual({ ...first, duplicate: true, balance: null });
    expect(await town.shop.written()).toEqual(written);
  });

  it('what gives points back tells nothing', async () => {
    for (const operation of ['confirmPurchase', 'voidHold', 'refundRedemption', 'recordReturn', 'cancelReturn']) {
      const ask = await OPERATIONS[operation](await newTill(), await person());
      expect([operation, (await ask()).balance]).toEqual([operation, null]);
    }
  });
});

it('a phone number alone is told nothing, at first and again', async () => {
  const [till, ana] = [await newTill(), await person()];
  const command = purchaseOf(ana.phone, '10');
  for (const duplicate of [false, true]) expect(await recordPurchase(town.shop.app, till.principal, command)).toMatchObject({ duplicate, balance: null });
});

it('what is told late of a time with terms tells no balance, and no refusal says what is there', async () => {
  const [till, ana] = [await newTill(), await person()];
  await knowConfirmed(town.shop, till, ana.memberId, ana.card);
  const { app, clock } = town.shop;
  const occurredAt = clock.now();
  clock.advance(1_000);
  await expect(redeemPoints(app, till.principal, spendingOf(ana.card, 5_000))).rejects.toMatchObject({
    code: 'INSUFFICIENT_POINTS',
    fields: { available: 1_000 },
  });
  await endTerms(till);
  expect(await recordPurchase(app, till.principal, purchaseOf(ana.card, '10', { occurredAt }))).toMatchObject({ points: 10, balance: null });
  await expect(redeemPoints(app, till.principal, spendingOf(ana.card, 5_000, { occurredAt }))).rejects.toMatchObject({
    code: 'INSUFFICIENT_POINTS',
    message: expect.not.stringContaining('1010'),
    fields: { available: null },
  });
});

it('a brand reads balances of the currencies that it has terms for', async () => {
  const [till, ana] = [await newTill(), await person()];
  const { app } = town.shop;
  await knowConfirmed(town.shop, till, ana.memberId, ana.card);
  await town.convert(null, 10, {}, ana.login);
  const session: Principal = { kind: 'member', memberId: ana.memberId, brandId: till.brandId };
  const seenBy = async (who: Principal) => (await readWalletBalances(app, who, ana.memberId))?.map(({ currency }) => currency);
  expect(await seenBy(ana.login)).toEqual(['AIR', 'FLP']);
  expect(await seenBy(town.operator)).toEqual(['AIR', 'FLP']);
  for (const who of [till.principal, session]) expect(await seenBy(who)).toEqual(['FLP']);
  await endTerms(till);
  for (const who of [till.principal, session]) expect(await seenBy(who)).toEqual([]);
});
