import { deflateSync, gzipSync } from 'node:zlib';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;
let authorization: string;

beforeAll(async () => {
  test = await createTestApp({ variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL');
  authorization = `Bearer ${coalition.brands.FUEL.token}`;
});
afterAll(async () => {
  await api?.close();
  await test?.close();
});
const query = '{ viewer { kind } }';

describe('GraphQL over HTTP', () => {
  it('answers with application/graphql-response+json to whoever asks for it', async () => {
    const accept = 'application/graphql-response+json';
    const good = await api.server.inject({ method: 'POST', url: '/graphql', headers: { accept, authorization }, payload: { query } });
    expect([good.statusCode, good.headers['content-type']]).toEqual([200, 'application/graphql-response+json; charset=utf-8']);
    const bad = await api.server.inject({ method: 'POST', url: '/graphql', headers: { accept }, payload: { query: '{ viewer' } });
    expect([bad.statusCode, bad.json().errors[0].extensions.code]).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    expect(bad.json().errors[0].extensions).toEqual({ code: 'GRAPHQL_PARSE_FAILED' });
  });

  it('takes GET for queries only, and neither batches nor simple cross-site requests', async () => {
    const get = (url: string, headers = {}) => api.server.inject({ url, headers: { authorization, 'apollo-require-preflight': '1', ...headers } });
    expect((await get(`/graphql?query=${encodeURIComponent(query)}`)).json().data.viewer.kind).toBe('CLIENT');
    expect((await get(`/graphql?query=${encodeURIComponent('mutation { createMemberSession(input: { memberId: "x" }) { token } }')}`)).statusCode).toBe(405);
    const simple = await api.server.inject({ url: `/graphql?query=${encodeURIComponent(query)}` });
    expect([simple.statusCode, simple.body]).toEqual([400, expect.stringContaining('CSRF')]);
    const text = await api.server.inject({ method: 'POST', url: '/graphql', headers: { 'content-type': 'text/plain' }, payload: JSON.stringify({ query }) });
    expect(text.statusCode).toBe(400);
    const batch = await api.server.inject({ method: 'POST', url: '/graphql', headers: { authorization }, payload: [{ query }, { query }] });
    expect(batch.statusCode).toBe(400);
    const broken = await api.server.inject({ method: 'POST', url: '/graphql', headers: { 'content-type': 'application/json' }, payload: '{"query":' });
    expect([broken.statusCode, broken.json().errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
      const { statusCode, headers } = await api.server.inject({
        method,
        url: '/graphql?query=x',
        headers: { origin: 'https://example.com' },
        payload: { query },
      });
      expect([statusCode, headers.allow]).toEqual([405, 'GET, HEAD, POST']);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    expect((await api.server.inject({ method: 'PUT', url: '/graphql/elsewhere' })).statusCode).toBe(404);
  });

  it('says that it keeps no queries for anybody', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    for (const payload of [{ extensions }, { query, extensions }]) {
      const answer = await api.server.inject({ method: 'POST', url: '/graphql', headers: { authorization }, payload });
      expect(answer.json().errors[0].extensions).toEqual({ code: 'PERSISTED_QUERY_NOT_SUPPORTED' });
    }
  });

  it('answers 401 to whoever brings no token where one is needed, and says which', async () => {
    const ask = (sent: string, accept = 'application/json') =>
      api.server.inject({ method: 'POST', url: '/graphql', headers: { accept }, payload: { query: sent } });
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answer = await ask(query, accept);
      expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="tessera"']);
      expect(answer.json().errors[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
    }
    expect((await ask('{ __typename }')).statusCode).toBe(200);
  });

  describe('takes a body', () => {
    const plain = Buffer.from(JSON.stringify({ query }));
    const send = (payload: Buffer, headers: Record<string, string> = {}) =>
      api.server.inject({ method: 'POST', url: '/graphql', headers: { authorization, 'content-type': 'application/json', ...headers }, payload });

    it.each<[string, Buffer, Record<string, string>]>([
      ['as it is', plain, {}],
      ['that says it is as it is', plain, { 'content-encoding': 'identity' }],
      ['with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain]), {}],
      ['packed with gzip', gzipSync(plain), { 'content-encoding': 'gzip' }],
      ['packed, in two pieces', Buffer.concat([gzipSync(plain.subarray(0, 5)), gzipSync(plain.subarray(5))]), { 'content-encoding': 'GZIP' }],
      ['whose charset is named', plain, { 'content-type': 'application/json; charset="UTF-8"' }],
    ])('%s', async (_what, payload, headers) => {
      const answer = await send(payload, headers);
      expect([answer.statusCode, answer.json().data?.viewer.kind]).toEqual([200, 'CLIENT']);
    });

    it.each<[string, Buffer, Record<string, string>, number]>([
      ['in another charset', plain, { 'content-type': 'application/json; charset=iso-8859-1' }, 415],
      ['in UTF-16', Buffer.from(JSON.stringify({ query }), 'utf16le'), { 'content-type': 'application/json; charset=utf-16' }, 415],
      ['packed otherwise', deflateSync(plain), { 'content-encoding': 'deflate' }, 415],
      ['packed twice', gzipSync(gzipSync(plain)), { 'content-encoding': 'gzip, gzip' }, 415],
      ['that is said to be packed', plain, { 'content-encoding': 'gzip' }, 400],
      ['packed and cut off', gzipSync(plain).subarray(0, -4), { 'content-encoding': 'gzip' }, 400],
      ['that is small and unpacks to too much', gzipSync(Buffer.alloc(200_000_000, ' ')), { 'content-encoding': 'gzip' }, 413],
    ])('not %s', async (_what, payload, headers, status) => {
      const before = process.memoryUsage().rss;
      const answer = await send(payload, headers);
      expect([answer.statusCode, answer.json().errors[0].extensions.code]).toEqual([status, status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST']);
      expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    });
  });
});

describe('what was asked before', () => {
  const RATE = 'mutation ($input: StoreConversionRateInput!) { storeConversionRate(input: $input) { __typename } }';
  it.each<[string, Record<string, unknown>]>([
    ['data', { query }],
    ['data of one of two operations', { query: 'query A { viewer { kind } } query B { __typename }', operationName: 'B' }],
    ['an operation that there is not', { query: 'query A { viewer { kind } } query B { __typename }', operationName: 'C' }],
    ['two operations and no name', { query: 'query A { viewer { kind } } query B { __typename }' }],
    ['null for everything else', { query, operationName: null, variables: null, extensions: null }],
    ['an extension', { query, extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }],
    ['variables that are no object', { query, variables: [] }],
    ['variables as text', { query, variables: '{}' }],
    ['wrong variables', { query: RATE, variables: { input: { minimum: 'x' } } }],
    ['a variable that is missing', { query: RATE }],
    ['an error of a resolver', { query: '{ brand(id: "brd_00000000000000000000000000000000") { id } }' }],
    ['an error beside data', { query: '{ viewer { kind } brands(first: 1000) { edges { cursor } } }' }],
    ['a document that is not valid', { query: '{ nothing }' }],
    ['an operation that is too deep', { query: `{ partnerships { edges { node ${'{ terms { partnership '.repeat(6)} { id } ${'} }'.repeat(6)} } } }` }],
  ])('%s: is answered the same again', async (_what, payload) => {
    const ask = async (token: string | null) => {
      const headers = token === null ? {} : { authorization: token };
      const { statusCode, body, headers: answered } = await api.server.inject({ method: 'POST', url: '/graphql', headers, payload });
      const { date: _date, ratelimit: left, 'x-request-id': _id, ...telling } = answered;
      return { statusCode, body: body.replaceAll(/[0-9a-f-]{36}/g, 'id'), headers: telling, limited: typeof left };
    };
    const first = await ask(authorization);
    expect(await ask(authorization)).toEqual(first);
    expect(await ask(authorization)).toEqual(first);
    const stranger = await ask('Bearer nonsense');
    expect([stranger.statusCode, JSON.parse(stranger.body).errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await ask(null)).toEqual(await ask(null));
  });
});

describe('errors', () => {
  it('of a database are masked: an id, and nothing else', async () => {
    // A table that is gone stands for any fault in the database.
    await test.database.owner.query('ALTER TABLE conversion_rate RENAME TO hidden');
    const lines: Record<string, unknown>[] = [];
    const spy = jest.spyOn(test.app.log, 'error').mockImplementation((line: unknown) => void lines.push(line as Record<string, unknown>));
    const answer = await api.ask(coalition.brands.FUEL.token, '{ conversionRates { edges { node { id } } } }');
    spy.mockRestore();
    await test.database.owner.query('ALTER TABLE hidden RENAME TO conversion_rate');
    const [error] = answer.errors ?? [];
    expect(Object.keys(error).sort()).toEqual(['extensions', 'locations', 'message', 'path']);
    expect(error.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(error.message).toContain(error.extensions.id);
    expect(JSON.stringify(answer)).not.toMatch(/conversion_rate|relation|exist/);
    expect(lines).toEqual([expect.objectContaining({ errorId: error.extensions.id, requestId: answer.headers['x-request-id'], path: 'conversionRates' })]);
    expect(lines[0].err).toMatchObject({ code: '42P01' });
  });

  it('of input name the field', async () => {
    const of = async (source: string, variables?: Record<string, unknown>) =>
      (await api.ask(coalition.operatorToken, source, variables)).errors?.[0].extensions;
    const RATE = 'mutation ($input: StoreConversionRateInput!) { storeConversionRate(input: $input) { __typename } }';
    const rate = {
      idempotencyKey: 'k',
      fromCurrency: 'A',
      toCurrency: 'B',
      ratio: { numerator: 1, denominator: 1 },
      minimum: 1,
      increment: 1,
      effectiveFrom: '2030-01-01T00:00:00Z',
    };
    for (const [field, wrong] of [
      ['minimum', 1.5],
      ['minimum', '1'],
      ['minimum', 2 ** 53],
      ['effectiveFrom', '2030-01-01'],
      ['effectiveFrom', '2030-02-30T00:00:00Z'],
      ['effectiveFrom', 5],
      ['ratio', null],
    ] as const)
      expect(await of(RATE, { input: { ...rate, [field]: wrong } })).toEqual({ code: 'BAD_USER_INPUT', field: `input.${field}` });
    expect(await of(RATE, { input: { ...rate, ratio: { numerator: 'x', denominator: 1 } } })).toEqual({
      code: 'BAD_USER_INPUT',
      field: 'input.ratio.numerator',
    });
    expect(await of(RATE, {})).toEqual({ code: 'BAD_USER_INPUT', field: 'input' });
    const literal =
      'mutation { storeConversionRate(input: { idempotencyKey: "k", fromCurrency: "A", toCurrency: "B", ratio: { numerator: 1, denominator: 1 }, minimum: 9007199254740992, increment: 1, effectiveFrom: "2030-01-01T00:00:00Z" }) { __typename } }';
    expect(await of(literal)).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED', field: 'input.minimum' });
    expect(await of('{ brand(id: "brd_1") { id } }')).toEqual({ code: 'BAD_USER_INPUT', field: 'id' });
    expect(await of('{ brand(id: "brd_00000000000000000000000000000000") { id } }')).toEqual({ code: 'NOT_FOUND' });
    expect(await of('{ nothing }')).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });
});
