import { SignJWT } from 'jose';
import type { Principal } from '../../../src/coalition/access/principal';
import { loginHash } from '../../../src/coalition/sign-in/find-principal';
import { localIssuer } from '../../../src/coalition/sign-in/local-issuer';
import { signingKey } from '../../../src/coalition/sign-in/token-keys';
import type { Identifier, MemberRef } from '../../../src/members/identification/member-ref';
import { addIdentifier } from '../../../src/members/identifiers/add-identifier';
import { removeIdentifier } from '../../../src/members/identifiers/remove-identifier';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { findMember } from '../../../src/members/members/find-member';
import { listIdentifiers } from '../../../src/members/members/list-identifiers';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { mergeMembers } from '../../support/merged-members';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let olga: Principal;
let numbers = 0;

beforeAll(async () => {
  shop = await createShopCoalition({ variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  fuel = await shop.brand('FUEL');
  taxi = await shop.brand('TAXI');
  olga = await staffPerson(shop, shop.operatorId);
});
afterAll(() => shop.close());

const newPhone = (): Identifier => ({ kind: 'PHONE', value: `+43664${3_000_000 + ++numbers}` });
const newCard = (): Identifier => ({ kind: 'CARD', value: `9000 ${++numbers}` });
const by = (identifier: Identifier): MemberRef => ({ by: 'identifier', identifier });
async function enrol(identifiers: readonly Identifier[] = [], till = fuel) {
  const { memberId } = await enrolMember(shop.app, till.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers }));
  const login: Principal = { kind: 'member', memberId, brandId: null };
  await shop.database.owner.query("INSERT INTO member_identifier (id, member_id, kind, hash, added_at) VALUES ($1, $2, 'LOGIN', $3, now())", [
    newUuid(),
    memberId,
    loginHash(shop.app, { issuer: localIssuer(shop.app), subject: memberId }),
  ]);
  return { memberId, ref: { by: 'id', memberId } as MemberRef, login };
}
/** A token of the member's login that says what it says. */
async function tokenOf({ memberId }: { memberId: string }, claims: Record<string, unknown>): Promise<string> {
  const { privateKey, jwk } = await signingKey(shop.app.keys, 'local-issuer');
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: jwk.kid }).setIssuer(localIssuer(shop.app));
  return jwt.setAudience(shop.app.config.oidc.audience).setSubject(memberId).setExpirationTime('1h').sign(privateKey);
}
const add = (principal: Principal, identifier: Identifier, member: MemberRef | null = null, token: string | null = null) =>
  addIdentifier(shop.app, principal, { member, identifier, token });
const remove = (principal: Principal, identifier: Identifier, member: MemberRef | null = null) => removeIdentifier(shop.app, principal, { member, identifier });
const buy = (identifier: Identifier, till = fuel) => recordPurchase(shop.app, till.principal, purchaseOf(by(identifier), '10'));
const held = async ({ memberId, login }: { memberId: string; login: Principal }) =>
  (await listIdentifiers(shop.app, login, memberId)).map(({ kind, brandId, active, verifiedAt }) => ({ kind, brandId, active, verified: verifiedAt !== null }));
const changes = async ({ login }: { login: Principal }) =>
  (await listMemberChanges(shop.app, login, { limit: 20, before: null })).map(({ operation, by: who }) => `${operation} by ${who}`);

