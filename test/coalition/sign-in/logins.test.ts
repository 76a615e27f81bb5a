import type { Principal } from '../../../src/coalition/access/principal';
import { resumeBrand, suspendBrand } from '../../../src/coalition/coalition/update-brand';
import { acceptStaffInvitation } from '../../../src/coalition/sign-in/accept-invitation';
import { addStaff, removeStaff } from '../../../src/coalition/sign-in/add-staff';
import { createApiClient } from '../../../src/coalition/sign-in/create-api-client';
import { createMemberSession } from '../../../src/coalition/sign-in/create-member-session';
import { linkLogin } from '../../../src/coalition/sign-in/link-login';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { listLogins, removeLogin } from '../../../src/coalition/sign-in/logins';
import { linkMember } from '../../../src/members/links/link-member';
import { unlinkMember } from '../../../src/members/links/unlink-member';
import { createClaimCode } from '../../../src/members/members/create-claim-code';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { listMemberChanges } from '../../../src/members/members/list-member-changes';
import { newUuid, type Uuid } from '../../../src/platform/ids';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { addAcceptedStaff } from '../../support/logins';
import { createTestApp, type TestApp } from '../../support/test-app';

let test_: TestApp;
let api: TestApi;
let coalition: TestCoalition;
let fuel: Principal;
let taxi: Principal;
let support: Principal;

