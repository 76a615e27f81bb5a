import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { acceptStaffInvitation } from '../../../src/coalition/sign-in/accept-invitation';
import { addStaff } from '../../../src/coalition/sign-in/add-staff';
import { loginHash } from '../../../src/coalition/sign-in/find-principal';
import { linkLogin } from '../../../src/coalition/sign-in/link-login';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { createClaimCode } from '../../../src/members/members/create-claim-code';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { newUuid } from '../../../src/platform/ids';
import { foundTestCoalition, insertMember, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

const VIEWER = '{ viewer { kind brandId role scopes } }';

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;
let provider: Server;
let providerUrl: string;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let keyFetches = 0;
let discoveries = 0;
let providerAnswers = true;
/** A second issuer of the provider ends with a slash. */
const SLASHED = '/tenant/';

beforeAll(async () => {
  provider = createServer((request, response) => {
    const answer = async () =>
      request.url === '/jwks'
        ? { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }
        : { issuer: request.url?.startsWith(SLASHED) ? `${providerUrl}${SLASHED}` : providerUrl, jwks_uri: `${providerUrl}/jwks` };
    if (request.url === '/jwks') keyFetches++;
    else discoveries++;
    if (!providerAnswers) return void response.writeHead(503).end('{}');
    answer().then(
      (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
      () => response.destroy(),
    );
  });
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done));
  providerUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  test = await createTestApp({ now: new Date(), variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_OIDC_ISSUER: providerUrl } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
});
afterAll(async () => {
  await api?.close();
  await test?.close();
  provider?.closeAllConnections();
  provider?.close();
});

const codeOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] | undefined }) => errors?.[0].extensions.code;

