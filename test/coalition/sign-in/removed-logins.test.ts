import type { Principal } from '../../../src/coalition/access/principal';
import { linkLogin } from '../../../src/coalition/sign-in/link-login';
import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { listLogins, removeLogin } from '../../../src/coalition/sign-in/logins';
import type { Identifier } from '../../../src/members/identification/member-ref';
import { createTillCode } from '../../../src/members/identification/till-code';
import { confirmLink } from '../../../src/members/links/confirm-link';
import { linkMember } from '../../../src/members/links/link-member';
import { listLinks } from '../../../src/members/links/list-links';
import { createClaimCode } from '../../../src/members/members/create-claim-code';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { meetMember } from '../../../src/members/members/find-member';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { newUuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { redeemPoints } from '../../../src/programme/redemption/redeem-points';
import { mergeMembers } from '../../support/merged-members';
import { createShopCoalition, purchaseOf, type ShopCoalition, spendingOf, staffPerson, type Till } from '../../support/shop-coalition';

let shop: ShopCoalition;
let fuel: Till;
let taxi: Till;
let cafe: Till;
let support: Principal;
let members = 0;

beforeAll(async () => {
  shop = await createShopCoalition({ variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  [fuel, taxi, cafe] = [await shop.brand('FUEL'), await shop.brand('TAXI'), await shop.brand('CAFE')];
  support = await staffPerson(shop, shop.operatorId);
});
afterAll(() => shop.close());

/** A member of FUEL whom TAXI and CAFE have linked to customer ids of their own. */
async function member() {
  const card: Identifier = { kind: 'CARD', value: `9200 ${++members}` };
  const { memberId } = await enrolMember(shop.app, fuel.principal, enrolMemberSchema.parse({ idempotencyKey: newUuid(), identifiers: [card] }));
  const byCard = { by: 'identifier', identifier: card } as const;
  const byCustomer = { by: 'customerId', customerId: `C${members}` } as const;
  await recordPurchase(shop.app, fuel.principal, purchaseOf(byCard, '500'));
  for (const { principal } of [taxi, cafe]) await linkMember(shop.app, principal, { member: byCard, customerId: byCustomer.customerId });
  const login: Principal = { kind: 'member', memberId, brandId: null };
  return { memberId, login, byCard, byCustomer, byId: { by: 'id', memberId } as const };
}
type Member = Awaited<ReturnType<typeof member>>;
async function bind({ memberId, byId }: Member, subject: string) {
  shop.clock.advance(1_000);
  const { code } = await createClaimCode(shop.app, fuel.principal, { member: byId, reason: null });
  await linkLogin(shop.app, { token: await mintLocalLogin(shop.app, subject), claimCode: code });
  shop.clock.advance(1_000);
  const logins = (await listLogins(shop.app, support, memberId)) ?? [];
  return logins[logins.length - 1].id;
}
const remove = (who: Principal, loginId: string) => removeLogin(shop.app, who, { loginId, reason: null });
const meet = async ({ login }: Member, till: Till) =>
  meetMember(shop.app, till.principal, { by: 'tillCode', tillCode: (await createTillCode(shop.app, login)).code });
const confirmed = async ({ memberId }: Member) =>
  Object.fromEntries(
    (await listLinks(shop.app, support, memberId))?.map(({ brandId, confirmedBy }) => [
      [fuel, taxi, cafe].findIndex((till) => till.brandId === brandId),
      confirmedBy,
    ]) ?? [],
  );
const burns = (till: Till, { byCustomer }: Member) => redeemPoints(shop.app, till.principal, spendingOf(byCustomer, 10));

test('support takes a login away, and all that it had confirmed: what another login confirmed, before or after, stays, and so does an enrolment', async () => {
  const ana = await member();
  const first = await bind(ana, 'ana 1');
  await confirmLink(shop.app, ana.login, taxi.brandId);
  await remove(ana.login, first);
  const thief = await bind(ana, 'thief');
  await meet(ana, cafe);
  await burns(cafe, ana);
  shop.clock.advance(1_000);
  await remove(support, thief);
  expect(await confirmed(ana)).toEqual({ 0: 'ENROLMENT', 1: 'LOGIN', 2: null });
  await expect(burns(cafe, ana)).rejects.toMatchObject({ code: 'MEMBER_NOT_CONFIRMED' });
  expect((await burns(taxi, ana)).points).toBe(10);
  const changes = await listMemberChanges(shop.app, ana.login, { limit: 2, before: null });
  expect(changes.map(({ operation, by }) => `${operation} by ${by}`).sort()).toEqual(['endConfirmation by OPERATOR', 'removeLogin by OPERATOR']);
  // The member's next login confirms it anew, and that is no doing of the thief's.
  await bind(ana, 'ana 2');
  await confirmLink(shop.app, ana.login, cafe.brandId);
  await remove(support, thief);
  expect(await confirmed(ana)).toEqual({ 0: 'ENROLMENT', 1: 'LOGIN', 2: 'LOGIN' });
});

test('a member who removes the own login keeps what it confirmed, until support hears that it was a stranger', async () => {
  const ana = await member();
  const login = await bind(ana, 'own');
  await confirmLink(shop.app, ana.login, taxi.brandId);
  await remove(ana.login, login);
  expect((await burns(taxi, ana)).points).toBe(10);
  await remove(support, login);
  await expect(burns(taxi, ana)).rejects.toMatchObject({ code: 'MEMBER_NOT_CONFIRMED' });
});

test('with a login its till code ends: one not used yet, and the one that a request took', async () => {
  const ana = await member();
  const login = await bind(ana, 'till');
  const taken = { by: 'tillCode', tillCode: (await createTillCode(shop.app, ana.login)).code } as const;
  const bought = purchaseOf(taken, '1');
  await recordPurchase(shop.app, taxi.principal, bought);
  expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ duplicate: true, balance: { active: 501 } });
  await remove(support, login);
  expect(await recordPurchase(shop.app, taxi.principal, bought)).toMatchObject({ duplicate: true, balance: null });
  expect(await confirmed(ana)).toMatchObject({ 1: null });
  const again = await bind(ana, 'till again');
  const { code } = await createTillCode(shop.app, ana.login);
  await remove(support, again);
  await expect(meetMember(shop.app, cafe.principal, { by: 'tillCode', tillCode: code })).rejects.toMatchObject({ name: 'NotFound' });
});

test('a login that came by merges is known by who made its claim code, and takes along what it confirmed for the duplicate', async () => {
  const [ana, ben, duplicate] = [await member(), await member(), await member()];
  await bind(duplicate, 'of the duplicate');
  await confirmLink(shop.app, duplicate.login, taxi.brandId);
  await mergeMembers(shop, duplicate.memberId, ben.memberId);
  shop.clock.advance(1_000);
  await mergeMembers(shop, ben.memberId, ana.memberId);
  const logins = await listLogins(shop.app, ana.login, ana.memberId);
  expect(logins).toMatchObject([{ claimedAt: fuel.brandId, removedAt: null }]);
  expect(await confirmed(ana)).toMatchObject({ 1: 'LOGIN' });
  await remove(support, logins?.[0].id ?? '');
  expect(await confirmed(ana)).toMatchObject({ 0: 'ENROLMENT', 1: null });
});
