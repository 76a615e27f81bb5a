import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { expirePoints } from '../../../src/programme/expiry/expire-points';
import { giveNotices } from '../../../src/programme/expiry/give-notices';
import { bindLogin } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { uuidIn } from '../../support/shown-ids';

let points: PointsApi;
beforeAll(async () => {
  points = await openPointsApi();
});
afterAll(() => points.close());

const REFUSAL = '... on Refusal { code message ... on AwardCancelled { deadline } }';

async function run(token: () => Promise<string>, query: string, variables: Record<string, unknown> = {}) {
  const { data, errors } = await points.api.ask(token, query, variables);
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data)[0] as Record<string, never>;
}

it('takes a currency that slides through pending points, their confirmation, notices and expiry', async () => {
  const { coalition, fuel, test } = points;
  const operator = coalition.freshOperatorToken;
  const policy = {
    name: 'Sliding',
    scale: 0,
    timeZone: 'Europe/Berlin',
    clearingModel: 'OPERATOR',
    settlementCurrency: 'EUR',
    expiry: { kind: 'SLIDING', months: 3 },
  };
  const currency = await run(
    operator,
    'mutation ($input: CreatePointCurrencyInput!) { createPointCurrency(input: $input) { ... on PointCurrency { code noticeDays expiry { kind months rounding } } } }',
    { input: { idempotencyKey: 'SLD', code: 'SLD', ...policy } },
  );
  expect(currency).toEqual({ code: 'SLD', noticeDays: [60, 30, 7], expiry: { kind: 'SLIDING', months: 3, rounding: null } });
  const set = 'mutation ($days: [Int!]!) { setExpiryNotices(input: { currency: "SLD", days: $days, reason: "fewer" }) { noticeDays } }';
  expect(await run(operator, set, { days: [3, 14] })).toEqual({ noticeDays: [14, 3] });
  expect((await points.api.ask(operator, set, { days: [0] })).errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.days.0' });
  expect((await points.api.ask(fuel, set, { days: [1] })).errors?.[0].extensions.code).toBe('FORBIDDEN');

  const terms = { currency: 'SLD', effectiveFrom: '2025-01-01T00:00:00Z', mayIssue: true, mayRedeem: true, backdatingDays: 3650 };
  const prices = { issuancePrice: { amount: '0.01', currency: 'EUR' }, reimbursementPrice: { amount: '0.008', currency: 'EUR' } };
  const proposed = await run(fuel, 'mutation ($input: ProposeTermsInput!) { proposeTerms(input: $input) { ... on Terms { id } } }', {
    input: { idempotencyKey: 'SLD terms', ...terms, ...prices },
  });
  await run(operator, 'mutation ($id: ID!) { countersignTerms(input: { termsId: $id }) { __typename } }', { id: proposed.id });
  const setRule = `mutation ($input: SetEarningRuleInput!) { setEarningRule(input: $input) { ... on EarningRule { availability { kind days date } } ${REFUSAL} } }`;
  const rule = { idempotencyKey: 'SLD rule', currency: 'SLD', moneyCurrency: 'EUR', pointsPerUnit: 1, effectiveFrom: '2025-01-01T00:00:00Z' };
  const wrong = await points.api.ask(fuel, setRule, { input: { ...rule, availability: { kind: 'ON_EVENT' } } });
  expect(wrong.errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.availability.days' });
  expect(await run(fuel, setRule, { input: { ...rule, availability: { kind: 'ON_EVENT', days: 5 } } })).toEqual({
    availability: { kind: 'ON_EVENT', days: 5, date: null },
  });

  const enrol =
    'mutation { enrolMember(input: { idempotencyKey: "ana", customerId: "ana", identifiers: [{ kind: CARD, value: "ana" }] }) { ... on Member { id } } }';
  const memberId = test.app.keys.fromPairwise('member', coalition.brands.FUEL.id, uuidIn((await run(fuel, enrol)).id));
  const ana = () => mintLocalLogin(test.app, 'ana');
  await bindLogin(test.app, coalition.operator, memberId, await ana());
  const buy = async (key: string, unitPrice: string) =>
    run(
      fuel,
      'mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { purchaseId availableOn confirmBy expiresOn balance { pending active } } } }',
      { input: { idempotencyKey: key, member: { customerId: 'ana' }, currency: 'SLD', moneyCurrency: 'EUR', lines: [{ sku: 'a', quantity: '1', unitPrice }] } },
    );
  const [kept, lost] = [await buy('kept', '100'), await buy('lost', '40')];
  expect(kept).toMatchObject({ availableOn: null, confirmBy: '2026-03-20', expiresOn: null, balance: { pending: null, active: 0 } });
  const confirm = `mutation ($id: ID!, $key: String!) { confirmPurchase(input: { idempotencyKey: $key, purchaseId: $id }) {
    ... on ConfirmedPurchase { points expiresOn duplicate balance { pending active } } ${REFUSAL} } }`;
  expect(await run(fuel, confirm, { id: kept.purchaseId, key: 'confirm' })).toEqual({
    ...{ points: 100, expiresOn: null, duplicate: false },
    balance: { pending: null, active: 100 },
  });
  const award = 'query ($id: ID!) { purchase(id: $id) { award { state availableOn confirmBy } } }';
  expect(await run(fuel, award, { id: lost.purchaseId })).toEqual({ award: { state: 'PENDING', availableOn: null, confirmBy: '2026-03-20' } });

  const wallet = `query { me { wallet {
    balances { currency active pending arrears nextExpiries { on points } pendingPoints { points availableOn confirmBy } }
    expiring(within: 100) { currency on points } arrears { points left } } } }`;
  expect((await run(ana, wallet)).wallet).toEqual({
    balances: [
      {
        ...{ currency: 'SLD', active: 100, pending: 40, arrears: 0, nextExpiries: [{ on: '2026-06-15', points: 100 }] },
        pendingPoints: [{ points: 40, availableOn: null, confirmBy: '2026-03-20' }],
      },
    ],
    expiring: [{ currency: 'SLD', on: '2026-06-15', points: 100 }],
    arrears: [],
  });

  test.clock.set(new Date('2026-06-02T12:00:00Z'));
  expect(await run(fuel, confirm, { id: lost.purchaseId, key: 'too late' })).toMatchObject({ code: 'AWARD_CANCELLED', deadline: '2026-03-20' });
  expect(await run(fuel, award, { id: lost.purchaseId })).toMatchObject({ award: { state: 'CANCELLED' } });
  expect(await giveNotices(test.app)).toBe(1);
  const notices = `query ($member: ID) { expiryNotices(memberId: $member) { edges { node { memberId currency points on days toldAt } } pageInfo { hasNextPage } } }`;
  const { id } = await run(ana, '{ me { id } }');
  const node = { memberId: id, currency: 'SLD', points: 100, on: '2026-06-15', days: 14, toldAt: '2026-06-02T12:00:00.000Z' };
  expect(await run(ana, notices)).toEqual({ edges: [{ node }], pageInfo: { hasNextPage: false } });
  expect(await run(ana, notices, { member: id })).toEqual({ edges: [{ node }], pageInfo: { hasNextPage: false } });
  expect(await run(fuel, notices)).toEqual({ edges: [], pageInfo: { hasNextPage: false } });

  test.clock.set(new Date('2026-06-15T12:00:00Z'));
  expect((await run(ana, wallet)).wallet).toMatchObject({ balances: [{ active: 0, pending: 0, nextExpiries: [], pendingPoints: [] }], expiring: [] });
  await expirePoints(test.app);
  const movements = 'query { member(ref: { customerId: "ana" }) { wallet { movements(currency: "SLD") { edges { node { kind points } } } } } }';
  // A brand sees what it asked for itself; expiry is the coalition's.
  expect((await run(fuel, movements)).wallet).toEqual({
    movements: { edges: [{ node: { kind: 'EARN', points: 40 } }, { node: { kind: 'EARN', points: 100 } }] },
  });
});
