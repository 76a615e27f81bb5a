import { createPointCurrency } from '../../../src/coalition/coalition/create-point-currency';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { createTestApp, type TestApp } from '../../support/test-app';

const STORE = `mutation ($input: StoreConversionRateInput!) { storeConversionRate(input: $input) {
  ... on ConversionRate { id from { code } to { code } ratio { numerator denominator } minimum fee effectiveFrom effectiveUntil } ... on Refusal { code } } }`;

let test: TestApp;
let api: TestApi;
let coalition: TestCoalition;
let key = 0;

beforeAll(async () => {
  test = await createTestApp({ now: new Date('2026-03-15T12:00:00Z'), variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL');
  for (const code of ['FLP', 'AIR'])
    await createPointCurrency(test.app, coalition.operator, {
      idempotencyKey: code,
      code,
      name: code,
      scale: 0,
      ownerBrandId: null,
      timeZone: 'UTC',
      clearingModel: 'OPERATOR',
      settlementCurrency: 'EUR',
      expiry: { kind: 'NONE' },
    });
});
afterAll(async () => {
  await api?.close();
  await test?.close();
});

const rate = (more: object = {}) => ({
  idempotencyKey: `rate ${++key}`,
  fromCurrency: 'FLP',
  toCurrency: 'AIR',
  ratio: { numerator: 4, denominator: 5 },
  minimum: 1000,
  increment: 500,
  effectiveFrom: '2026-04-01T00:00:00Z',
  effectiveUntil: '2026-05-01T00:00:00Z',
  ...more,
});

describe('conversion rates', () => {
  it('are stored by the operator, without overlap', async () => {
    const input = rate();
    const stored = (await api.ask(coalition.operatorToken, STORE, { input })).data.storeConversionRate;
    expect(stored).toMatchObject({
      from: { code: 'FLP' },
      to: { code: 'AIR' },
      ratio: { numerator: 4, denominator: 5 },
      minimum: 1000,
      fee: 0,
      effectiveUntil: '2026-05-01T00:00:00.000Z',
    });
    expect((await api.ask(coalition.operatorToken, STORE, { input })).data.storeConversionRate.id).toBe(stored.id);
    const overlapping = rate({ effectiveFrom: '2026-04-30T23:59:59Z', effectiveUntil: null });
    expect((await api.ask(coalition.operatorToken, STORE, { input: overlapping })).data.storeConversionRate).toEqual({ code: 'CONVERSION_RATE_OVERLAP' });
    for (const fits of [rate({ effectiveFrom: '2026-05-01T00:00:00Z', effectiveUntil: null }), rate({ fromCurrency: 'AIR', toCurrency: 'FLP' })])
      expect((await api.ask(coalition.operatorToken, STORE, { input: fits })).data.storeConversionRate.id).toBeDefined();
    expect((await api.ask(coalition.brands.FUEL.token, STORE, { input: rate() })).errors?.[0].extensions.code).toBe('FORBIDDEN');
    expect((await test.database.owner.query('SELECT FROM conversion_rate')).rowCount).toBe(3);
  });

  it('end earlier when the operator says so', async () => {
    const LIST = 'query ($at: DateTime) { conversionRates(from: "FLP", to: "AIR", at: $at) { edges { node { id effectiveFrom } } } }';
    const listed = await api.ask(coalition.brands.FUEL.token, LIST, { at: '2026-04-15T00:00:00Z' });
    expect(listed.data.conversionRates.edges).toHaveLength(1);
    const { id } = listed.data.conversionRates.edges[0].node;
    const END = 'mutation ($id: ID!, $at: DateTime!) { endConversionRate(input: { rateId: $id, endsAt: $at }) { effectiveUntil } }';
    expect((await api.ask(coalition.operatorToken, END, { id, at: '2026-04-01T00:00:00Z' })).errors?.[0].extensions.field).toBe('input.endsAt');
    expect((await api.ask(coalition.operatorToken, END, { id, at: '2026-05-02T00:00:00Z' })).errors?.[0].extensions.field).toBe('input.endsAt');
    expect((await api.ask(coalition.operatorToken, END, { id, at: '2026-04-10T00:00:00Z' })).data.endConversionRate.effectiveUntil).toBe(
      '2026-04-10T00:00:00.000Z',
    );
    expect((await api.ask(coalition.brands.FUEL.token, LIST, { at: '2026-04-15T00:00:00Z' })).data.conversionRates.edges).toEqual([]);
  });

  it.each([
    ['toCurrency', { toCurrency: 'FLP' }],
    ['fromCurrency', { fromCurrency: 'NONE' }],
    ['toCurrency', { toCurrency: 'NONE' }],
    ['ratio.denominator', { ratio: { numerator: 1, denominator: 0 } }],
    ['ratio.numerator', { ratio: { numerator: 0, denominator: 1 } }],
    ['minimum', { minimum: 750 }],
    ['increment', { increment: 0 }],
    ['dailyMaximum', { dailyMaximum: 999 }],
    ['fee', { fee: -1 }],
    ['blockBonus', { blockSize: 1000 }],
    ['effectiveFrom', { effectiveFrom: '2026-03-15T11:59:59Z' }],
    ['effectiveUntil', { effectiveUntil: '2026-04-01T00:00:00Z' }],
  ])('name the field %s when it is wrong: %j', async (field, wrong) => {
    const { errors } = await api.ask(coalition.operatorToken, STORE, { input: rate(wrong) });
    expect(errors?.[0].extensions).toEqual({ code: 'BAD_USER_INPUT', field: `input.${field}` });
  });
});