describe('identity providers', () => {
  const login = (claims: { issuer?: string; audience?: string; subject?: string; kid?: string } = {}) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: claims.kid ?? 'one' })
      .setIssuer(claims.issuer ?? providerUrl)
      .setAudience(claims.audience ?? 'tessera')
      .setSubject(claims.subject ?? 'maria')
      .setIssuedAt()
      .setExpirationTime(Math.floor(test.clock.now().getTime() / 1_000) + 3_600)
      .sign(privateKey);

  it('vouch for staff: by issuer and subject, with their role, until removed', async () => {
    const { app } = test;
    expect((await api.ask(await login(), VIEWER)).status).toBe(401);
    const staff = await addStaff(app, coalition.operator, {
      idempotencyKey: 'maria',
      brandId: coalition.brands.TAXI.id,
      issuer: providerUrl,
      subject: 'maria',
      role: 'FINANCE',
    });
    const token = await login();
    test.clock.advance(1_000);
    // Invited is not yet staff: the login itself accepts.
    expect((await api.ask(token, VIEWER)).status).toBe(401);
    await acceptStaffInvitation(app, { staffId: staff.id, token });
    expect((await api.ask(token, VIEWER)).data.viewer).toMatchObject({ kind: 'STAFF', role: 'FINANCE' });
    expect((await api.ask(await login({ audience: 'other' }), VIEWER)).status).toBe(401);
    expect((await api.ask(await login({ issuer: 'https://elsewhere.example' }), VIEWER)).status).toBe(401);
    expect((await api.ask(await login({ subject: 'mario' }), VIEWER)).status).toBe(401);
    expect((await api.ask(await login({ issuer: localIssuer(app) }), VIEWER)).status).toBe(401);
    expect(keyFetches).toBe(1);

    const REMOVE = 'mutation ($id: ID!) { removeStaff(input: { staffId: $id, reason: "left" }) { removedAt } }';
    const id = `stf_${staff.id.replaceAll('-', '')}`;
    expect(codeOf(await api.ask(token, REMOVE, { id }))).toBe('FORBIDDEN');
    expect((await api.ask(coalition.operatorToken, REMOVE, { id })).data.removeStaff.removedAt).toBeTruthy();
    test.clock.advance(59_000);
    expect((await api.ask(token, VIEWER)).status).toBe(401);
  });

  describe('that write a slash at their end', () => {
    let slashed: TestApp;
    let there: TestApi;
    const issuer = () => `${providerUrl}${SLASHED}`;

    beforeAll(async () => {
      const variables = { TESSERA_LOCAL_ISSUER: 'true', TESSERA_OIDC_ISSUER: issuer() };
      slashed = await createTestApp({ now: test.clock.now(), variables, database: test.database });
      there = await openApi(slashed);
    });
    afterAll(async () => {
      await there?.close();
      await slashed?.close();
    });

    it('are known by their own name, and not by another', async () => {
      const subject = 'sara';
      const { id } = await addStaff(slashed.app, coalition.operator, {
        idempotencyKey: subject,
        brandId: coalition.brands.TAXI.id,
        issuer: issuer(),
        subject,
        role: 'FINANCE',
      });
      await acceptStaffInvitation(slashed.app, { staffId: id, token: await login({ issuer: issuer(), subject }) });
      expect((await there.ask(await login({ issuer: issuer(), subject }), VIEWER)).data.viewer).toMatchObject({ kind: 'STAFF' });
      expect((await there.ask(await login({ issuer: issuer().slice(0, -1), subject }), VIEWER)).status).toBe(401);
    });

    it('find the logins that were stored without it, which are rewritten', async () => {
      const cut = issuer().slice(0, -1);
      const id = newUuid();
      await test.database.owner.query(
        "INSERT INTO staff (id, brand_id, issuer, subject, role, created_at, accepted_at) VALUES ($1, $2, $3, 'olga', 'FINANCE', now(), now())",
        [id, coalition.brands.TAXI.id, cut],
      );
      const memberId = newUuid();
      await insertMember(test, memberId, coalition.brands.TAXI.id);
      const INSERT = "INSERT INTO member_identifier (id, member_id, kind, hash, added_at) VALUES ($1, $2, 'LOGIN', $3, now())";
      await test.database.owner.query(INSERT, [newUuid(), memberId, loginHash(test.app, { issuer: cut, subject: 'nina' })]);
      for (const kind of ['STAFF', 'MEMBER', 'STAFF', 'MEMBER']) {
        const answer = await there.ask(await login({ issuer: issuer(), subject: kind === 'STAFF' ? 'olga' : 'nina' }), VIEWER);
        expect(answer.data.viewer).toMatchObject({ kind });
        slashed.clock.advance(31_000);
      }
      expect((await test.database.owner.query('SELECT issuer FROM staff WHERE id = $1', [id])).rows).toEqual([{ issuer: issuer() }]);
      expect((await there.ask(await login({ issuer: issuer(), subject: 'nobody' }), VIEWER)).status).toBe(401);
    });

    it('have no login twice that was stored without it: of no second member, for no second brand', async () => {
      const cut = issuer().slice(0, -1);
      const { client, id: brandId } = coalition.brands.TAXI;
      const codeFor = async () => {
        const { memberId } = await enrolMember(slashed.app, client, enrolMemberSchema.parse({ idempotencyKey: newUuid() }));
        return (await createClaimCode(slashed.app, client, { member: { by: 'id', memberId }, reason: null })).code;
      };
      const subject = 'lena';
      const bind = async () => linkLogin(slashed.app, { token: await login({ issuer: issuer(), subject }), claimCode: await codeFor() });
      await bind();
      const [slash, bare] = [issuer(), cut].map((each) => loginHash(slashed.app, { issuer: each, subject }));
      await test.database.owner.query('UPDATE member_identifier SET hash = $2 WHERE hash = $1', [slash, bare]);
      await expect(bind()).rejects.toMatchObject({ code: 'LOGIN_TAKEN' });

      const invite = (of: string, key: string) =>
        addStaff(slashed.app, coalition.operator, { idempotencyKey: key, brandId, issuer: issuer(), subject: of, role: 'FINANCE' });
      const { id } = await invite('rosa', 'rosa');
      await test.database.owner.query('UPDATE staff SET issuer = $2 WHERE id = $1', [id, cut]);
      await expect(invite('rosa', 'rosa again')).rejects.toMatchObject({ code: 'STAFF_EXISTS' });
    });
  });

  it('that do not answer are not asked again for each token, and are believed when they are back', async () => {
    const away = await createTestApp({ now: test.clock.now(), variables: { TESSERA_OIDC_ISSUER: providerUrl }, database: test.database });
    const server = await openApi(away);
    const { id } = await addStaff(test.app, coalition.operator, {
      idempotencyKey: 'vera',
      brandId: coalition.brands.TAXI.id,
      issuer: providerUrl,
      subject: 'vera',
      role: 'FINANCE',
    });
    await acceptStaffInvitation(test.app, { staffId: id, token: await login({ subject: 'vera' }) });
    let asked = 0;
    const askOnce = async () => (await server.ask(await login({ subject: `vera`, audience: `tessera` }), VIEWER)).status;
    const times = async (fetches: () => number, tries: number) => {
      const before = fetches();
      for (let n = 0; n < tries; n++, away.clock.advance(10)) expect(await askOnce()).toBe(503);
      return fetches() - before;
    };
    providerAnswers = false;
    try {
      // Discovery fails: once a second, then every two, every four.
      for (const wait of [1_000, 2_000, 4_000]) {
        asked += await times(() => discoveries, 10);
        away.clock.advance(wait);
      }
      expect(asked).toBe(3);
      providerAnswers = true;
      expect(await askOnce()).toBe(200);
    } finally {
      providerAnswers = true;
      await server.close();
      await away.close();
    }
  });

  it('that do not answer keep nobody out whose key is known, whatever others name', async () => {
    const away = await createTestApp({ now: test.clock.now(), variables: { TESSERA_OIDC_ISSUER: providerUrl }, database: test.database });
    const server = await openApi(away);
    const subject = 'dora';
    const { id } = await addStaff(test.app, coalition.operator, {
      idempotencyKey: subject,
      brandId: coalition.brands.TAXI.id,
      issuer: providerUrl,
      subject,
      role: 'FINANCE',
    });
    await acceptStaffInvitation(test.app, { staffId: id, token: await login({ subject }) });
    const ask = async (kid: string) => {
      const answer = await server.ask(await login({ subject, kid }), VIEWER);
      // Not what makes an app forget a login.
      if (answer.status === 503) expect(codeOf(answer)).toBe('UNAVAILABLE');
      return answer.status;
    };
    try {
      expect(await ask('one')).toBe(200);
      expect(await ask('made-up')).toBe(401);
      providerAnswers = false;
      away.clock.advance(40_000);
      for (let n = 0; n < 3; n++, away.clock.advance(31_000)) {
        expect(await ask('made-up')).toBe(503);
        expect(await ask('one')).toBe(200);
      }
      // Long after they would have been fetched again.
      away.clock.advance(3_000_000);
      expect(await ask('one')).toBe(200);
      expect(await ask('made-up')).toBe(503);
      providerAnswers = true;
      away.clock.advance(61_000);
      expect(await ask('made-up')).toBe(401);
      expect(await ask('one')).toBe(200);
    } finally {
      providerAnswers = true;
      await server.close();
      await away.close();
    }
  });

  it('publish their documents when they are local', async () => {
    const discovered = await api.server.inject({ url: `${new URL(localIssuer(test.app)).pathname}/.well-known/openid-configuration` });
    expect(discovered.json()).toMatchObject({ issuer: localIssuer(test.app), jwks_uri: `${localIssuer(test.app)}/jwks.json` });
    const jwks = await api.server.inject({ url: new URL(discovered.json().jwks_uri).pathname });
    expect(jwks.json().keys[0]).toMatchObject({ kty: 'OKP', crv: 'Ed25519' });
    expect(jwks.json().keys[0].d).toBeUndefined();
  });

  it('are off unless asked for', async () => {
    const off = await createTestApp({ variables: { TESSERA_LOCAL_ISSUER: 'false' } });
    const server = await openApi(off);
    await expect(mintLocalLogin(off.app, 'operator')).rejects.toThrow('TESSERA_LOCAL_ISSUER');
    expect((await server.ask(coalition.operatorToken, VIEWER)).status).toBe(401);
    expect((await server.server.inject({ url: '/local-issuer/.well-known/openid-configuration' })).statusCode).toBe(404);
    await server.close();
    await off.close();
  });
});
