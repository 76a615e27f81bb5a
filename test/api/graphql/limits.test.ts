import { mintClientToken, mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { createApiClient } from '../../../src/coalition/sign-in/create-api-client';
import { newUuid } from '../../../src/platform/ids';
import { foundTestCoalition, insertMember, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;

beforeAll(async () => {
  const variables = {
    TESSERA_LOCAL_ISSUER: 'true',
    TESSERA_QUERY_DEPTH: '6',
    TESSERA_QUERY_ALIASES: '10',
    TESSERA_QUERY_TOKENS: '200',
    TESSERA_QUERY_COST: '500',
    TESSERA_BODY_LIMIT: '4096',
    TESSERA_RATE_OPERATIONS: '60',
    TESSERA_RATE_COST: '1200',
    TESSERA_RATE_STRANGER_OPERATIONS: '60',
    TESSERA_RATE_STRANGER_COST: '1200',
    TESSERA_RATE_MEMBER_OPERATIONS: '30',
    TESSERA_RATE_MEMBER_COST: '300',
  };
  test = await createTestApp({ variables });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
});
afterAll(async () => {
  await api?.close();
  await test?.close();
});
beforeEach(() => test.clock.advance(60_000));

const refusal = async (query: string, variables?: Record<string, unknown>) => {
  const { status, errors, data } = await api.ask(coalition.brands.FUEL.freshToken, query, variables);
  return { status, code: errors?.[0].extensions.code, data };
};
const brands = (first: number | string) => `{ brands(first: ${first}) { edges { node { id code name } } } }`;

describe('an operation beyond a limit is refused before it is run', () => {
  it('depth, fragments counted', async () => {
    expect(await refusal('{ partnerships { edges { node { terms { proposedBy { code } } } } } }')).toMatchObject({ status: 200 });
    const deep = '{ partnerships { edges { node { terms { partnership { ...P } } } } } } fragment P on Partnership { brand { code } }';
    expect(await refusal(deep)).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED', data: undefined });
  });

  it('aliases', async () => {
    const aliased = (count: number) => `{ ${Array.from({ length: count }, (_, n) => `a${n}: viewer { kind }`).join(' ')} }`;
    expect(await refusal(aliased(10))).toMatchObject({ status: 200 });
    expect(await refusal(aliased(11))).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED' });
  });

  it('cost, by the page asked for in a literal, a variable or a default', async () => {
    const query = 'query ($n: Int = 100) { brands(first: $n) { edges { node { id code name } cursor } } }';
    expect(await refusal(brands(100))).toMatchObject({ status: 200 });
    expect(await refusal(query)).toMatchObject({ status: 400, code: 'LIMIT_EXCEEDED' });
    expect(await refusal(query, { n: 50 })).toMatchObject({ status: 200 });
    expect(await refusal(query, { n: 99 })).toMatchObject({ status: 200 });
    expect(await refusal('{ partnerships(first: 100) { edges { node { terms { id } } } } }')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('tokens', async () => {
    expect(await refusal(`{ ${'viewer { kind } '.repeat(60)} }`)).toMatchObject({ status: 200, code: 'GRAPHQL_PARSE_FAILED', data: undefined });
  });

  it('body size', async () => {
    const answer = await refusal(`{ viewer { kind } } # ${'x'.repeat(5_000)}`);
    expect(answer).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' });
  });

  it('page size', async () => {
    for (const first of [0, -1, 101]) expect(await refusal(brands(first))).toMatchObject({ code: 'BAD_USER_INPUT', data: null });
    expect(await refusal(brands(100))).toMatchObject({ data: { brands: { edges: expect.any(Array) } } });
  });

  it('operations of a brand in a minute, with the standard headers; others are not concerned', async () => {
    const token = await coalition.brands.TAXI.freshToken();
    const answers = [];
    for (let n = 0; n < 62; n++) answers.push(await api.ask(token, '{ __typename }'));
    expect(answers[0].headers['ratelimit-policy']).toBe('"operations";q=60;w=60, "cost";q=1200;w=60');
    expect(answers[0].headers.ratelimit).toMatch(/^"operations";r=59;t=1, "cost";r=1198;t=1$/);
    expect(answers.slice(0, 60).every(({ status }) => status === 200)).toBe(true);
    expect(answers.slice(60).map(({ status, errors }) => [status, errors?.[0].extensions.code])).toEqual([
      [429, 'RATE_LIMITED'],
      [429, 'RATE_LIMITED'],
    ]);
    expect(answers[61].headers['retry-after']).toBe('1');
    expect((await refusal('{ viewer { kind } }')).status).toBe(200);
    test.clock.advance(1_000);
    expect((await api.ask(token, '{ viewer { kind } }')).status).toBe(200);
  });

  it('cost of a brand in a minute, whichever of its clients asks', async () => {
    const token = await coalition.brands.TAXI.freshToken();
    const { client } = await createApiClient(test.app, coalition.operator, {
      idempotencyKey: 'second till',
      brandId: coalition.brands.TAXI.id,
      name: 'second till',
      scopes: ['purchases'],
    });
    const tokens = [token, await mintClientToken(test.app, { id: client.id, scopes: ['purchases'] })];
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await api.ask(tokens[n % 2], brands(100))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await refusal(brands(100))).status).toBe(200);
  });

  it('cost of strangers, each by the address that they come from', async () => {
    const ask = async (remoteAddress: string) =>
      (await api.server.inject({ method: 'POST', url: '/graphql', remoteAddress, payload: { query: brands(100) } })).json().errors[0].extensions.code;
    const codes = [];
    for (let n = 0; n < 5; n++) codes.push(await ask('192.0.2.1'));
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(await ask('192.0.2.2')).toBe('UNAUTHENTICATED');
    for (let n = 0; n < 3; n++) await ask(`2001:db8:7:9::${n}`);
    // One customer of a provider has all of these addresses.
    expect(await ask('2001:db8:7:9:ffff::1')).toBe('RATE_LIMITED');
    expect(await ask('2001:db8:7:a::1')).toBe('UNAUTHENTICATED');
  });

  it('cost of strangers together, however many addresses they come from', async () => {
    const codes = new Set<string>();
    for (let n = 0; n < 65; n++) {
      const answer = await api.server.inject({ method: 'POST', url: '/graphql', remoteAddress: `198.51.100.${n}`, payload: { query: brands(100) } });
      codes.add(answer.json().errors[0].extensions.code);
    }
    expect(codes).toEqual(new Set(['UNAUTHENTICATED', 'RATE_LIMITED']));
    expect((await refusal(brands(100))).status).toBe(200);
  });

  it('cost of a member, which is not that of the brand that minted the session', async () => {
    const id = newUuid();
    await insertMember(test, id, coalition.brands.FUEL.id);
    const session = await mintMemberToken(test.app, coalition.brands.FUEL.id, id);
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await api.ask(session, brands(60))).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await refusal(brands(100))).status).toBe(200);
  });

  it('a request that cannot be run: it is paid for by its size, its fields and its errors', async () => {
    const token = await coalition.brands.TAXI.freshToken();
    const left = async () => Number(/"cost";r=(\d+)/.exec(String((await api.ask(token, '{ __typename }')).headers.ratelimit))?.[1]);
    const before = await left();
    // 20 fields that there are not, the nine first of which are told.
    const answer = await api.ask(token, `{ ${Array.from({ length: 20 }, (_, n) => `nothing${n}`).join(' ')} }`);
    expect([answer.status, answer.data, answer.errors?.length]).toEqual([200, undefined, 10]);
    expect(before - (await left())).toBeGreaterThanOrEqual(20 + 100);
    expect(await refusal('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toMatchObject({
      status: 200,
      code: 'GRAPHQL_VALIDATION_FAILED',
      data: undefined,
    });
  });

  it('bad tokens from one address', async () => {
    const statuses = [];
    for (let n = 0; n < 62; n++) statuses.push((await api.ask('bad', '{ viewer { kind } }')).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });
});