describe('add an identifier', () => {
  test('a number that a member claims finds nobody, until it is proved or a brand adds it', async () => {
    const [phone, other] = [newPhone(), newPhone()];
    const ana = await enrol();
    await add(ana.login, phone);
    await add(ana.login, phone);
    await add(ana.login, other);
    expect(await held(ana)).toEqual(Array(2).fill({ kind: 'PHONE', brandId: null, active: false, verified: false }));
    await expect(buy(phone)).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    for (const claims of [
      {},
      { phone_number: phone.value },
      { phone_number: phone.value, phone_number_verified: 'true' },
      { phone_number: other.value, phone_number_verified: true },
    ])
      await expect(add(ana.login, phone, null, await tokenOf(ana, claims))).rejects.toMatchObject({ field: 'input.token' });
    const bea = await enrol();
    await expect(add(ana.login, phone, null, await tokenOf(bea, { phone_number: phone.value, phone_number_verified: true }))).rejects.toMatchObject({
      field: 'input.token',
    });
    await add(ana.login, phone, null, await tokenOf(ana, { phone_number: phone.value, phone_number_verified: true }));
    await buy(phone);
    // By the brand that enrolled the member.
    await add(fuel.principal, other, ana.ref);
    await buy(other);
    expect((await held(ana)).filter(({ active }) => active)).toEqual([
      { kind: 'PHONE', brandId: null, active: true, verified: true },
      { kind: 'PHONE', brandId: fuel.brandId, active: true, verified: false },
    ]);
    await expect(add(ana.login, newCard())).rejects.toMatchObject({ field: 'input.identifier.kind' });
    const session: Principal = { kind: 'member', memberId: ana.memberId, brandId: fuel.brandId };
    for (const change of [add, remove]) await expect(change(session, phone)).rejects.toMatchObject({ name: 'PermissionDenied' });
  });

  test('a verified login takes a number over from whoever has it without proof', async () => {
    const phone = newPhone();
    const [squatter, ana, bea] = [await enrol([phone]), await enrol(), await enrol()];
    const proof = async (who: typeof ana) => tokenOf(who, { phone_number: phone.value, phone_number_verified: true });
    await expect(add(taxi.principal, phone, null)).rejects.toMatchObject({ name: 'NotFound' });
    await add(ana.login, phone, null, await proof(ana));
    expect(await findMember(shop.app, fuel.principal, by(phone))).toMatchObject({ memberId: ana.memberId });
    expect(await held(squatter)).toEqual([]);
    expect(await changes(squatter)).toContain('takeIdentifierOver by OTHER_MEMBER');
    expect(await changes(ana)).toContain('addIdentifier by MEMBER');
    await expect(add(bea.login, phone, null, await proof(bea))).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
  });

  test('a brand adds over a confirmed link only', async () => {
    const [phone, card] = [newPhone(), newCard()];
    const ana = await enrol([phone]);
    await buy(phone, taxi);
    const before = await shop.written();
    await expect(add(taxi.principal, card, ana.ref)).rejects.toMatchObject({ code: 'MEMBER_NOT_CONFIRMED' });
    const raw = shop.app.database.transaction({ kind: 'brand', brandId: taxi.brandId }, ({ client }) =>
      client.query("INSERT INTO member_identifier (id, member_id, kind, hash, added_by_brand_id, added_at) VALUES ($1, $2, 'CARD', $3, $4, now())", [
        newUuid(),
        ana.memberId,
        Buffer.alloc(32, 1),
        taxi.brandId,
      ]),
    );
    await expect(raw).rejects.toThrow('row-level security');
    await expect(redeemPoints(shop.app, taxi.principal, spendingOf(by(card), 10))).rejects.toMatchObject({ code: 'MEMBER_UNKNOWN' });
    expect(await shop.written()).toEqual(before);
    await confirmLink(shop.app, ana.login, taxi.brandId);
    await add(taxi.principal, card, ana.ref);
    expect(await changes(ana)).toContain('addIdentifier by BRAND');
  });

  test('it is taken away by who added it, by the login, and by support', async () => {
    const cards = [newCard(), newCard(), newCard(), newCard()];
    const ana = await enrol(cards);
    await buy(cards[0], taxi);
    await expect(remove(taxi.principal, cards[0], by(cards[0]))).rejects.toMatchObject({ name: 'NotFound' });
    await remove(fuel.principal, cards[0], ana.ref);
    await remove(ana.login, cards[1]);
    await remove(olga, cards[2], by(cards[2]));
    expect((await changes(ana)).filter((each) => each.startsWith('removeIdentifier'))).toEqual([
      'removeIdentifier by OPERATOR',
      'removeIdentifier by MEMBER',
      'removeIdentifier by BRAND',
    ]);
    const bea = await enrol([], taxi);
    for (const card of cards.slice(0, 3)) {
      await expect(enrol([card], taxi)).rejects.toMatchObject({ code: 'IDENTIFIER_RESTS' });
      await expect(add(taxi.principal, card, bea.ref)).rejects.toMatchObject({ code: 'IDENTIFIER_RESTS', retrySafe: true });
    }
    // The one that rests is named, and the one that somebody has.
    await expect(enrol([newPhone(), cards[2]], taxi)).rejects.toMatchObject({ code: 'IDENTIFIER_RESTS', message: expect.stringContaining('CARD') });
    const phone = newPhone();
    await enrol([phone], fuel);
    await expect(enrol([newCard(), phone], taxi)).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN', fields: { kind: 'PHONE' } });
    await add(olga, cards[0], bea.ref);
    await enrol([cards[1]], fuel);
    await shop.database.owner.query(
      "UPDATE member_identifier SET removed_at = removed_at - interval '91 days', added_at = added_at - interval '91 days' WHERE member_id = $1 AND removed_at IS NOT NULL",
      [ana.memberId],
    );
    await add(taxi.principal, cards[2], bea.ref);
  });

  test('a number that a member spells as at home wants its country code', async () => {
    const ana = await enrol();
    const wanted = { field: 'input.identifier.value', message: expect.stringContaining('country code') };
    const home: Identifier = { kind: 'PHONE', value: '0664 7778889' };
    await expect(remove(ana.login, home)).rejects.toMatchObject(wanted);
    await expect(add(ana.login, home)).rejects.toMatchObject(wanted);
    await expect(add(ana.login, home, null, await tokenOf(ana, { phone_number: '+436647778889', phone_number_verified: true }))).rejects.toMatchObject(wanted);
    await expect(remove(ana.login, newPhone())).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('a card rests for others than whom it was taken from', async () => {
    const cards = [newCard(), newCard()];
    const [ana, again] = [await enrol([], fuel), await enrol(cards, taxi)];
    await remove(again.login, cards[0]);
    await mergeMembers(shop, again.memberId, ana.memberId);
    await remove(ana.login, cards[1]);
    const bea = await enrol([], fuel);
    for (const card of cards) {
      await expect(add(fuel.principal, card, bea.ref)).rejects.toMatchObject({ code: 'IDENTIFIER_RESTS' });
      expect(await add(fuel.principal, card, ana.ref)).toMatchObject({ memberId: ana.memberId });
    }
  });

  test('a member has at most 20, of thirty at once too', async () => {
    const ana = await enrol(Array.from({ length: 15 }, newCard));
    const answers = await Promise.allSettled(
      Array.from({ length: 30 }, (_, at) => (at % 2 ? add(ana.login, newPhone()) : add(fuel.principal, newCard(), ana.ref))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(new Set(answers.flatMap((answer) => (answer.status === 'rejected' ? answer.reason.code : [])))).toEqual(new Set(['TOO_MANY_IDENTIFIERS']));
    await expect(add(olga, newCard(), ana.ref)).rejects.toMatchObject({ code: 'TOO_MANY_IDENTIFIERS', fields: { maximum: 20 } });
    expect(await held(ana)).toHaveLength(20);
  });

  test('what is added many times at once is there once', async () => {
    const [ana, ben] = [await enrol(), await enrol()];
    const atOnce = async (work: () => Promise<unknown>) => (await Promise.allSettled(Array.from({ length: 8 }, work))).map(({ status }) => status);
    const [phone, card] = [newPhone(), newCard()];
    expect(await atOnce(() => add(ana.login, phone))).toEqual(Array(8).fill('fulfilled'));
    expect(await atOnce(() => add(fuel.principal, card, ana.ref))).toEqual(Array(8).fill('fulfilled'));
    expect((await held(ana)).map(({ kind }) => kind).sort()).toEqual(['CARD', 'PHONE']);
    await expect(add(fuel.principal, card, ben.ref)).rejects.toMatchObject({ code: 'IDENTIFIER_TAKEN' });
    const customers = await atOnce(() => linkMember(shop.app, taxi.principal, { member: by(card), customerId: 'ANA' }));
    expect(customers).toEqual(Array(8).fill('fulfilled'));
  });
});
