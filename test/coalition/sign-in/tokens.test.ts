import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { SCOPES } from '../../../src/coalition/access/principal';
import { mintClientToken, mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { disableApiClient } from '../../../src/coalition/sign-in/disable-api-client';
import { signingKey } from '../../../src/coalition/sign-in/token-keys';
import { newUuid } from '../../../src/platform/ids';
import { foundTestCoalition, insertMember, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

const VIEWER = '{ viewer { kind brandId role scopes } }';

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;

beforeAll(async () => {
  test = await createTestApp({ now: new Date(), variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_TRUST_PROXY: '1' } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
});
afterAll(async () => {
  await api?.close();
  await test?.close();
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
      'mutation ($input: RotateApiClientSecretInput!) { rotateApiClientSecret(input: $input) { ... on ApiClientWithSecret { secret client { secrets { id } } } ... on Refusal { code } } }';
    const input = { idempotencyKey: 'first', clientId: shown(clientId), reason: 'yearly' };
    const rotated = (await api.ask(token, ROTATE, { input })).data.rotateApiClientSecret;
    expect(rotated.client.secrets).toHaveLength(2);
    expect((await api.ask(token, ROTATE, { input })).data.rotateApiClientSecret).toEqual({ ...rotated, secret: null });
    const third = { ...input, idempotencyKey: 'second' };
    expect((await api.ask(token, ROTATE, { input: third })).data.rotateApiClientSecret).toEqual({ code: 'TWO_SECRETS_LIVE' });
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
      .sign(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
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
