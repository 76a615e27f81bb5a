import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { acceptStaffInvitation } from '../../src/access/accept-invitation';
import { mintClientToken, mintMemberToken } from '../../src/access/access-tokens';
import { addStaff } from '../../src/access/add-staff';
import { disableApiClient } from '../../src/access/disable-api-client';
import { loginHash } from '../../src/access/find-principal';
import { linkLogin } from '../../src/access/link-login';
import { localIssuer, mintLocalLogin } from '../../src/access/local-issuer';
import { SCOPES } from '../../src/access/principal';
import { signingKey } from '../../src/access/token-keys';
import { newUuid } from '../../src/ids';
import { createClaimCode } from '../../src/members/create-claim-code';
import { enrolMember, enrolMemberSchema } from '../../src/members/enrol-members';
import { foundTestCoalition, insertMember, openApi, type TestApi, type TestCoalition } from '../support/api';
import { createTestApp, type TestApp } from '../support/test-app';

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
  test = await createTestApp({ now: new Date(), variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_OIDC_ISSUER: providerUrl, TESSERA_TRUST_PROXY: '1' } });
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

function tokenRequest(form: Record<string, string>, headers: Record<string, string> = {}) {
  return api.server.inject({
    method: 'POST',
    url: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(form).toString(),
  });
}
const shown = (id: string) => `cli_${id.replaceAll('-', '')}`;
const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });

describe('/oauth/token', () => {
  it('gives a client a token for 15 minutes, by header or by form', async () => {
    const { clientId, secret } = coalition.brands.FUEL;
    const byHeader = await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(clientId), secret));
    expect(byHeader.statusCode).toBe(200);
    expect(byHeader.headers['cache-control']).toBe('no-store');
    expect(byHeader.json()).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: SCOPES.join(' ') });
    const byForm = await tokenRequest({ grant_type: 'client_credentials', client_id: shown(clientId), client_secret: secret, scope: 'members purchases' });
    expect(byForm.json().scope).toBe('members purchases');
    const { data } = await api.ask(byForm.json().access_token, VIEWER);
    expect(data.viewer).toMatchObject({ kind: 'CLIENT', scopes: ['members', 'purchases'] });
  });

  it('refuses as RFC 6749 says', async () => {
    const { clientId, secret } = coalition.brands.FUEL;
    const id = shown(clientId);
    const wrong = await tokenRequest({ grant_type: 'client_credentials' }, basic(id, `${secret.slice(0, -1)}x`));
    expect([wrong.statusCode, wrong.json().error]).toEqual([401, 'invalid_client']);
    expect(wrong.headers['www-authenticate']).toMatch(/^Basic/);
    const unknown = await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(newUuid()), secret));
    expect([unknown.statusCode, unknown.json()]).toEqual([401, wrong.json()]);
    expect((await tokenRequest({ grant_type: 'password' }, basic(id, secret))).json().error).toBe('unsupported_grant_type');
    expect((await tokenRequest({ grant_type: 'client_credentials', scope: 'members root' }, basic(id, secret))).json().error).toBe('invalid_scope');
    expect((await tokenRequest({ grant_type: 'client_credentials', client_secret: secret }, basic(id, secret))).json().error).toBe('invalid_request');
    expect((await tokenRequest({ grant_type: 'client_credentials' })).json().error).toBe('invalid_client');
    const json = await api.server.inject({ method: 'POST', url: '/oauth/token', payload: { grant_type: 'client_credentials' } });
    expect([json.statusCode, json.json().error]).toEqual([400, 'invalid_request']);
    const repeated = await api.server.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'grant_type=a&grant_type=b',
    });
    expect(repeated.json().error).toBe('invalid_request');
  });

  it('refuses a form of thousands of names for their number, before it looks for any', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [at.toString(36), '']));
    expect((await tokenRequest(many)).json()).toMatchObject({ error: 'invalid_request', error_description: expect.stringContaining('20 parameters') });
  });

  it.each([
    ['no form', '{}', 'application/json'],
    ['no credentials', 'a=b', 'application/x-www-form-urlencoded'],
    ['more than it reads', 'a'.repeat(20_000), 'application/x-www-form-urlencoded'],
  ])('counts a request with %s, by the address that a proxy names, whatever port stands with it', async (what, payload, type) => {
    const ask = (port: number) =>
      api.server.inject({
        method: 'POST',
        url: '/oauth/token',
        headers: { 'content-type': type, 'x-forwarded-for': `203.0.113.${what.length}:${port}` },
        payload,
      });
    const statuses: number[] = [];
    for (let port = 40_001; port <= 40_130; port++) statuses.push((await ask(port)).statusCode);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  it('bounds the guesses at one client', async () => {
    const guesses = await Promise.all(
      Array.from({ length: 140 }, () => tokenRequest({ grant_type: 'client_credentials' }, basic(shown(coalition.brands.TAXI.clientId), 'guess'))),
    );
    expect(guesses.filter((each) => each.statusCode === 429).length).toBeGreaterThan(0);
    expect(Number(guesses.at(-1)?.headers['retry-after'])).toBeGreaterThan(0);
    test.clock.advance(120_000);
  });
});

