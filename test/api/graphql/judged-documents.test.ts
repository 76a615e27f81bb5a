import { getIntrospectionQuery } from 'graphql';
import { mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { newUuid } from '../../../src/platform/ids';
import { type GraphqlAnswer, insertMember, openApi, type TestApi } from '../../support/api';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { createTestApp, type TestApp } from '../../support/test-app';

let points: PointsApi;
/** A gateway of the same coalition that sends no answers of more than 64 kB. */
let terse: TestApp;
let terseApi: TestApi;

beforeAll(async () => {
  points = await openPointsApi();
  terse = await createTestApp({ database: points.test.database, variables: { TESSERA_LOCAL_ISSUER: 'true', TESSERA_ANSWER_LIMIT: '65536' } });
  terseApi = await openApi(terse);
});
afterAll(async () => {
  await terseApi?.close();
  await terse?.close();
  await points?.close();
});
beforeEach(() => points.test.clock.advance(60_000));

const line = (at: number) => ({ sku: `SKU-${at}`, category: 'shop', quantity: '1', unitPrice: '0.10' });
const lines = (count: number) => Array.from({ length: count }, (_, at) => line(at));
const purchases = (count: number, basket: number, more: object = {}) =>
  Array.from({ length: count }, (_, at) => ({
    idempotencyKey: `batch ${count} ${basket} ${at}`,
    member: { identifier: { kind: 'CARD', value: '1234567890' } },
    currency: 'FLP',
    moneyCurrency: 'EUR',
    lines: lines(basket),
    ...more,
  }));

describe('a field that an input does not have', () => {
  it.each(['unknown', '__proto__', 'constructor', 'toString'])('is named, also %s', async (name) => {
    const input = JSON.parse(`{"idempotencyKey":"a","member":{"id":"a"},"currency":"FLP","moneyCurrency":"EUR","lines":[],"${name}":"x"}`);
    const document = 'mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { __typename } }';
    const { errors } = await points.api.ask(await points.fuel(), document, { input });
    expect(errors?.[0].message).toContain(`Field "${name}" is not defined by type "RecordPurchaseInput"`);
  });
});

describe('what is within the limits', () => {
  it('is what GraphiQL asks of the schema, with a token, as a member, and a few times a minute without', async () => {
    const query = getIntrospectionQuery({ schemaDescription: true, inputValueDeprecation: true, directiveIsRepeatable: true, specifiedByUrl: true });
    const memberId = newUuid();
    await insertMember(points.test, memberId, points.coalition.brands.FUEL.id);
    const session = await mintMemberToken(points.test.app, points.coalition.brands.FUEL.id, memberId);
    for (const token of [await points.fuel(), session, null, null, null, null]) {
      const { status, errors, data } = await points.api.ask(token, query);
      expect([status, errors]).toEqual([200, undefined]);
      expect(data.__schema.types.length).toBeGreaterThan(300);
    }
  });

  it('is every batch of the documented counts that a body has room for', async () => {
    const fuel = await points.fuel();
    const ask = async (query: string, input: unknown) => {
      const body = JSON.stringify({ query, variables: { input } });
      expect(body.length).toBeLessThan(points.test.app.config.http.bodyLimitBytes);
      const answer = await points.api.ask(fuel, query, { input });
      expect(answer.errors).toBeUndefined();
      return answer.data;
    };
    const RECORD = `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) {
      ... on RecordedPurchase { purchaseId points amount expiresOn duplicate leftOut { lineNo reason } balance { active pending held arrears spendable } }
      ... on Refusal { __typename code message retrySafe } } }`;
    expect((await ask(RECORD, purchases(100, 120, { dryRun: true }))).recordPurchases).toHaveLength(100);
    const START = 'mutation ($input: StartImportInput!) { startImport(input: $input) { ... on FileImport { id } } }';
    const { startImport } = await ask(START, { idempotencyKey: 'file', kind: 'PURCHASES', currency: 'FLP', fileName: 'a.csv' });
    const IMPORT = `mutation ($input: ImportPurchasesInput!) { importPurchases(input: $input) {
      ... on ImportedBatch { import { entries rejected } errors { line field code message } } ... on Refusal { message } } }`;
    const rows = Array.from({ length: 500 }, (_, at) => ({
      line: at * 100 + 1,
      lines: Array.from({ length: 100 }, (_each, n) => ({ line: at * 100 + n + 1 })),
    }));
    const { importPurchases } = await ask(IMPORT, { importId: startImport.id, rows });
    expect(importPurchases).toMatchObject({ import: { entries: 500, rejected: 500 } });
    const ENROL = 'mutation ($input: [EnrolMemberInput!]!) { enrolMembers(input: $input) { __typename ... on Refusal { message } } }';
    const members = Array.from({ length: 100 }, (_, at) => ({ idempotencyKey: `m${at}`, identifiers: [{ kind: 'CARD', value: `${1_000_000_000 + at}` }] }));
    expect((await ask(ENROL, members)).enrolMembers).toHaveLength(100);
  });

  it('is a list once, not the same one with many operations', async () => {
    const many = Array.from({ length: 30 }, (_, n) => `a${n}: recordPurchases(input: $input) { __typename }`).join(' ');
    const answer = await points.api.ask(await points.fuel(), `mutation ($input: [RecordPurchaseInput!]!) { ${many} }`, { input: purchases(100, 1) });
    expect(answer.errors?.[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED' }, message: expect.stringContaining('at most 10000') });
  });
});

describe('an answer that is too large', () => {
  it('is an error that says what to do, at first and again', async () => {
    const query = '{ __schema { types { name description fields { name description type { name } } } } }';
    for (let times = 0; times < 3; times++) {
      const { status, data, errors } = await terseApi.ask(await points.fuel(), query);
      expect([status, data, errors?.[0].extensions]).toEqual([200, null, { code: 'LIMIT_EXCEEDED' }]);
      expect(errors?.[0].message).toMatch(/^The answer has \d{6} bytes; at most 65536 are sent. Ask for fewer fields or smaller pages.$/);
    }
  });

  it('to a mutation says that it has been done; asked for less, it is answered', async () => {
    const repeated = Array.from({ length: 20 }, (_, n) => `${'a'.repeat(28)}${n}: purchaseId`).join(' ');
    const mutation = (asked: string) =>
      `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { ... on RecordedPurchase { ${asked} } } }`;
    const member = { idempotencyKey: 'card', identifiers: [{ kind: 'CARD', value: '7777777777' }] };
    await terseApi.ask(await points.fuel(), 'mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename } }', { input: member });
    const input = purchases(100, 1, { member: { identifier: { kind: 'CARD', value: '7777777777' } } }).map((each) => ({
      ...each,
      idempotencyKey: `large ${each.idempotencyKey}`,
    }));
    const large = await terseApi.ask(await points.fuel(), mutation(repeated), { input });
    expect(large.errors?.[0]).toMatchObject({ message: expect.stringContaining('What was asked for has been done'), extensions: { code: 'LIMIT_EXCEEDED' } });
    const again = await terseApi.ask(await points.fuel(), mutation('duplicate'), { input });
    expect(again.data.recordPurchases).toEqual(input.map(() => ({ duplicate: true })));
  });
});

describe('an error', () => {
  const X = 'x'.repeat(20_000);
  const RECORD = 'mutation ($i: RecordPurchaseInput!) { recordPurchase(input: $i) { __typename } }';
  const input = { idempotencyKey: 'k', member: { identifier: { kind: 'CARD', value: '1' } }, currency: 'FLP', moneyCurrency: 'EUR', lines: lines(1) };
  it.each<[string, string, Record<string, unknown> | null]>([
    ['a field', `{ ${X} }`, null],
    ['an alias', `{ ${X}: brand(id: "1") { id } }`, null],
    ['a literal', `{ brand(id: ${X}) { id } }`, null],
    ['a text', `{ brand(id: "${X}") { id } }`, null],
    ['an argument', `{ brand(${X}: 1) { id } }`, null],
    ['a directive', `{ viewer @${X} { kind } }`, null],
    ['a type', `{ ... on ${X} { id } }`, null],
    ['a fragment', `{ ...${X} }`, null],
    ['a fragment of itself', `{ ...${X} } fragment ${X} on Query { ...${X} }`, null],
    ['a variable', `query ($${X}: Int!) { viewer { kind } }`, null],
    ['a missing variable', `query ($${X}: ID!) { brand(id: $${X}) { id } }`, null],
    ['no document', `{ "${X}`, null],
    ['a text that was sent', RECORD, { i: { ...input, occurredAt: X } }],
    ['a kind that was sent', RECORD, { i: { ...input, member: { identifier: { kind: X, value: '1' } } } }],
    ['a field that was sent', RECORD, { i: { ...input, [X]: 1 } }],
    ['a currency that was sent', RECORD, { i: { ...input, currency: X } }],
    ['an amount that was sent', RECORD, { i: { ...input, lines: [{ ...line(1), unitPrice: X }] } }],
    ['a key that was sent', RECORD, { i: { ...input, idempotencyKey: X } }],
    ['a cursor', `{ brands(after: "${X}") { edges { cursor } } }`, null],
  ])('echoes no more than 300 characters: %s', async (_what, query, variables) => {
    const answer: GraphqlAnswer = await points.api.ask(await points.fuel(), query, variables ?? undefined);
    expect(answer.errors?.length).toBeGreaterThan(0);
    for (const error of answer.errors ?? []) expect(JSON.stringify(error).split('x').length).toBeLessThanOrEqual(301);
  });

  it('is one of ten at most, of the document or of what was sent with it', async () => {
    const fields = Array.from({ length: 1_000 }, (_, at) => `nothing${at}`).join(' ');
    expect((await points.api.ask(null, `{ ${fields} }`)).errors).toHaveLength(10);
    const wrong = { i: { ...input, lines: Array.from({ length: 100 }, () => ({ ...line(1), quantity: 1 })) } };
    expect((await points.api.ask(await points.fuel(), RECORD, wrong)).errors).toHaveLength(10);
  });
});
