import { buildSchema, parse } from 'graphql';
import { OperationMeasurer } from '../../src/graphql/operation-cost';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../support/api';
import { createTestApp, type TestApp } from '../support/test-app';

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
    expect(await refusal(`{ ${'viewer { kind } '.repeat(60)} }`)).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
  });

  it('body size', async () => {
    const answer = await refusal(`{ viewer { kind } } # ${'x'.repeat(5_000)}`);
    expect(answer).toMatchObject({ status: 413, code: 'LIMIT_EXCEEDED' });
  });

  it('page size', async () => {
    for (const first of [0, -1, 101]) expect(await refusal(brands(first))).toMatchObject({ code: 'BAD_USER_INPUT', data: null });
    expect(await refusal(brands(100))).toMatchObject({ data: { brands: { edges: expect.any(Array) } } });
  });

  it('operations of a client in a minute, with the standard headers; others are not concerned', async () => {
    const token = await coalition.brands.TAXI.freshToken();
    const answers = [];
    for (let n = 0; n < 62; n++) answers.push(await api.ask(token, '{ __typename }'));
    expect(answers[0].headers['ratelimit-policy']).toBe('"operations";q=60;w=60, "cost";q=1200;w=60');
    expect(answers[0].headers.ratelimit).toMatch(/^"operations";r=59;t=1, "cost";r=1200;t=0$/);
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

  it('cost of a client in a minute', async () => {
    const token = await coalition.brands.TAXI.freshToken();
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push((await api.ask(token, brands(100))).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('cost of strangers, each by the address that they come from', async () => {
    const ask = async (remoteAddress: string) =>
      (await api.server.inject({ method: 'POST', url: '/graphql', remoteAddress, payload: { query: brands(100) } })).json().errors[0].extensions.code;
    const codes = [];
    for (let n = 0; n < 5; n++) codes.push(await ask('192.0.2.1'));
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'UNAUTHENTICATED'), 'RATE_LIMITED', 'RATE_LIMITED']);
    expect(await ask('192.0.2.2')).toBe('UNAUTHENTICATED');
  });

  it('bad tokens from one address', async () => {
    const statuses = [];
    for (let n = 0; n < 62; n++) statuses.push((await api.ask('bad', '{ viewer { kind } }')).status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });
});

describe('cost', () => {
  const schema = buildSchema(`
    type Query { a: A!, list: [A!]!, page(first: Int = 20): [A!]! }
    type A { a: A!, list: [A!]!, name: String! }
    type Mutation { one(input: Int!): A!, bulk(input: [Int!]!): [A!]! }
  `);
  const measure = (query: string, variables = {}) => {
    const document = parse(query);
    const operation = document.definitions.find((each) => each.kind === 'OperationDefinition');
    if (operation?.kind !== 'OperationDefinition') throw new Error('no operation');
    return new OperationMeasurer(schema).measure(document, operation, variables);
  };

  it('counts fields, lists as five, and a bulk by what is sent', () => {
    expect(measure('{ a { name } }').cost).toBe(2);
    expect(measure('{ list { name a { name } } }').cost).toBe(1 + 5 * 3);
    expect(measure('mutation { one(input: 1) { name } }').cost).toBe(11);
    expect(measure('mutation ($i: [Int!]!) { bulk(input: $i) { name } }', { i: [1, 2, 3] }).cost).toBe(3 * 10 + 3);
    expect(measure('mutation { bulk(input: 1) { name } }').cost).toBe(10 + 5);
    expect(measure('{ __schema { types { name } } }').cost).toBe(100);
  });

  it('is that of what is sent now, although an operation is measured once for the sizes of it', () => {
    const document = parse('query ($n: Int = 3, $i: [Int!] = [1]) { page(first: $n) { name } } mutation M($i: [Int!] = [1, 2]) { bulk(input: $i) { name } }');
    const [query, mutation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
    const measurer = new OperationMeasurer(schema);
    for (const variables of [
      {},
      { n: 2 },
      { n: 50 },
      { n: null },
      { n: 'x' },
      { n: -1 },
      { n: 2 },
      {},
      { i: [1, 2] },
      { i: [1] },
      { i: null },
      { i: 'x' },
      { i: [2] },
    ])
      for (const operation of [query, mutation])
        expect(measurer.measure(document, operation, variables)).toEqual(new OperationMeasurer(schema).measure(document, operation, variables));
    expect(measurer.measure(document, mutation, {}).cost).toBe(2 * 10 + 2);
    expect(measurer.measure(document, mutation, { i: [1, 2, 3, 4] }).cost).toBe(4 * 10 + 4);
  });

  it('counts what is left out by its default, whatever the variable is called', () => {
    for (const name of ['constructor', 'toString', '__proto__']) {
      const document = parse(`mutation ($${name}: [Int!]! = [1, 2, 3]) { bulk(input: $${name}) { name } }`);
      const [operation] = document.definitions.flatMap((each) => (each.kind === 'OperationDefinition' ? [each] : []));
      const measurer = new OperationMeasurer(schema);
      expect(measurer.measure(document, operation, JSON.parse(`{ "${name}": "x" }`)).cost).toBe(10 + 5);
      expect(measurer.measure(document, operation, {}).cost).toBe(3 * 10 + 3);
    }
  });

  it('of fragments that double at every level is counted at once', () => {
    const levels = Array.from({ length: 60 }, (_, n) => `fragment F${n} on A { x: a { ...F${n + 1} } y: a { ...F${n + 1} } }`).join(' ');
    const began = performance.now();
    expect(measure(`{ a { ...F0 } } ${levels} fragment F60 on A { name }`).cost).toBe(1e12);
    // One after the other they would be counted for years.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
