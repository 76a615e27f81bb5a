import { randomUUID } from 'node:crypto';
import { GraphQLClient } from './graphql-client';
import type { HttpClient } from './http-client';
import { BRAND_CODES, type BrandCode } from './member-events';
import { type Answer, accepted, REFUSAL } from './refusals';
import type { StateFile } from './state-file';
import { clientTokens, UnknownClient } from './tokens';

export type Model = 'operator' | 'issuer';

/** The replay under one clearing model has a points currency of its own, so that both can run on one platform. */
export const CURRENCIES: Record<Model, string> = { operator: 'FLP', issuer: 'FLPI' };
export const MONEY = 'GBP';

const START = '2010-12-01T00:00:00Z';
/** The longest that terms may say: the file is from 2010. */
const BACKDATING_DAYS = 36_500;
const SCOPES = ['admin', 'catalogue', 'members', 'purchases', 'redemptions', 'statements'];

export interface Coalition {
  readonly operator: GraphQLClient;
  readonly brands: ReadonlyMap<BrandCode, GraphQLClient>;
  readonly brandIds: ReadonlyMap<BrandCode, string>;
}

/** Makes what is not there yet: currency, brands, their API clients, countersigned terms and rules. */
export async function setUpCoalition(http: HttpClient, operator: GraphQLClient, state: StateFile, model: Model): Promise<Coalition> {
  const currency = CURRENCIES[model];
  const brandIds = await findOrCreateBrands(operator);
  await createCurrency(operator, currency, model);
  const brands = new Map<BrandCode, GraphQLClient>();
  for (const code of BRAND_CODES) {
    const brandId = brandIds.get(code) as string;
    const brand = await brandClient(http, operator, state, code, brandId);
    await agreeTerms(operator, brand, currency, code, brandId);
    await setRules(brand, currency, code);
    brands.set(code, brand);
  }
  return { operator, brands, brandIds };
}

