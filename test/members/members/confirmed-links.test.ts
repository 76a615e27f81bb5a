import type { Principal } from '../../../src/coalition/access/principal';
import { suspendBrand } from '../../../src/coalition/coalition/update-brand';
import { createMemberSession } from '../../../src/coalition/sign-in/create-member-session';
import { IDENTIFIER_KINDS, type IdentifierKind, type MemberRef, spelledCustomerHash } from '../../../src/members/identification/member-ref';
import { createTillCode } from '../../../src/members/identification/till-code';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { listLinks } from '../../../src/members/links/list-links';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember, meetMember, readProfiles, readWalletBalances } from '../../../src/members/members/find-member';
import { lockWallet } from '../../../src/members/members/lock-wallet';
import type { DatabasePrincipal } from '../../../src/platform/database/database-principal';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { givePoints } from '../../../src/programme/sharing/give-points';
import { giftOf, householdsOf } from '../../support/households';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;

beforeAll(async () => {
  shop = await createShopCoalition();
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  await householdsOf(shop, fuel).allowGifts();
});
afterAll(() => shop.close());

const NOT_CONFIRMED = { code: 'MEMBER_NOT_CONFIRMED', retrySafe: true };
const customer = (customerId: string): MemberRef => ({ by: 'customerId', customerId });

let numbers = 0;
/** A member with points whom FUEL has enrolled, with an identifier of the kind. */
async function memberOfFuel(kind: IdentifierKind = 'PHONE') {
  const value = kind === 'PHONE' ? `+43664${6_000_000 + ++numbers}` : newUuid();
  const shown = { by: 'identifier', identifier: { kind, value } } as const;
  const { memberId } = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers: [shown.identifier] }));
  await recordPurchase(shop.app, fuel.principal, purchaseOf(shown, '500'));
  const login: Principal = { kind: 'member', memberId, brandId: null };
  return { memberId, shown, login, byId: { by: 'id', memberId } as const };
}

/** The same, whom TAXI has linked to a customer id by what was shown there. */
async function linkedAtTaxi(kind?: IdentifierKind) {
  const member = await memberOfFuel(kind);
  const customerId = newUuid();
  await linkMember(shop.app, taxi.principal, { member: member.shown, customerId });
  return { ...member, byCustomer: customer(customerId) };
}

const burns = (till: Till, ref: MemberRef, more: Record<string, unknown> = {}) => redeemPoints(shop.app, till.principal, spendingOf(ref, 10, more));
const session = (till: Till, memberId: string) => createMemberSession(shop.app, till.principal, { memberId });
const gives = async (ref: MemberRef, to?: MemberRef) => {
  const gift = { idempotencyKey: newUuid(), from: ref, to: to ?? (await memberOfFuel()).byId, currency: 'FLP', points: 1n };
  return givePoints(shop.app, taxi.principal, gift as never);
};

/** What became of a till code of the member, and of the brand's link. */
async function tillCodeOf(memberId: string, { brandId }: Till = taxi) {
  const { owner } = shop.database;
  const { rows: codes } = await owner.query('SELECT used_at IS NOT NULL AS used FROM till_code WHERE member_id = $1', [memberId]);
  const { rows: links } = await owner.query('SELECT confirmed_by FROM brand_link WHERE brand_id = $1 AND member_id = $2', [brandId, memberId]);
  return { used: codes[0].used, links };
}
const UNTOUCHED = { used: false, links: [] };

