import { mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import type { Answer } from '../../support/api';
import { bindLogin } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';

let open: PointsApi;
let keys = 0;
let member: string;
let memberId: string;

const REFUSAL = '... on Refusal { __typename code message retrySafe }';
const STORE = `mutation ($input: StoreConversionRateInput!) { storeConversionRate(input: $input) { ... on ConversionRate { id transferPrice { amount currency } }
  ... on ProfitableCycle { cycle gain exampleBegin exampleEnd at } ${REFUSAL} } }`;
const FIGURES = 'from to points fee remainder base bonus received rateId';
const QUOTE = `mutation ($input: QuoteConversionInput!) { quoteConversion(input: $input) { ... on ConversionQuote { quoteId expiresAt ${FIGURES} } ${REFUSAL} } }`;
const CONVERT = `mutation ($input: ConvertInput!) { convert(input: $input) { ... on ConvertedPoints { conversionId ${FIGURES} dryRun duplicate
  fromBalance { currency active } toBalance { currency active } } ... on CapReached { capLeft resetsAt } ... on QuoteUsed { retrySafe } ${REFUSAL} } }`;
const IMPORT = `mutation ($input: ImportConversionRatesInput!) { importConversionRates(input: $input) { ... on ImportedConversionRates { added replaced unchanged dryRun }
  ... on RateFileWrong { line column } ... on ProfitableCycle { cycle gain } ${REFUSAL} } }`;

const ask = async (token: string | (() => Promise<string>), query: string, input: object): Promise<Answer> => {
  const { data, errors } = await open.api.ask(token, query, { input: { idempotencyKey: `key ${++keys}`, ...input } });
  return errors ? errors[0] : Object.values(data)[0];
};
const operator = () => open.coalition.freshOperatorToken();
const rate = { fromCurrency: 'FLP', toCurrency: 'AIR', ratio: { numerator: 5, denominator: 8 }, minimum: 8, increment: 1, fee: 2, dailyMaximum: 500 };

beforeAll(async () => {
  open = await openPointsApi();
  const CURRENCY = 'mutation ($input: CreatePointCurrencyInput!) { createPointCurrency(input: $input) { ... on PointCurrency { code conversionExpiry } } }';
  const currency = { name: 'Air', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  for (const code of ['AIR', 'SEA'])
    expect(await ask(operator, CURRENCY, { code, ...currency, conversionExpiry: code === 'SEA' ? 'OWN' : undefined })).toEqual({
      code,
      conversionExpiry: code === 'SEA' ? 'OWN' : 'KEEP',
    });
  const ENROL = 'mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { ... on Member { id } } }';
  memberId = (await ask(open.fuel, ENROL, { customerId: 'ana' })).id;
  const PURCHASE = 'mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { points } } }';
  const lines = [{ sku: 'DIESEL', quantity: '1', unitPrice: '1000' }];
  expect(await ask(open.fuel, PURCHASE, { member: { customerId: 'ana' }, currency: 'FLP', moneyCurrency: 'EUR', lines })).toEqual({ points: 1_000 });
  const { app, database } = open.test;
  const { rows } = await database.owner.query('SELECT id FROM member');
  member = await mintLocalLogin(app, 'ana');
  await bindLogin(app, open.coalition.operator, rows[0].id, member);
});
afterAll(() => open?.close());

it('the operator publishes a rate with its price', async () => {
  const effectiveFrom = open.test.clock.now().toISOString();
  const transferPrice = { amount: '0.004', currency: 'EUR' };
  expect(await ask(operator, STORE, { ...rate, effectiveFrom, transferPrice: { ...transferPrice, currency: 'USD' } })).toMatchObject({
    extensions: { code: 'BAD_USER_INPUT', field: 'input.transferPrice.currency' },
  });
  expect(await ask(operator, STORE, { ...rate, effectiveFrom, transferPrice })).toMatchObject({ transferPrice: { amount: '0.004000', currency: 'EUR' } });
  const back = { ...rate, fromCurrency: 'AIR', toCurrency: 'FLP', dailyMaximum: null, fee: null, effectiveFrom };
  expect(await ask(operator, STORE, { ...back, ratio: { numerator: 17, denominator: 10 } })).toMatchObject({
    __typename: 'ProfitableCycle',
    cycle: 'AIR > FLP > AIR',
    gain: '527/498',
    at: effectiveFrom,
  });
  expect(await ask(operator, STORE, { ...back, ratio: { numerator: 8, denominator: 5 } })).toHaveProperty('id');
});

it('a member converts by a quote', async () => {
  const quote = await ask(member, QUOTE, { from: 'FLP', to: 'AIR', points: 101 });
  expect(quote).toMatchObject({ points: 101, fee: 2, remainder: 0, base: 63, bonus: 0, received: 63, quoteId: expect.stringMatching(/^quo_/) });
  expect(await ask(member, QUOTE, { from: 'AIR', to: 'FLP', points: 8 })).toMatchObject({
    __typename: 'InsufficientPoints',
    message: '8 points and a fee of 0 were asked for, 0 can be spent.',
  });
  const input = { from: 'FLP', to: 'AIR', points: 101, quoteId: quote.quoteId, minimumReceived: 63 };
  expect(await ask(member, CONVERT, { ...input, dryRun: true })).toMatchObject({ conversionId: null, received: 63, dryRun: true });
  const LIVE = '{ me { wallet { conversionQuotes { quoteId received } } } }';
  expect((await open.api.ask(member, LIVE)).data.me.wallet.conversionQuotes).toEqual([{ quoteId: quote.quoteId, received: 63 }]);
  const converted = await ask(member, CONVERT, input);
  expect(converted).toMatchObject({
    received: 63,
    duplicate: false,
    fromBalance: { currency: 'FLP', active: 897 },
    toBalance: { currency: 'AIR', active: 63 },
  });
  expect(await ask(member, CONVERT, input)).toMatchObject({ __typename: 'QuoteUsed', code: 'QUOTE_USED' });
  const MINE = `{ me { wallet { conversionQuotes { quoteId } conversions { edges { node { id brandId ${FIGURES} } } }
    flp: movements(currency: "FLP") { edges { node { kind points brandId } } } air: movements(currency: "AIR") { edges { node { kind points } } } } } }`;
  const { wallet } = (await open.api.ask(member, MINE)).data.me;
  expect(wallet.conversionQuotes).toEqual([]);
  expect(wallet.conversions.edges).toMatchObject([{ node: { id: converted.conversionId, brandId: null, points: 101, received: 63, rateId: quote.rateId } }]);
  expect(wallet.flp.edges.map(({ node }: Answer) => node)).toEqual([
    { kind: 'FEE', points: -2, brandId: null },
    { kind: 'CONVERSION_OUT', points: -101, brandId: null },
    { kind: 'EARN', points: 1_000, brandId: expect.stringMatching(/^brd_/) },
  ]);
  expect(wallet.air.edges).toEqual([{ node: { kind: 'CONVERSION_IN', points: 63 } }]);
});

it('a brand converts for a member of its own', async () => {
  expect(await ask(open.fuel, CONVERT, { member: { customerId: 'ana' }, from: 'FLP', to: 'AIR', points: 400 })).toMatchObject({
    code: 'CAP_REACHED',
    capLeft: 399,
    resetsAt: '2026-03-16T00:00:00.000Z',
  });
  expect(await ask(open.fuel, CONVERT, { member: { customerId: 'ana' }, from: 'FLP', to: 'AIR', points: 9 })).toMatchObject({ received: 5, remainder: 1 });
  expect(await ask(open.fuel, CONVERT, { from: 'FLP', to: 'AIR', points: 9 })).toMatchObject({ extensions: { field: 'input.member' } });
  expect(await ask(open.taxi, CONVERT, { member: { customerId: 'ana' }, from: 'FLP', to: 'AIR', points: 9 })).toMatchObject({
    extensions: { code: 'NOT_FOUND' },
  });
  const SEEN = 'query ($ref: MemberRefInput!) { member(ref: $ref) { wallet { conversions { edges { node { points } } } conversionQuotes { quoteId } } } }';
  const { wallet } = (await open.api.ask(open.fuel, SEEN, { ref: { id: memberId } })).data.member;
  expect(wallet).toEqual({ conversions: { edges: [{ node: { points: 9 } }] }, conversionQuotes: [] });
});

it('a session that a brand minted converts nothing', async () => {
  const { rows } = await open.test.database.owner.query('SELECT id FROM member');
  const session = await mintMemberToken(open.test.app, open.coalition.brands.FUEL.id, rows[0].id);
  for (const [query, input] of [
    [QUOTE, { from: 'FLP', to: 'AIR', points: 9 }],
    [CONVERT, { from: 'FLP', to: 'AIR', points: 9 }],
  ] as const)
    expect(await ask(session, query, input)).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
});

it('a file of routes becomes rates', async () => {
  const csv = 'from,to,ratio_num_to,ratio_den_from,increment_from\nboat,AIR,1,2,10\nAIR,boat,2,1,10';
  const currencies = [{ name: 'boat', code: 'SEA' }];
  expect(await ask(operator, IMPORT, { csv, currencies, dryRun: true })).toEqual({ added: 2, replaced: 0, unchanged: 0, dryRun: true });
  expect(await ask(operator, IMPORT, { csv: `${csv}\nAIR,boat,x,1,10`, currencies })).toMatchObject({
    code: 'RATE_FILE_WRONG',
    line: 4,
    column: 'ratio_num_to',
  });
  expect(await ask(operator, IMPORT, { csv: csv.replace(',2,1,', ',3,1,'), currencies })).toMatchObject({ cycle: expect.stringContaining('SEA'), gain: '3/2' });
  expect(await ask(operator, IMPORT, { csv, currencies })).toEqual({ added: 2, replaced: 0, unchanged: 0, dryRun: false });
  expect(await ask(open.fuel, IMPORT, { csv, currencies })).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
});
