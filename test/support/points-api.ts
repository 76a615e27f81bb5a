import { foundTestCoalition, openApi, refoundTestCoalition, type TestApi, type TestCoalition } from './api';
import { createTestApp, type TestApp, type TestAppOptions } from './test-app';

const LONG_AGO = '2025-01-01T00:00:00Z';
const REFUSAL = '... on Refusal { __typename code message retrySafe }';

/** Two brands, FUEL and TAXI, that issue and redeem FLP, set up through the API as a programme manager would. */
export interface PointsApi {
  readonly test: TestApp;
  readonly api: TestApi;
  readonly coalition: TestCoalition;
  readonly fuel: () => Promise<string>;
  readonly taxi: () => Promise<string>;
  close(): Promise<void>;
}

export async function openPointsApi(options: TestAppOptions = {}): Promise<PointsApi> {
  const { test, api } = await openTestApi(options);
  const coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
  const operator = coalition.freshOperatorToken;
  const run = async (token: () => Promise<string>, name: string, inputType: string, fields: string, input: object) => {
    const { data, errors } = await api.ask(token, `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${fields} ${REFUSAL} } }`, { input });
    if (errors || data[name].code) throw new Error(JSON.stringify(errors ?? data[name]));
    return data[name];
  };
  const currency = { code: 'FLP', name: 'Points', scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } };
  await run(operator, 'createPointCurrency', 'CreatePointCurrencyInput', '... on PointCurrency { name }', { idempotencyKey: 'FLP', ...currency });
  for (const code of ['FUEL', 'TAXI']) {
    const brand = coalition.brands[code].freshToken;
    const prices = {
      issuancePrice: { amount: '0.01', currency: 'EUR' },
      reimbursementPrice: { amount: '0.008', currency: 'EUR' },
      openingPrice: { amount: '0.0025', currency: 'EUR' },
    };
    const terms = {
      idempotencyKey: `terms ${code}`,
      currency: 'FLP',
      effectiveFrom: LONG_AGO,
      mayIssue: true,
      mayRedeem: true,
      backdatingDays: 3650,
      ...prices,
    };
    const { id } = await run(brand, 'proposeTerms', 'ProposeTermsInput', '... on Terms { id }', terms);
    await run(operator, 'countersignTerms', 'DecideTermsInput', '... on Terms { id }', { termsId: id });
    const rule = { idempotencyKey: `rule ${code}`, currency: 'FLP', moneyCurrency: 'EUR', effectiveFrom: LONG_AGO };
    await run(brand, 'setEarningRule', 'SetEarningRuleInput', '... on EarningRule { id }', { ...rule, pointsPerUnit: 1, excludedSkus: ['GIFTCARD'] });
    const limits = { minimum: 10, step: 10, maximum: 5_000, share: { numerator: 1, denominator: 2 } };
    const redemption = { ...rule, idempotencyKey: `redemption ${code}`, pointsPerUnit: 100, ...limits };
    await run(brand, 'setRedemptionRule', 'SetRedemptionRuleInput', '... on RedemptionRule { id }', redemption);
  }
  return pointsApiOf(test, api, coalition);
}

/** The same as another app over a clone of its database has it. */
export async function reopenPointsApi(coalition: TestCoalition, options: TestAppOptions): Promise<PointsApi> {
  const { test, api } = await openTestApi(options);
  return pointsApiOf(test, api, refoundTestCoalition(test, coalition));
}

async function openTestApi(options: TestAppOptions): Promise<{ test: TestApp; api: TestApi }> {
  const test = await createTestApp({ ...options, variables: { TESSERA_LOCAL_ISSUER: 'true', ...options.variables } });
  return { test, api: await openApi(test) };
}

function pointsApiOf(test: TestApp, api: TestApi, coalition: TestCoalition): PointsApi {
  return {
    test,
    api,
    coalition,
    fuel: coalition.brands.FUEL.freshToken,
    taxi: coalition.brands.TAXI.freshToken,
    async close() {
      await api.close();
      await test.close();
    },
  };
}