beforeAll(async () => {
  test_ = await createTestApp({ variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  api = await openApi(test_);
  coalition = await foundTestCoalition(test_, 'FUEL', 'TAXI');
  fuel = coalition.brands.FUEL.client;
  taxi = coalition.brands.TAXI.client;
  const { operator } = coalition;
  const made = await addAcceptedStaff(test_.app, operator, staffCommand('support', operator.brandId));
  support = { kind: 'staff', staffId: made.id, brandId: operator.brandId, role: 'SUPPORT', ofOperator: true };
});
afterAll(async () => {
  await api?.close();
  await test_?.close();
});

const staffCommand = (subject: string, brandId: Uuid | null) => ({
  ...{ idempotencyKey: newUuid(), issuer: localIssuer(test_.app), subject, role: 'SUPPORT' as const, brandId },
});
let numbers = 0;
const byId = (memberId: Uuid) => ({ by: 'id', memberId }) as const;
const selfOf = (memberId: Uuid): Principal => ({ kind: 'member', memberId, brandId: null });
async function memberOfFuel() {
  const phone = `+43 664 ${5_000_000 + ++numbers}`;
  const identifiers = [{ kind: 'PHONE', value: phone }];
  const command = { idempotencyKey: newUuid(), identifiers, personalData: { givenName: 'Ana' } };
  return { phone, ...(await enrolMember(test_.app, fuel, enrolMemberSchema.parse(command))) };
}
const claim = (by: Principal, memberId: Uuid) => createClaimCode(test_.app, by, { member: byId(memberId), reason: null });
const link = async (subject: string, claimCode: string) => linkLogin(test_.app, { token: await mintLocalLogin(test_.app, subject), claimCode });
const viewerOf = async (subject: string) => (await api.ask(await mintLocalLogin(test_.app, subject), '{ viewer { kind } }')).data?.viewer?.kind ?? null;

describe('a login', () => {
  it('is bound by its own token and a claim code, which is used once; a second one is refused until the first is removed', async () => {
    const { memberId } = await memberOfFuel();
    const { code } = await claim(fuel, memberId);
    expect(await viewerOf('ana')).toBeNull();
    await link('ana', code);
    expect(await viewerOf('ana')).toBe('MEMBER');
    await expect(link('mallory', code)).rejects.toMatchObject({ code: 'LOGIN_BOUND' });
    const second = await claim(support, memberId);
    await expect(link('mallory', second.code)).rejects.toMatchObject({ code: 'LOGIN_BOUND' });
    const other = await memberOfFuel();
    await expect(link('ana', (await claim(fuel, other.memberId)).code)).rejects.toMatchObject({ code: 'LOGIN_TAKEN' });

    const [bound] = (await listLogins(test_.app, selfOf(memberId), memberId)) ?? [];
    expect(bound).toMatchObject({ claimedAt: fuel.brandId, removedAt: null });
    test_.clock.advance(1);
    await removeLogin(test_.app, support, { loginId: bound.id, reason: 'lost' });
    test_.clock.advance(31_000);
    expect(await viewerOf('ana')).toBeNull();
    await expect(link('anna', second.code)).rejects.toMatchObject({ name: 'NotFound' });
    await link('anna', (await claim(support, memberId)).code);
    expect(await listLogins(test_.app, support, memberId)).toMatchObject([{ removedAt: expect.any(Date) }, { claimedAt: null, removedAt: null }]);
    expect(JSON.stringify((await test_.database.owner.query('SELECT * FROM login_claim')).rows)).not.toContain(code.replaceAll('-', ''));
  });

  it('is bound by one of many who bring the same code at once', async () => {
    const { memberId } = await memberOfFuel();
    const { code } = await claim(fuel, memberId);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => link(`racer ${n}`, code)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await listLogins(test_.app, support, memberId)).toHaveLength(1);
  });

  it('is bound by no code that has ended, was made up, or is given by a brand that only knows the member', async () => {
    const { memberId, phone } = await memberOfFuel();
    const { code } = await claim(fuel, memberId);
    test_.clock.advance(15 * 60_000);
    await expect(link('late', code)).rejects.toMatchObject({ name: 'NotFound' });
    await expect(link('late', 'AAAA-BBBB-CCCC')).rejects.toMatchObject({ name: 'NotFound' });
    await linkMember(test_.app, taxi, { member: { by: 'identifier', identifier: { kind: 'PHONE', value: phone } }, customerId: newUuid() });
    await expect(claim(taxi, memberId)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(claim({ kind: 'member', memberId, brandId: fuel.brandId }, memberId)).rejects.toMatchObject({ name: 'PermissionDenied' });
    await expect(claim(selfOf(memberId), memberId)).rejects.toMatchObject({ name: 'PermissionDenied' });
  });

  it('is bound by no code that was replaced, or whose ground is gone: a login was removed, the link ended, the brand was suspended', async () => {
    const { memberId } = await memberOfFuel();
    const [lost, latest] = [await claim(fuel, memberId), await claim(fuel, memberId)];
    await expect(link('zoe', lost.code)).rejects.toMatchObject({ name: 'NotFound' });
    await unlinkMember(test_.app, fuel, { member: byId(memberId), reason: null });
    await expect(link('zoe', latest.code)).rejects.toMatchObject({ name: 'NotFound' });

    const other = await memberOfFuel();
    const { code } = await claim(fuel, other.memberId);
    const { id: brandId } = coalition.brands.FUEL;
    await suspendBrand(test_.app, coalition.operator, { brandId, reason: null });
    await expect(link('zoe', code)).rejects.toMatchObject({ name: 'NotFound' });
    await resumeBrand(test_.app, coalition.operator, { brandId, reason: null });
    await link('zoe', code);
    const [bound] = (await listLogins(test_.app, support, other.memberId)) ?? [];
    const { code: thiefs } = await claim(support, other.memberId);
    test_.clock.advance(1);
    await removeLogin(test_.app, support, { loginId: bound.id, reason: 'a thief’s' });
    await expect(link('thief', thiefs)).rejects.toMatchObject({ name: 'NotFound' });
  });

  it('is not bound by the chain that took a member over with a phone number', async () => {
    const { memberId, phone } = await memberOfFuel();
    const { id: taxiId, freshToken } = coalition.brands.TAXI;
    const token = await freshToken();
    const ref = { identifier: { kind: 'PHONE', value: phone } };
    const id = `mem_${test_.app.keys.toPairwise('member', taxiId, memberId).replaceAll('-', '')}`;
    await api.ask(token, 'mutation ($input: LinkMemberInput!) { linkMember(input: $input) { __typename } }', { input: { member: ref, customerId: newUuid() } });
    const minted = await api.ask(token, 'mutation ($id: ID!) { createMemberSession(input: { memberId: $id }) { token } }', { id });
    expect(minted.errors?.[0].extensions.code).toBe('NOT_FOUND');
    const claimed = await api.ask(token, 'mutation ($id: ID!) { createClaimCode(input: { member: { id: $id } }) { code } }', { id });
    expect(claimed.errors?.[0].extensions.code).toBe('FORBIDDEN');
    // What it did is there for the member to see, and for the brand.
    const { rows } = await test_.database.owner.query('SELECT operation FROM audit_entry WHERE member_id = $1 AND brand_id = $2 ORDER BY at, operation', [
      memberId,
      taxiId,
    ]);
    expect(rows.map((row) => row.operation).sort()).toEqual(['linkMember', 'meetMember']);
    const own = await listMemberChanges(test_.app, selfOf(memberId), { limit: 10, before: null });
    expect(own.map(({ operation }) => operation).sort()).toEqual(['enrolMember', 'linkMember', 'meetMember']);
  });

  it('of a minted session is none: the session reads what its brand may, and no trail', async () => {
    const { memberId } = await memberOfFuel();
    const { token } = await createMemberSession(test_.app, fuel, { memberId });
    const seen = await api.ask(token, '{ me { personalData { givenName } logins { id } wallet { lockReason } } }');
    expect(seen.data.me).toEqual({ personalData: null, logins: null, wallet: { lockReason: null } });
    expect((await api.ask(token, '{ memberChanges(first: 1) { edges { node { operation } } } }')).errors?.[0].extensions.code).toBe('FORBIDDEN');
    const { rows } = await test_.database.owner.query("SELECT brand_id FROM audit_entry WHERE member_id = $1 AND operation = 'createMemberSession'", [
      memberId,
    ]);
    expect(rows).toEqual([{ brand_id: fuel.brandId }]);
  });
});

describe('staff', () => {
  it('are invited for seven days, by whoever still acts for a brand', async () => {
    const { operator } = coalition;
    const accept = async (subject: string, staffId: Uuid) => acceptStaffInvitation(test_.app, { staffId, token: await mintLocalLogin(test_.app, subject) });
    const made = await addAcceptedStaff(test_.app, operator, { ...staffCommand('rogue', operator.brandId), role: 'OPERATOR' });
    const rogue: Principal = { kind: 'staff', staffId: made.id, brandId: operator.brandId, role: 'OPERATOR', ofOperator: true };
    const back = await addStaff(test_.app, rogue, { ...staffCommand('rogue at home', operator.brandId), role: 'OPERATOR' });
    await removeStaff(test_.app, operator, { staffId: made.id, reason: 'dismissed' });
    await expect(accept('rogue at home', back.id)).rejects.toMatchObject({ name: 'NotFound' });

    const late = await addStaff(test_.app, taxi, staffCommand('late', null));
    test_.clock.advance(7 * 86_400_000);
    await expect(accept('late', late.id)).rejects.toMatchObject({ name: 'NotFound', message: expect.stringContaining('7 days') });
    // It stands in the way of no other.
    const again = await addStaff(test_.app, taxi, staffCommand('late', null));
    expect(await accept('late', again.id)).toMatchObject({ id: again.id });
  });

  it('are invited, and accept by their own login; a member stays a member', async () => {
    const { memberId } = await memberOfFuel();
    await link('olga', (await claim(fuel, memberId)).code);
    const invited = await addStaff(test_.app, taxi, staffCommand('olga', null));
    expect(await viewerOf('olga')).toBe('MEMBER');
    const accept = async (subject: string) => acceptStaffInvitation(test_.app, { staffId: invited.id, token: await mintLocalLogin(test_.app, subject) });
    await expect(accept('mallory')).rejects.toMatchObject({ name: 'NotFound' });
    const elsewhere = await addStaff(test_.app, fuel, staffCommand('olga', null));
    expect(await accept('olga')).toMatchObject({ acceptedAt: expect.any(Date) });
    expect(await accept('olga')).toMatchObject({ id: invited.id });
    await expect(acceptStaffInvitation(test_.app, { staffId: elsewhere.id, token: await mintLocalLogin(test_.app, 'olga') })).rejects.toMatchObject({
      code: 'STAFF_EXISTS',
    });
  });

  /** Asks with a login's token, as the member whose login it is or as whoever it is first. */
  async function askAs(actAs: string | null, token: string, query: string) {
    const headers = { authorization: `Bearer ${token}`, ...(actAs !== null && { 'tessera-act-as': actAs }) };
    const response = await api.server.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
    const { data, errors } = response.json();
    return { status: response.statusCode, data, code: errors?.[0].extensions.code };
  }
  const ME =
    '{ viewer { kind role } me { personalData { givenName } logins { id } wallet { lockReason } } memberChanges(first: 9) { edges { node { operation } } } }';
  const TILL_CODE = 'mutation { createTillCode { code } }';

  it.each(['first', 'afterwards'])('are members too, in all that a member is and by the same login, whether they became members %s', async (when) => {
    const subject = `both ${when}`;
    const { memberId } = await memberOfFuel();
    const bind = async () => link(subject, (await claim(fuel, memberId)).code);
    if (when === 'first') await bind();
    const token = await mintLocalLogin(test_.app, subject);
    const alone = when === 'first' ? (await askAs('member', token, ME)).data : null;
    const staff = await addAcceptedStaff(test_.app, taxi, staffCommand(subject, null));
    if (when === 'afterwards') {
      expect((await askAs('member', token, ME)).status).toBe(401);
      await bind();
    }
    test_.clock.advance(31_000);
    const asMember = await askAs('member', token, ME);
    expect(asMember.data).toMatchObject({ viewer: { kind: 'MEMBER', role: null }, me: { personalData: { givenName: 'Ana' } } });
    if (alone) expect(asMember.data).toEqual(alone);
    expect((await askAs('member', token, TILL_CODE)).data.createTillCode.code).toEqual(expect.any(String));
    // Asked for at the same time, each is answered as who it is.
    const viewers = await Promise.all([null, 'member', null, 'member'].map((actAs) => askAs(actAs, token, '{ viewer { kind role } }')));
    expect(viewers.map(({ data }) => data.viewer.role)).toEqual(['SUPPORT', null, 'SUPPORT', null]);
    expect((await askAs(null, token, TILL_CODE)).code).toBe('FORBIDDEN');
    // Nor does a suspension of the brand, or the end of the work, take anything.
    await suspendBrand(test_.app, coalition.operator, { brandId: coalition.brands.TAXI.id });
    test_.clock.advance(31_000);
    expect([(await askAs(null, token, '{ viewer { kind } }')).code, (await askAs('member', token, ME)).data.viewer.kind]).toEqual([
      'BRAND_SUSPENDED',
      'MEMBER',
    ]);
    await resumeBrand(test_.app, coalition.operator, { brandId: coalition.brands.TAXI.id });
    await removeStaff(test_.app, coalition.operator, { staffId: staff.id, reason: null });
    test_.clock.advance(31_000);
    expect((await askAs(null, token, '{ viewer { kind } }')).data.viewer.kind).toBe('MEMBER');
  });

  it('act as a member only where they are one, and nobody as anything else', async () => {
    const { memberId } = await memberOfFuel();
    await addAcceptedStaff(test_.app, taxi, staffCommand('only staff', null));
    const tokens = { staff: await mintLocalLogin(test_.app, 'only staff'), client: await coalition.brands.FUEL.freshToken() };
    for (const token of Object.values(tokens)) {
      const { status, code } = await askAs('member', token, '{ viewer { kind } }');
      expect([status, code]).toEqual([401, 'UNAUTHENTICATED']);
      expect((await askAs('operator', token, '{ viewer { kind } }')).status).toBe(401);
      expect((await askAs(null, token, '{ viewer { kind } }')).status).toBe(200);
    }
    // A minted session is a member already, and no more for it.
    const session = await createMemberSession(test_.app, fuel, { memberId });
    expect((await askAs('member', session.token, '{ me { personalData { givenName } } }')).data.me).toEqual({ personalData: null });
  });

  it("of the operator's own brand, who act for the coalition, are made and removed by the operator's staff, and by no client of that brand", async () => {
    const { operator } = coalition;
    const scopes = ['admin' as const];
    const { client } = await createApiClient(test_.app, operator, { idempotencyKey: newUuid(), brandId: operator.brandId, name: 'shop', scopes });
    const shop: Principal = { kind: 'client', clientId: client.id, brandId: operator.brandId, scopes: new Set(scopes) };
    await expect(addStaff(test_.app, shop, staffCommand('sly', null))).rejects.toMatchObject({ name: 'PermissionDenied' });
    const { id } = await addAcceptedStaff(test_.app, operator, staffCommand('helper', operator.brandId));
    await expect(removeStaff(test_.app, shop, { staffId: id })).rejects.toMatchObject({ name: 'PermissionDenied' });
    expect(await viewerOf('helper')).toBe('STAFF');
  });

  it('of the operator say whose staff and clients they make; an unknown issuer is refused', async () => {
    const { operator } = coalition;
    await expect(addStaff(test_.app, operator, staffCommand('nobody', null))).rejects.toMatchObject({ field: 'input.brandId' });
    await expect(createApiClient(test_.app, operator, { idempotencyKey: newUuid(), name: 'x', scopes: ['members'], brandId: null })).rejects.toMatchObject({
      field: 'input.brandId',
    });
    await expect(addStaff(test_.app, taxi, { ...staffCommand('x', null), issuer: 'https://elsewhere.example' })).rejects.toMatchObject({
      field: 'input.issuer',
    });
  });
});