describe('secrets', () => {
  it('are rotated without a gap: two live at most, each only as its hash', async () => {
    const { token, clientId, secret } = coalition.brands.TAXI;
    const ROTATE =
      'mutation ($input: ApiClientChangeInput!) { rotateApiClientSecret(input: $input) { ... on ApiClientWithSecret { secret client { secrets { id } } } ... on Refusal { code } } }';
    const input = { clientId: shown(clientId), reason: 'yearly' };
    const rotated = (await api.ask(token, ROTATE, { input })).data.rotateApiClientSecret;
    expect(rotated.client.secrets).toHaveLength(2);
    expect((await api.ask(token, ROTATE, { input })).data.rotateApiClientSecret).toEqual({ code: 'TWO_SECRETS_LIVE' });
    for (const each of [secret, rotated.secret])
      expect((await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(clientId), each))).statusCode).toBe(200);

    const REVOKE = 'mutation ($input: RevokeApiClientSecretInput!) { revokeApiClientSecret(input: $input) { secrets { id } } }';
    const revoked = await api.ask(token, REVOKE, { input: { secretId: rotated.client.secrets[0].id } });
    expect(revoked.data.revokeApiClientSecret.secrets).toEqual([rotated.client.secrets[1]]);
    expect((await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(clientId), secret))).statusCode).toBe(401);
    expect((await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(clientId), rotated.secret))).statusCode).toBe(200);

    const { rows } = await test.database.owner.query(
      "SELECT octet_length(secret_hash) AS length, (to_jsonb(s)::text || c::text) LIKE '%' || $1 || '%' AS readable FROM api_client_secret s JOIN api_client c ON c.id = s.client_id",
      [rotated.secret],
    );
    expect(rows.every((row) => row.length === 32 && !row.readable)).toBe(true);
    const audit = await test.database.owner.query("SELECT operation, actor, reason FROM audit_entry WHERE operation = 'rotateApiClientSecret'");
    expect(audit.rows).toEqual([{ operation: 'rotateApiClientSecret', actor: `client:${clientId}`, reason: 'yearly' }]);
  });

  it('are shown once: a repetition makes no second client and shows none', async () => {
    const CREATE =
      'mutation ($input: CreateApiClientInput!) { createApiClient(input: $input) { ... on ApiClientWithSecret { secret client { id } } ... on Refusal { code } } }';
    const { token } = coalition.brands.FUEL;
    const input = { idempotencyKey: 'shop', name: 'shop', scopes: ['purchases'] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.ask(token, CREATE, { input })));
    const made = answers.map(({ data }) => data.createApiClient);
    expect(new Set(made.map(({ client }) => client.id)).size).toBe(1);
    expect(made.filter(({ secret }) => secret !== null)).toHaveLength(1);
    expect((await api.ask(token, CREATE, { input: { ...input, name: 'other' } })).data.createApiClient).toEqual({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

describe('access tokens', () => {
  const expectRefused = async (token: string) => {
    const answer = await api.ask(token, VIEWER);
    expect([answer.status, codeOf(answer), answer.data]).toEqual([401, 'UNAUTHENTICATED', undefined]);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
  };
  const signed = async (change: (jwt: SignJWT) => SignJWT, header: Record<string, string> = {}) => {
    const { privateKey: ours } = await signingKey(test.app.keys, 'signing');
    const now = Math.floor(test.clock.now().getTime() / 1_000);
    const jwt = new SignJWT({ kind: 'client', scope: SCOPES.join(' ') })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...header })
      .setIssuer(test.app.config.http.publicUrl)
      .setAudience(`${test.app.config.http.publicUrl}/graphql`)
      .setSubject(shown(coalition.brands.FUEL.clientId))
      .setIssuedAt(now)
      .setExpirationTime(now + 900);
    return change(jwt).sign(ours);
  };

  it('are refused when expired, tampered with, of another audience, issuer, type or key', async () => {
    const good = await signed((jwt) => jwt);
    expect((await api.ask(good, VIEWER)).data.viewer.kind).toBe('CLIENT');
    const [header, payload, signature] = good.split('.');
    await expectRefused(await signed((jwt) => jwt.setExpirationTime(Math.floor(test.clock.now().getTime() / 1_000) - 1)));
    await expectRefused(await signed((jwt) => jwt.setAudience('https://elsewhere.example')));
    await expectRefused(await signed((jwt) => jwt.setIssuer('https://elsewhere.example')));
    await expectRefused(await signed((jwt) => jwt, { typ: 'JWT' }));
    await expectRefused(
      [
        header,
        Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), scope: 'admin' })).toString('base64url'),
        signature,
      ].join('.'),
    );
    await expectRefused([Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url'), payload, ''].join('.'));
    await expectRefused('x');
    const other = await new SignJWT({ kind: 'client', scope: 'admin' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .setIssuer(test.app.config.http.publicUrl)
      .setAudience(`${test.app.config.http.publicUrl}/graphql`)
      .setSubject(shown(coalition.brands.FUEL.clientId))
      .setExpirationTime('1h')
      .sign(privateKey);
    await expectRefused(other);
    const scheme = await api.server.inject({ method: 'POST', url: '/graphql', headers: { authorization: 'Basic abc' }, payload: { query: VIEWER } });
    expect(scheme.statusCode).toBe(401);
  });

  it('end when their time is over, and within a minute of the client being disabled', async () => {
    const { app, clock } = test;
    const token = await mintClientToken(app, { id: coalition.brands.FUEL.clientId, scopes: SCOPES });
    expect((await api.ask(token, VIEWER)).status).toBe(200);
    clock.advance(14 * 60_000);
    expect((await api.ask(token, VIEWER)).status).toBe(200);
    clock.advance(2 * 60_000);
    await expectRefused(token);

    const fresh = await mintClientToken(app, { id: coalition.brands.FUEL.clientId, scopes: SCOPES });
    expect((await api.ask(fresh, VIEWER)).status).toBe(200);
    await disableApiClient(app, coalition.operator, { clientId: coalition.brands.FUEL.clientId });
    clock.advance(59_000);
    await expectRefused(fresh);
    const { secret, clientId } = coalition.brands.FUEL;
    expect((await tokenRequest({ grant_type: 'client_credentials' }, basic(shown(clientId), secret))).json().error).toBe('invalid_client');
  });

  it('tell somebody without any that one is needed', async () => {
    expect(codeOf(await api.ask(null, VIEWER))).toBe('UNAUTHENTICATED');
    expect((await api.ask(null, '{ __schema { queryType { name } } }')).errors).toBeUndefined();
  });
});

describe("members' sessions", () => {
  it('are made by a brand for its linked member, and end with the link', async () => {
    const memberId = newUuid();
    const taxi = coalition.brands.TAXI;
    await insertMember(test, memberId, taxi.id);
    const token = await mintClientToken(test.app, { id: taxi.clientId, scopes: ['members'] });
    const SESSION = 'mutation ($id: ID!) { createMemberSession(input: { memberId: $id }) { token expiresAt } }';
    const id = `mem_${test.app.keys.toPairwise('member', taxi.id, memberId).replaceAll('-', '')}`;
    const { data } = await api.ask(token, SESSION, { id });
    expect(data.createMemberSession.token).not.toContain(memberId);
    expect(Buffer.from(data.createMemberSession.token.split('.')[1], 'base64url').toString()).not.toContain(memberId);
    const session = data.createMemberSession.token;
    expect((await api.ask(session, VIEWER)).data.viewer.kind).toBe('MEMBER');

    const stranger = newUuid();
    await insertMember(test, stranger, coalition.brands.FUEL.id);
    for (const other of [stranger, newUuid()]) {
      const shownId = `mem_${test.app.keys.toPairwise('member', taxi.id, other).replaceAll('-', '')}`;
      expect(codeOf(await api.ask(token, SESSION, { id: shownId }))).toBe('NOT_FOUND');
    }
    const withoutScope = await mintClientToken(test.app, { id: taxi.clientId, scopes: ['purchases'] });
    expect(codeOf(await api.ask(withoutScope, SESSION, { id }))).toBe('FORBIDDEN');

    // A card shown at the till makes a link, but is no proof that the member uses the brand's app.
    const visitor = newUuid();
    await insertMember(test, visitor, taxi.id);
    await test.database.owner.query("UPDATE brand_link SET source = 'PRESENTED', confirmed_at = NULL, confirmed_by = NULL WHERE member_id = $1", [visitor]);
    const visitorId = `mem_${test.app.keys.toPairwise('member', taxi.id, visitor).replaceAll('-', '')}`;
    expect(codeOf(await api.ask(token, SESSION, { id: visitorId }))).toBe('NOT_FOUND');

    await test.database.owner.query('UPDATE brand_link SET unlinked_at = now() WHERE member_id = $1', [memberId]);
    test.clock.advance(31_000);
    expect((await api.ask(session, VIEWER)).status).toBe(401);
    expect((await api.ask(await mintMemberToken(test.app, coalition.brands.FUEL.id, memberId), VIEWER)).status).toBe(401);
  });
});

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