interface Brands {
  readonly brands: {
    readonly edges: { readonly node: { readonly id: string; readonly code: string } }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

async function findOrCreateBrands(operator: GraphQLClient): Promise<Map<BrandCode, string>> {
  const ids = new Map<BrandCode, string>();
  for (let after: string | null = null; ; ) {
    const { brands }: Brands = await operator.run<Brands>(
      'query Brands($after: String) { brands(first: 100, after: $after) { edges { node { id code } } pageInfo { hasNextPage endCursor } } }',
      { after },
    );
    for (const { node } of brands.edges) if ((BRAND_CODES as readonly string[]).includes(node.code)) ids.set(node.code as BrandCode, node.id);
    if (!brands.pageInfo.hasNextPage) break;
    after = brands.pageInfo.endCursor;
  }
  for (const code of BRAND_CODES) {
    if (ids.has(code)) continue;
    const name = `${code[0]}${code.slice(1).toLowerCase()} (online retail)`;
    // Its customers show a card at every brand, and spend as much as they like.
    const input = { idempotencyKey: `online-retail/brand/${code}`, code, name, country: 'GB', cardOnlyPerDay: null };
    const { createBrand } = await operator.run<{ createBrand: Answer<{ id: string }> }>(
      `mutation CreateBrand($input: CreateBrandInput!) { createBrand(input: $input) { __typename ... on Brand { id } ${REFUSAL} } }`,
      { input },
    );
    ids.set(code, accepted(createBrand, `brand ${code}`).id);
  }
  return ids;
}

async function createCurrency(operator: GraphQLClient, code: string, model: Model): Promise<void> {
  const input = {
    idempotencyKey: `online-retail/currency/${code}`,
    code,
    name: `Online retail points, ${model} model`,
    scale: 0,
    timeZone: 'UTC',
    clearingModel: model.toUpperCase(),
    settlementCurrency: MONEY,
    expiry: { kind: 'NONE' },
  };
  const { createPointCurrency } = await operator.run<{ createPointCurrency: Answer<{ scale: number }> }>(
    `mutation CreatePointCurrency($input: CreatePointCurrencyInput!) { createPointCurrency(input: $input) { __typename ... on PointCurrency { scale } ${REFUSAL} } }`,
    { input },
  );
  accepted(createPointCurrency, `currency ${code}`);
}

/**
 * The brand's own way in: with credentials of an earlier run where the platform still knows them, else with new ones.
 */
async function brandClient(http: HttpClient, operator: GraphQLClient, state: StateFile, code: BrandCode, brandId: string): Promise<GraphQLClient> {
  const kept = state.credentials(code);
  if (kept) {
    const tokens = clientTokens(http, kept);
    try {
      await tokens(false);
      return new GraphQLClient(http, tokens);
    } catch (error) {
      if (!(error instanceof UnknownClient)) throw error;
    }
  }
  const input = { idempotencyKey: `online-retail/client/${randomUUID()}`, brandId, name: 'Online retail replay', scopes: SCOPES };
  const { createApiClient } = await operator.run<{ createApiClient: Answer<{ client: { id: string }; secret: string }> }>(
    `mutation CreateApiClient($input: CreateApiClientInput!) { createApiClient(input: $input) { __typename ... on ApiClientWithSecret { client { id } secret } ${REFUSAL} } }`,
    { input },
  );
  const { client, secret } = accepted(createApiClient, `API client of ${code}`);
  const credentials = { clientId: client.id, secret };
  state.keep(code, credentials);
  return new GraphQLClient(http, clientTokens(http, credentials));
}

async function agreeTerms(operator: GraphQLClient, brand: GraphQLClient, currency: string, code: BrandCode, brandId: string): Promise<void> {
  const input = {
    idempotencyKey: `online-retail/terms/${currency}/${code}`,
    withBrandId: brandId,
    currency,
    effectiveFrom: START,
    mayIssue: true,
    mayRedeem: true,
    issuancePrice: { amount: '0.010000', currency: MONEY },
    reimbursementPrice: { amount: '0.008000', currency: MONEY },
    backdatingDays: BACKDATING_DAYS,
  };
  const { proposeTerms } = await operator.run<{ proposeTerms: Answer<{ id: string }> }>(
    `mutation ProposeTerms($input: ProposeTermsInput!) { proposeTerms(input: $input) { __typename ... on Terms { id } ${REFUSAL} } }`,
    { input },
  );
  const termsId = accepted(proposeTerms, `terms of ${code}`).id;
  const { countersignTerms } = await brand.run<{ countersignTerms: Answer<{ status: string }> }>(
    `mutation CountersignTerms($input: DecideTermsInput!) { countersignTerms(input: $input) { __typename ... on Terms { status } ${REFUSAL} } }`,
    { input: { termsId } },
  );
  accepted(countersignTerms, `countersignature of ${code}`);
}

/** One point a whole GBP, twice at HEARTH; 100 points pay 1 GBP of at most half a purchase. */
async function setRules(brand: GraphQLClient, currency: string, code: BrandCode): Promise<void> {
  const common = { currency, moneyCurrency: MONEY, effectiveFrom: START };
  const earning = {
    ...common,
    idempotencyKey: `online-retail/earning/${currency}/${code}`,
    pointsPerUnit: 1,
    multiplier: { numerator: code === 'HEARTH' ? 2 : 1, denominator: 1 },
  };
  const { setEarningRule } = await brand.run<{ setEarningRule: Answer<{ id: string }> }>(
    `mutation SetEarningRule($input: SetEarningRuleInput!) { setEarningRule(input: $input) { __typename ... on EarningRule { id } ${REFUSAL} } }`,
    { input: earning },
  );
  accepted(setEarningRule, `earning rule of ${code}`);
  const redemption = {
    ...common,
    idempotencyKey: `online-retail/redemption/${currency}/${code}`,
    pointsPerUnit: 100,
    minimum: 100,
    step: 100,
    share: { numerator: 1, denominator: 2 },
  };
  const { setRedemptionRule } = await brand.run<{ setRedemptionRule: Answer<{ id: string }> }>(
    `mutation SetRedemptionRule($input: SetRedemptionRuleInput!) { setRedemptionRule(input: $input) { __typename ... on RedemptionRule { id } ${REFUSAL} } }`,
    { input: redemption },
  );
  accepted(setRedemptionRule, `redemption rule of ${code}`);
}
