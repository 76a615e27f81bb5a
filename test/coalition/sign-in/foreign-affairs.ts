import { randomUUID } from 'node:crypto';
import { createPointCurrency } from '../../../src/coalition/coalition/create-point-currency';
import { countersignTerms } from '../../../src/coalition/coalition/decide-terms';
import { proposeTerms } from '../../../src/coalition/coalition/propose-terms';
import { mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { readLiveSecrets } from '../../../src/coalition/sign-in/list-access';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { microMoney } from '../../../src/ledger/points/amount';
import type { Uuid } from '../../../src/platform/ids';
import { storeConversionRate } from '../../../src/programme/exchange/store-conversion-rate';
import { foundTestCoalition, insertMember, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { addAcceptedStaff } from '../../support/logins';
import { createTestApp, type TestApp } from '../../support/test-app';

/** A coalition in which FUEL has one of everything, and others who have no business with it. */
export interface ForeignAffairs {
  readonly test: TestApp;
  readonly api: TestApi;
  readonly coalition: TestCoalition;
  /** What is FUEL's. */
  readonly owned: Ids;
  /** Ids of nothing. */
  readonly unknown: Ids;
  readonly strangers: Readonly<Record<string, () => Promise<string>>>;
}
export interface Ids {
  readonly brand: string;
  readonly client: string;
  readonly secret: string;
  readonly staff: string;
  readonly partnership: string;
  readonly terms: string;
  readonly proposal: string;
  readonly member: string;
  readonly rate: string;
}

const NOW = new Date('2026-03-15T12:00:00Z');
const show = (prefix: string, id: Uuid) => `${prefix}_${id.replaceAll('-', '')}`;

export async function openForeignAffairs(): Promise<ForeignAffairs> {
  const test = await createTestApp({ now: NOW, variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  const { app } = test;
  const api = await openApi(test);
  const coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
  const { FUEL, TAXI } = coalition.brands;
  const common = { scale: 0, ownerBrandId: null, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'NONE' } } as const;
  for (const code of ['FLP', 'AIR']) await createPointCurrency(app, coalition.operator, { ...common, idempotencyKey: code, code, name: code });
  const terms = {
    withBrandId: null,
    currency: 'FLP',
    mayIssue: true,
    mayRedeem: true,
    issuancePrice: microMoney(10_000n),
    reimbursementPrice: microMoney(8_000n),
    priceCurrency: 'EUR',
    pricesIncludeTax: false,
    arrearsCarrier: 'OPERATOR',
    refundOrder: 'POINTS_LAST',
    backdatingDays: 90,
    paymentDays: 30,
    noticeDays: 30,
    dataSharingPurposes: [],
  } as const;
  const own = { ...terms, dataSharingPurposes: [] };
  const signed = await proposeTerms(app, FUEL.client, { ...own, idempotencyKey: 'terms', effectiveFrom: NOW });
  await countersignTerms(app, coalition.operator, { termsId: signed.id });
  const proposal = await proposeTerms(app, coalition.operator, {
    ...own,
    withBrandId: FUEL.id,
    idempotencyKey: 'proposal',
    effectiveFrom: new Date('2026-06-01T00:00:00Z'),
  });
  const staff = await addAcceptedStaff(app, coalition.operator, {
    idempotencyKey: 'fuel',
    brandId: FUEL.id,
    issuer: localIssuer(app),
    subject: 'fuel',
    role: 'FINANCE',
  });
  await addAcceptedStaff(app, coalition.operator, { idempotencyKey: 'taxi', brandId: TAXI.id, issuer: localIssuer(app), subject: 'taxi', role: 'SUPPORT' });
  const rate = await storeConversionRate(app, coalition.operator, {
    idempotencyKey: 'rate',
    fromCurrency: 'FLP',
    toCurrency: 'AIR',
    numerator: 1n,
    denominator: 2n,
    minimum: 1n,
    increment: 1n,
    fee: 0n,
    effectiveFrom: NOW,
  });
  const [secret] = await readLiveSecrets(app, FUEL.client, [FUEL.clientId]);
  const [ana, ben] = [randomUUID(), randomUUID()];
  await insertMember(test, ana, FUEL.id);
  await insertMember(test, ben, TAXI.id);
  const ids = (of: (uuid: Uuid) => Uuid): Ids => ({
    brand: show('brd', of(FUEL.id)),
    client: show('cli', of(FUEL.clientId)),
    secret: show('sec', of(secret.id)),
    staff: show('stf', of(staff.id)),
    partnership: show('ptn', of(signed.partnershipId)),
    terms: show('trm', of(signed.id)),
    proposal: show('trm', of(proposal.id)),
    // As the strangers' brand would be shown it, so that it decodes to FUEL's member.
    member: show('mem', app.keys.toPairwise('member', TAXI.id, of(ana))),
    rate: show('rat', of(rate.id)),
  });
  return {
    test,
    api,
    coalition,
    owned: ids((id) => id),
    unknown: ids(() => randomUUID()),
    strangers: { client: TAXI.freshToken, staff: () => mintLocalLogin(app, 'taxi'), member: () => mintMemberToken(app, TAXI.id, ben) },
  };
}

const CURRENCY = 'code: "NEW", name: "n", scale: 0, timeZone: "UTC", clearingModel: ISSUER, settlementCurrency: "USD", expiry: { kind: NONE }';
const RATE = 'fromCurrency: "AIR", toCurrency: "FLP", ratio: { numerator: 1, denominator: 1 }, minimum: 1, increment: 1, effectiveFrom: "2027-01-01T00:00:00Z"';

/**
 * Every operation of access, coalition and exchange that takes an id or is not for a brand, with another brand's ids.
 */
export const ATTEMPTS: Readonly<Record<string, (ids: Ids, key: string) => string>> = {
  apiClients: ({ brand }) => `{ apiClients(brandId: "${brand}") { edges { node { id } } } }`,
  staff: ({ brand }) => `{ staff(brandId: "${brand}") { edges { node { id } } } }`,
  partnership: ({ partnership }) => `{ partnership(id: "${partnership}") { id terms { id } history { state } } }`,
  terms: ({ terms }) => `{ terms(id: "${terms}") { id partnership { id } } }`,
  createApiClient: ({ brand }, key) =>
    `mutation { createApiClient(input: { idempotencyKey: "${key}", brandId: "${brand}", name: "n", scopes: [admin] }) { __typename } }`,
  rotateApiClientSecret: ({ client }, key) => `mutation { rotateApiClientSecret(input: { idempotencyKey: "${key}", clientId: "${client}" }) { __typename } }`,
  revokeApiClientSecret: ({ secret }) => `mutation { revokeApiClientSecret(input: { secretId: "${secret}" }) { id } }`,
  disableApiClient: ({ client }) => `mutation { disableApiClient(input: { clientId: "${client}" }) { id } }`,
  addStaff: ({ brand }, key) =>
    `mutation { addStaff(input: { idempotencyKey: "${key}", brandId: "${brand}", issuer: "http://127.0.0.1:0/local-issuer", subject: "s", role: FINANCE }) { __typename } }`,
  removeStaff: ({ staff }) => `mutation { removeStaff(input: { staffId: "${staff}" }) { id } }`,
  createMemberSession: ({ member }) => `mutation { createMemberSession(input: { memberId: "${member}" }) { token } }`,
  createBrand: (_ids, key) => `mutation { createBrand(input: { idempotencyKey: "${key}", code: "NEW", name: "n" }) { __typename } }`,
  updateBrand: ({ brand }) => `mutation { updateBrand(input: { brandId: "${brand}", name: "mine" }) { id } }`,
  suspendBrand: ({ brand }) => `mutation { suspendBrand(input: { brandId: "${brand}" }) { id } }`,
  createPointCurrency: (_ids, key) => `mutation { createPointCurrency(input: { idempotencyKey: "${key}", ${CURRENCY} }) { __typename } }`,
  countersignTerms: ({ proposal }) => `mutation { countersignTerms(input: { termsId: "${proposal}" }) { __typename } }`,
  declineTerms: ({ proposal }) => `mutation { declineTerms(input: { termsId: "${proposal}" }) { __typename } }`,
  suspendPartnership: ({ partnership }) => `mutation { suspendPartnership(input: { partnershipId: "${partnership}" }) { __typename } }`,
  resumePartnership: ({ partnership }) => `mutation { resumePartnership(input: { partnershipId: "${partnership}" }) { __typename } }`,
  endPartnership: ({ partnership }) => `mutation { endPartnership(input: { partnershipId: "${partnership}" }) { __typename } }`,
  storeConversionRate: (_ids, key) => `mutation { storeConversionRate(input: { idempotencyKey: "${key}", ${RATE} }) { __typename } }`,
  importConversionRates: (_ids, key) =>
    `mutation { importConversionRates(input: { idempotencyKey: "${key}", csv: "from,to,ratio_num_to,ratio_den_from,increment_from\\nAIR,FLP,1,1,1", effectiveFrom: "2027-01-01T00:00:00Z" }) { __typename } }`,
  endConversionRate: ({ rate }) => `mutation { endConversionRate(input: { rateId: "${rate}", endsAt: "2027-01-01T00:00:00Z" }) { id } }`,
};

/** Lists that take no id: what of FUEL's a stranger finds in them. */
export async function findInLists({ api, owned }: ForeignAffairs, token: () => Promise<string>): Promise<string[]> {
  const LISTS = [
    '{ apiClients { edges { node { id } } } }',
    '{ staff { edges { node { id } } } }',
    '{ partnerships { edges { node { id terms { id } } } } }',
    '{ auditEntries(first: 100) { edges { node { target brandId } } } }',
  ];
  const bare = Object.values(owned).map((id) => id.slice(4));
  const found: string[] = [];
  for (const list of LISTS) {
    const answer = JSON.stringify(await api.ask(token, list).then(({ data }) => data));
    if (bare.some((id) => answer.includes(id))) found.push(list);
  }
  return found;
}

/** What an attempt came to: the error's code, EMPTY for an empty list, or what it got. */
export async function attempt({ api }: ForeignAffairs, token: () => Promise<string>, source: string): Promise<string> {
  const { data, errors } = await api.ask(token, source);
  if (errors) return errors[0].extensions.code;
  const [answer] = Object.values(data as Record<string, { edges?: unknown[]; __typename?: string }>);
  return answer.edges?.length === 0 ? 'EMPTY' : `GOT ${JSON.stringify(answer)}`;
}

const TABLES = [
  'brand',
  'currency',
  'point_currency',
  'conversion_rate',
  'partnership',
  'partnership_event',
  'terms_version',
  'api_client',
  'api_client_secret',
  'staff',
  'audit_entry',
  'brand_link',
  'coalition_version',
];

/** A fingerprint of everything that could have been written. */
export async function fingerprint({ test }: ForeignAffairs): Promise<string> {
  const sums = TABLES.map((table) => `SELECT '${table}' AS name, md5(string_agg(t::text, ',' ORDER BY t::text)) AS sum FROM ${table} t`);
  const { rows } = await test.database.owner.query(sums.join(' UNION ALL '));
  return JSON.stringify(rows);
}