describe('confirm a link', () => {
  test.each([...IDENTIFIER_KINDS])('a link by a %s earns, and gives nothing else', async (kind) => {
    const [ana, ben] = [await linkedAtTaxi(kind), await memberOfFuel()];
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.byCustomer, '7'));
    const written = await shop.written();
    for (const ref of [ana.byCustomer, ana.byId]) {
      await expect(burns(taxi, ref)).rejects.toMatchObject(NOT_CONFIRMED);
      await expect(burns(taxi, ref, { dryRun: true })).rejects.toMatchObject(NOT_CONFIRMED);
      await expect(gives(ref, ben.byId)).rejects.toMatchObject({ name: 'NotFound' });
      await expect(lockWallet(shop.app, taxi.principal, { member: ref, reason: null })).rejects.toMatchObject(NOT_CONFIRMED);
    }
    expect(await shop.written()).toEqual(written);
    await expect(session(taxi, ana.memberId)).rejects.toMatchObject({ name: 'NotFound' });
    expect(await readWalletBalances(shop.app, taxi.principal, ana.memberId)).toBeNull();
    expect(await readProfiles(shop.app, taxi.principal, [ana.memberId])).toMatchObject([{ enrolledAt: null, jurisdiction: null, lockedAt: null }]);
    expect(await findMember(shop.app, taxi.principal, ana.byCustomer)).toMatchObject({ memberId: ana.memberId, proof: 'NONE' });
  });

  test('who enrolled the member, was confirmed or shown a till code burns and sees', async () => {
    const [ana, ben] = [await linkedAtTaxi(), await linkedAtTaxi()];
    await confirmLink(shop.app, ana.login, taxi.brandId);
    await confirmLink(shop.app, ana.login, taxi.brandId);
    const { code } = await createTillCode(shop.app, ben.login);
    expect(await meetMember(shop.app, taxi.principal, { by: 'tillCode', tillCode: code.toLowerCase().replaceAll('-', ' ') })).toMatchObject({
      memberId: ben.memberId,
      proof: 'MEMBER',
    });
    for (const [till, { memberId, ...ref }] of [[fuel, { ...ana, byCustomer: ana.byId }] as const, [taxi, ana] as const, [taxi, ben] as const]) {
      expect((await burns(till, ref.byCustomer)).balance).not.toBeNull();
      expect(await readWalletBalances(shop.app, till.principal, memberId)).toHaveLength(1);
      expect((await session(till, memberId)).token).toEqual(expect.any(String));
    }
    const { rows } = await shop.database.owner.query('SELECT confirmed_by FROM brand_link WHERE member_id = ANY ($1::uuid[]) ORDER BY confirmed_by', [
      [ana.memberId, ben.memberId],
    ]);
    expect(rows.map((row) => row.confirmed_by)).toEqual(['ENROLMENT', 'ENROLMENT', 'LOGIN', 'TILL_CODE']);
  });

  test('a session that a brand minted confirms no link', async () => {
    const ana = await linkedAtTaxi();
    const minted: Principal = { kind: 'member', memberId: ana.memberId, brandId: fuel.brandId };
    await expect(createTillCode(shop.app, minted)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(confirmLink(shop.app, minted, taxi.brandId)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(confirmLink(shop.app, fuel.principal, taxi.brandId)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(confirmLink(shop.app, (await memberOfFuel()).login, taxi.brandId)).rejects.toMatchObject({ name: 'NotFound' });
  });
});

describe('a till code', () => {
  test('a till code names the member for one request at one brand', async () => {
    const ana = await memberOfFuel();
    const tillCode = (await createTillCode(shop.app, ana.login)).code;
    const ref: MemberRef = { by: 'tillCode', tillCode };
    // A dry run only looks.
    expect(await burns(taxi, ref, { dryRun: true })).toMatchObject({ balance: { active: 490 } });
    const command = spendingOf(ref, 10);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => burns(taxi, ref)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(redeemPoints(shop.app, taxi.principal, command)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await expect(burns(fuel, ref)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });

    const again: MemberRef = { by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code };
    const bought = purchaseOf(again, '3');
    const post = jest.spyOn(shop.app.ledger, 'post').mockRejectedValueOnce(new Error('cut off'));
    await expect(recordPurchase(shop.app, taxi.principal, bought)).rejects.toThrow('cut off');
    post.mockRestore();
    shop.clock.advance(61_000);
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ points: 3, duplicate: false });
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ points: 3, duplicate: true });
  });

  test('a till code for a gift is taken by the request, not by a dry run', async () => {
    const [ana, ben] = [await memberOfFuel(), await memberOfFuel()];
    const { code: tillCode } = await createTillCode(shop.app, ana.login);
    const gift = giftOf(ben.byId, 100, { from: { by: 'tillCode', tillCode } });
    const own = giftOf(ben.shown, 100, { from: { by: 'tillCode', tillCode } });
    expect(await givePoints(shop.app, taxi.principal, { ...own, dryRun: true })).toMatchObject({ points: 100, dryRun: true });
    await expect(givePoints(shop.app, taxi.principal, { ...gift, dryRun: true })).rejects.toMatchObject({ name: 'NotFound' });
    expect(await tillCodeOf(ana.memberId)).toEqual(UNTOUCHED);
    const post = jest.spyOn(shop.app.ledger, 'post').mockRejectedValueOnce(new Error('cut off'));
    await expect(givePoints(shop.app, taxi.principal, own)).rejects.toThrow('cut off');
    post.mockRestore();
    expect(await givePoints(shop.app, taxi.principal, own)).toMatchObject({ points: 100, duplicate: false });
    await expect(givePoints(shop.app, taxi.principal, giftOf(ben.shown, 1, { from: own.from }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('what only looks takes no till code', async () => {
    const ana = await memberOfFuel();
    const ref: MemberRef = { by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code };
    await expect(findMember(shop.app, taxi.principal, ref)).rejects.toMatchObject({ name: 'NotFound' });
    expect(await tillCodeOf(ana.memberId)).toEqual(UNTOUCHED);
    for (const _ of ['first', 'again']) expect(await meetMember(shop.app, taxi.principal, ref)).toMatchObject({ memberId: ana.memberId, proof: 'MEMBER' });
    await expect(meetMember(shop.app, fuel.principal, ref)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(lockWallet(shop.app, taxi.principal, { member: ref, reason: null })).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a till code ends after a minute, or with the next one', async () => {
    const ana = await memberOfFuel();
    const [first, second] = [await createTillCode(shop.app, ana.login), await createTillCode(shop.app, ana.login)];
    const meet = (tillCode: string) => meetMember(shop.app, taxi.principal, { by: 'tillCode', tillCode });
    await expect(meet(first.code)).rejects.toMatchObject({ name: 'NotFound' });
    shop.clock.advance(60_000);
    await expect(meet(second.code)).rejects.toMatchObject({ name: 'NotFound' });
    const { rows } = await shop.database.owner.query('SELECT FROM brand_link WHERE brand_id = $1 AND member_id = $2', [taxi.brandId, ana.memberId]);
    expect(rows).toEqual([]);
    expect(JSON.stringify((await shop.database.owner.query('SELECT * FROM till_code')).rows)).not.toContain(second.code.replaceAll('-', ''));
  });

  test('the database itself refuses a brand that writes down a confirmation which nobody gave', async () => {
    const ana = await linkedAtTaxi();
    for (const by of ['ENROLMENT', 'LOGIN', 'TILL_CODE'])
      await expect(
        shop.app.database.transaction({ kind: 'brand', brandId: taxi.brandId }, ({ client }) =>
          client.query('UPDATE brand_link SET confirmed_at = now(), confirmed_by = $2 WHERE member_id = $1', [ana.memberId, by]),
        ),
      ).rejects.toThrow('a link is confirmed by');
  });
});

describe('end a link', () => {
  test("the member's login and the operator's support end any brand's link", async () => {
    const [ana, ben] = [await memberOfFuel(), await memberOfFuel()];
    const support: Principal = { kind: 'staff', staffId: newUuid(), brandId: shop.operatorId, role: 'SUPPORT', ofOperator: true };
    const end = (who: Principal, member: MemberRef | null, brandId: string | null) => unlinkMember(shop.app, who, { member, brandId, reason: null });
    shop.clock.advance(1);
    const shown: MemberRef = { by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code };
    const bought = purchaseOf(shown, '3');
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ balance: { active: 503 } });
    expect((await burns(taxi, ana.byId)).points).toBe(10);
    // For nobody else's link, and for no brand by another.
    await expect(end(ben.login, ana.byId, taxi.brandId)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(end(ben.login, null, taxi.brandId)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(end(fuel.principal, ana.byId, taxi.brandId)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(end(ana.login, null, null)).rejects.toMatchObject({ name: 'InvalidInput' });
    await expect(end({ kind: 'member', memberId: ana.memberId, brandId: fuel.brandId }, null, taxi.brandId)).rejects.toMatchObject({
      name: 'PermissionDenied',
    });
    await end(support, ana.byId, taxi.brandId);
    await expect(burns(taxi, ana.byId)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    // Said again, it is answered again, and is no way back.
    expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ duplicate: true, balance: null });
    await expect(burns(taxi, ana.byId)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await recordPurchase(shop.app, taxi.principal, purchaseOf(ana.shown, '1'));
    await expect(burns(taxi, ana.byId)).rejects.toMatchObject(NOT_CONFIRMED);
    // Who enrolled the member too.
    await end(ana.login, null, fuel.brandId);
    await expect(burns(fuel, ana.byId)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    await expect(session(fuel, ana.memberId)).rejects.toMatchObject({ name: 'NotFound' });
    const links = [
      { brandId: taxi.brandId, confirmedBy: null, unlinkedAt: null },
      { brandId: taxi.brandId, confirmedBy: 'TILL_CODE', unlinkedAt: expect.any(Date) },
      { brandId: fuel.brandId, confirmedBy: 'ENROLMENT', unlinkedAt: expect.any(Date) },
    ];
    for (const who of [ana.login, support]) expect(await listLinks(shop.app, who, ana.memberId)).toEqual(links.map((each) => expect.objectContaining(each)));
    expect(await listLinks(shop.app, fuel.principal, ana.memberId)).toBeNull();
  });
});

describe('a suspended brand', () => {
  test('takes no till code and comes to know nobody', async () => {
    const [ana, gone] = [await memberOfFuel('CARD'), await shop.brand('GONE')];
    const occurredAt = shop.app.clock.now();
    shop.clock.advance(1_000);
    await suspendBrand(shop.app, householdsOf(shop, fuel).operator, { brandId: gone.brandId, reason: null });
    const shown: MemberRef = { by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code };
    for (const dryRun of [true, false])
      await expect(recordPurchase(shop.app, gone.principal, purchaseOf(shown, '5', { occurredAt, dryRun }))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    const bought = purchaseOf(ana.shown, '5', { occurredAt });
    for (const duplicate of [false, true]) expect(await recordPurchase(shop.app, gone.principal, bought)).toMatchObject({ points: 5, duplicate });
    expect(await tillCodeOf(ana.memberId, gone)).toEqual(UNTOUCHED);
    // Whatever way it came to that: the database lets no such link be.
    await expect(
      shop.app.database.transaction({ kind: 'brand', brandId: gone.brandId }, ({ client }) =>
        client.query("INSERT INTO brand_link (id, brand_id, member_id, source, linked_at) VALUES ($1, $2, $3, 'PRESENTED', now())", [
          newUuid(),
          gone.brandId,
          ana.memberId,
        ]),
      ),
    ).rejects.toThrow('a suspended brand comes to know nobody');
  });
});

describe("a brand's own customer ids", () => {
  it('lead nobody else to its members', async () => {
    const { memberId, byCustomer } = await linkedAtTaxi('CARD');
    const brandId = taxi.principal.brandId as Uuid;
    const hash = spelledCustomerHash(shop.app.keys, brandId, byCustomer.by === 'customerId' ? byCustomer.customerId : '');
    const text = 'SELECT member_id FROM customers_of_brand($1, $2)';
    const asked = (principal: DatabasePrincipal) =>
      shop.app.database.transaction(principal, async ({ client }) => (await client.query(text, [brandId, [hash]])).rows);
    expect(await asked({ kind: 'brand', brandId })).toEqual([{ member_id: memberId }]);
    expect(await asked({ kind: 'brand', brandId: fuel.principal.brandId as Uuid })).toEqual([]);
    expect(await asked({ kind: 'member', memberId })).toEqual([]);
    expect(await asked({ kind: 'member', memberId, brandId })).toEqual([]);
  });
});

test('a number alone brings no customer id to a link that the member has confirmed', async () => {
  const link = (till: Till, member: MemberRef, customerId: string) => linkMember(shop.app, till.principal, { member, customerId });
  const ana = await memberOfFuel('PHONE');
  const till = async (): Promise<MemberRef> => ({ by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code });
  await meetMember(shop.app, taxi.principal, await till());
  const webAccount = newUuid();
  await expect(link(taxi, ana.shown, webAccount)).rejects.toMatchObject({ code: 'NUMBER_IS_NO_PROOF', retrySafe: false });
  await expect(burns(taxi, customer(webAccount))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
  // By what proves it, it does; said again on the number it is so already.
  await link(taxi, await till(), webAccount);
  expect(await link(taxi, ana.shown, webAccount)).toMatchObject({ memberId: ana.memberId });
  await burns(taxi, customer(webAccount));
  await link(fuel, ana.shown, webAccount);
  await burns(fuel, customer(webAccount));
  // Over a link that nobody has confirmed it comes, and burns nothing.
  const ben = await memberOfFuel('PHONE');
  await link(taxi, ben.shown, newUuid());
});
