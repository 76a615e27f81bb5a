import type { Answer } from '../../support/api';
import { openPointsApi, type PointsApi } from '../../support/points-api';

// One receipt that nobody can read keeps no other from being recorded; and what is wrong is named by its whole path.

let points: PointsApi;
beforeAll(async () => {
  points = await openPointsApi();
});
afterAll(() => points?.close());

let keys = 0;
const member = { customerId: 'ana' };
const receipt = (unitPrice: string, more: object = {}) => ({
  idempotencyKey: `bulk ${++keys}`,
  currency: 'FLP',
  moneyCurrency: 'EUR',
  member,
  lines: [{ sku: 'GUM', quantity: '1', unitPrice }],
  ...more,
});
const PURCHASES = `mutation ($i: [RecordPurchaseInput!]!) { recordPurchases(input: $i) {
  kind: __typename ... on RecordedPurchase { points duplicate } ... on BadInput { code field message retrySafe } ... on Refusal { code } } }`;
const ENROL = `mutation ($i: [EnrolMemberInput!]!) { enrolMembers(input: $i) { kind: __typename ... on Member { id } ... on BadInput { field } ... on Refusal { code } } }`;

test('an entry that the schema takes and a check refuses is its own BAD_INPUT, with the path of the field', async () => {
  const { fuel, api } = points;
  const { data: enrolled } = await api.ask(fuel, ENROL, {
    i: [
      { idempotencyKey: 'one', customerId: 'ana' },
      { idempotencyKey: 'two', customerId: '' },
      { idempotencyKey: 'three', identifiers: [{ kind: 'CARD', value: ' ' }] },
      { idempotencyKey: 'four', customerId: 'bob' },
    ],
  });
  expect(enrolled.enrolMembers.map(({ kind, field }: Answer) => field ?? kind)).toEqual([
    'Member',
    'input.1.customerId',
    'input.2.identifiers.0.value',
    'Member',
  ]);
  const wrong = [receipt('-1'), receipt('1', { currency: 'NONE-SUCH' }), receipt('1', { redemptionIds: ['rdm_1'] }), receipt('1', { member: {} })];
  const { data } = await api.ask(fuel, PURCHASES, { i: [receipt('1'), ...wrong, receipt('2')] });
  expect(data.recordPurchases.map(({ points: earned, field }: Answer) => field ?? earned)).toEqual([
    1,
    'input.1.lines.0.unitPrice',
    'input.2.currency',
    'input.3.redemptionIds.0',
    'input.4.member',
    2,
  ]);
  expect(data.recordPurchases[1]).toMatchObject({ kind: 'BadInput', code: 'BAD_INPUT', retrySafe: false, message: expect.stringContaining('not below zero') });
  // Its key is still free.
  const mended = { ...wrong[0], lines: [{ sku: 'GUM', quantity: '1', unitPrice: '3' }] };
  expect((await api.ask(fuel, PURCHASES, { i: [mended] })).data.recordPurchases).toEqual([{ kind: 'RecordedPurchase', points: 3, duplicate: false }]);
});

test('all of them wrong: an answer for each', async () => {
  const { data, errors } = await points.api.ask(points.fuel, PURCHASES, { i: [receipt('-1'), receipt('-2')] });
  expect([errors, data.recordPurchases.map(({ code }: Answer) => code)]).toEqual([undefined, ['BAD_INPUT', 'BAD_INPUT']]);
});

test('wrong types still refuse the whole request, and a misspelt name is told with its whole path', async () => {
  const refused = async (line: object) => {
    const { errors } = await points.api.ask(points.fuel, PURCHASES, { i: [receipt('1'), receipt('1', { lines: [line] })] });
    return errors?.[0].extensions;
  };
  expect(await refused({ sku: 'GUM', quantity: '1', unitPrice: true })).toEqual({ code: 'BAD_USER_INPUT', field: 'i.1.lines.0.unitPrice' });
  expect(await refused({ sku: 'GUM', quantty: '1', unitPrice: '1' })).toMatchObject({ field: expect.stringMatching(/^i\.1\.lines\.0\.quant/) });
  expect(await refused({ sku: 'GUM', quantity: '1', unitPrice: '1', colour: 'red' })).toEqual({ code: 'BAD_USER_INPUT', field: 'i.1.lines.0.colour' });
  const { errors } = await points.api.ask(points.fuel, PURCHASES, { i: [receipt('1', { colour: 'red' })] });
  expect(errors?.[0].extensions.field).toBe('i.0.colour');
});

test('a return line by neither lineNo nor sku says so', async () => {
  const { data } = await points.api.ask(points.fuel, PURCHASES.replace('points duplicate', 'purchaseId'), { i: [receipt('5')] });
  const input = { idempotencyKey: 'nameless', purchaseId: data.recordPurchases[0].purchaseId, lines: [{ quantity: '1' }] };
  const { errors } = await points.api.ask(points.fuel, 'mutation ($input: RecordReturnInput!) { recordReturn(input: $input) { __typename } }', { input });
  expect(errors?.[0]).toMatchObject({ message: 'Name the line: send its lineNo, or the sku of the goods.', extensions: { field: 'input.lines.0' } });
});

test('a brand’s or currency’s code and a refusal’s can be asked for in one selection', async () => {
  const operator = points.coalition.freshOperatorToken;
  const brand = 'mutation ($input: CreateBrandInput!) { createBrand(input: $input) { ... on Brand { code } ... on Refusal { code } } }';
  const created = async () =>
    (await points.api.ask(operator, brand, { input: { idempotencyKey: `b${++keys}`, code: 'ZOO', name: 'Zoo' } })).data.createBrand.code;
  expect([await created(), await created()]).toEqual(['ZOO', 'CODE_TAKEN']);
  const currency =
    'mutation ($input: CreatePointCurrencyInput!) { createPointCurrency(input: $input) { ... on PointCurrency { code } ... on Refusal { code } } }';
  const input = { code: 'FLP', name: 'x', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  const { data } = await points.api.ask(operator, currency, { input: { idempotencyKey: 'taken', ...input } });
  expect(data.createPointCurrency.code).toBe('CODE_TAKEN');
});
