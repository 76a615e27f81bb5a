import { buildSchema } from 'graphql';
import { guardDisclosures } from '../../../src/api/server/guard-disclosures';
import { localIssuer, mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { confirmLink } from '../../../src/members/links/confirm-link';
import type { Disclosure } from '../../../src/platform/disclosure';
import { giveNotices } from '../../../src/programme/expiry/give-notices';
import type { Answer } from '../../support/api';
import { addAcceptedStaff, bindLogin } from '../../support/logins';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { uuidIn } from '../../support/shown-ids';

type Token = () => Promise<string>;
const REFUSAL = '... on Refusal { code message }';
const CARD = { kind: 'CARD', value: '4000 disclosed' };
const MEMBER = 'member(ref: { identifier: { kind: CARD, value: "4000 disclosed" } })';
const LONG_AGO = '2025-01-01T00:00:00Z';

let open: PointsApi;
const mint = (subject: string) => () => mintLocalLogin(open.test.app, subject);
const minted = async () => (await mutate(open.fuel, 'createMemberSession', '{ token }', { memberId: ana })).token;
/** The member's id as FUEL knows it. */
let ana: string;

/** Who asks, and for what member. */
const ASKERS: Readonly<Record<string, { readonly token: Token; readonly query: string; readonly isBrand: boolean }>> = {
  'a client': { token: () => open.fuel(), query: 'member(ref: { customerId: "ana" })', isBrand: true },
  'staff of a brand': { token: () => mint('fuel support')(), query: MEMBER, isBrand: true },
  'a session that a brand minted': { token: () => minted(), query: 'me', isBrand: true },
  'the member with a login': { token: () => mint('ana')(), query: 'me', isBrand: false },
  "the operator's staff": { token: () => open.coalition.freshOperatorToken(), query: MEMBER, isBrand: false },
};

async function ask(token: Token, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { data, errors } = await open.api.ask(token, query, variables);
  const answer = data && Object.values<Answer>(data)[0];
  if (errors || answer?.code) throw new Error(JSON.stringify(errors ?? answer));
  return answer;
}

/** The mutation's answer; `fields` with the type that it is on, if the mutation can refuse. */
function mutate(token: Token, name: string, fields: string, input: object): Promise<Answer> {
  const refusable = fields.startsWith('{') ? fields : `{ ... on ${fields} ${REFUSAL} }`;
  return ask(token, `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) ${refusable} }`, { input });
}

const buy = (token: Token, idempotencyKey: string, unitPrice: string, more: object = {}) =>
  mutate(token, 'recordPurchase', 'RecordedPurchase { purchaseId balance { active pending held spendable } }', {
    ...{ idempotencyKey, member: { customerId: 'ana' }, currency: 'END', moneyCurrency: 'EUR', lines: [{ sku: 'a', quantity: '1', unitPrice }] },
    ...more,
  });

/** A currency whose points wait for FUEL to confirm them, and end three months after the wallet was last active. */
async function currencyThatEnds(): Promise<void> {
  const { fuel, coalition } = open;
  const policy = { scale: 0, timeZone: 'UTC', clearingModel: 'OPERATOR', settlementCurrency: 'EUR', expiry: { kind: 'SLIDING', months: 3 } };
  await mutate(coalition.freshOperatorToken, 'createPointCurrency', 'PointCurrency { name }', {
    idempotencyKey: 'END',
    code: 'END',
    name: 'Ending',
    ...policy,
  });
  const prices = { issuancePrice: { amount: '0.01', currency: 'EUR' }, reimbursementPrice: { amount: '0.008', currency: 'EUR' } };
  const terms = { idempotencyKey: 'END terms', currency: 'END', effectiveFrom: LONG_AGO, mayIssue: true, mayRedeem: true };
  const { id } = await mutate(fuel, 'proposeTerms', 'Terms { id }', { ...terms, ...prices });
  await ask(coalition.freshOperatorToken, 'mutation ($id: ID!) { countersignTerms(input: { termsId: $id }) { __typename } }', { id });
  const rule = { idempotencyKey: 'END rule', currency: 'END', moneyCurrency: 'EUR', effectiveFrom: LONG_AGO, pointsPerUnit: 1 };
  await mutate(fuel, 'setEarningRule', 'EarningRule { id }', { ...rule, availability: { kind: 'ON_EVENT', days: 5 } });
}

/** Ana, enrolled by FUEL, confirmed at TAXI too: 100 points that end, 40 that wait, and a wallet that FUEL locked. */
beforeAll(async () => {
  open = await openPointsApi();
  const { coalition, fuel, taxi, test } = open;
  await currencyThatEnds();
  const enrolment = { idempotencyKey: 'ana', customerId: 'ana', identifiers: [CARD], personalData: { givenName: 'Ana' }, jurisdiction: 'AT' };
  ana = (await mutate(fuel, 'enrolMember', 'Member { id }', enrolment)).id;
  const { purchaseId } = await buy(fuel, 'kept', '100');
  await buy(fuel, 'waiting', '40');
  await mutate(fuel, 'confirmPurchase', 'ConfirmedPurchase { points }', { idempotencyKey: 'confirmed', purchaseId });
  const memberId = test.app.keys.fromPairwise('member', coalition.brands.FUEL.id, uuidIn(ana));
  await bindLogin(test.app, coalition.operator, memberId, await mint('ana')());
  const staff = { issuer: localIssuer(test.app), subject: 'fuel support', role: 'SUPPORT' } as const;
  await addAcceptedStaff(test.app, coalition.operator, { idempotencyKey: 'staff', brandId: coalition.brands.FUEL.id, ...staff });
  await buy(taxi, 'at TAXI', '1', { currency: 'FLP', member: { identifier: CARD } });
  await confirmLink(test.app, { kind: 'member', memberId, brandId: null }, coalition.brands.TAXI.id);
  await ask(minted, 'mutation { lockWallet(input: { reason: "lost my card" }) { id } }');
});
afterAll(() => open?.close());

/** Fields of a member that are not for brands, where to find each in the answer, and what a brand gets instead. */
const WITHHELD: readonly [fields: string, place: string, instead: null | readonly []][] = [
  ['jurisdiction', 'jurisdiction', null],
  ['personalData { givenName }', 'personalData', null],
  ['links { brandId }', 'links', null],
  ['logins { id }', 'logins', null],
  ['wallet { lockReason }', 'wallet.lockReason', null],
  ['wallet { balances { pending } }', 'wallet.balances.0.pending', null],
  ['wallet { balances { held } }', 'wallet.balances.0.held', null],
  ['wallet { balances { nextExpiries { on } } }', 'wallet.balances.0.nextExpiries', []],
  ['wallet { balances { pendingPoints { points } } }', 'wallet.balances.0.pendingPoints', []],
  ['wallet { expiring(within: 400) { on } }', 'wallet.expiring', []],
  ['wallet { movements(currency: "END") { edges { node { balanceAfter } } } }', 'wallet.movements.edges.0.node.balanceAfter', null],
];
const at = (answer: Answer, place: string): Answer => place.split('.').reduce((value, step) => value[step], answer);

describe.each(Object.entries(ASKERS))('%s', (_, { token, query, isBrand }) => {
  it.each(WITHHELD)(isBrand ? 'is not told %s' : 'is told %s', async (fields, place, instead) => {
    const told = at(await ask(token, `{ ${query} { ${fields} } }`), place);
    if (isBrand) expect(told).toEqual(instead);
    else {
      expect(told).not.toBeNull();
      expect(told).not.toEqual([]);
    }
  });

  it('is told what a till needs', async () => {
    const { enrolledAt, wallet } = await ask(token, `{ ${query} { enrolledAt wallet { lockedAt balances { currency active arrears spendable } } } }`);
    expect(enrolledAt).not.toBeNull();
    expect(wallet.lockedAt).not.toBeNull();
    expect(wallet.balances[0]).toEqual({ currency: 'END', active: 100, arrears: 0, spendable: 100 });
  });
});

it('answers a brand that posts without what waits or is held elsewhere, also by alias and in a fragment', async () => {
  const input = {
    idempotencyKey: 'again',
    member: { customerId: 'ana' },
    currency: 'END',
    moneyCurrency: 'EUR',
    lines: [{ sku: 'a', quantity: '1', unitPrice: '0' }],
  };
  const told = await ask(
    open.fuel,
    `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { balance { active waits: pending ...Set } } } }
     fragment Set on Balance { aside: held }`,
    { input },
  );
  expect(told).toEqual({ balance: { active: 100, waits: null, aside: null } });
});

it('tells when the member was enrolled to the brand that did it, and to no other', async () => {
  expect(await ask(open.taxi, `{ ${MEMBER} { enrolledAt wallet { balances { currency } } } }`)).toEqual({
    enrolledAt: null,
    wallet: { balances: [{ currency: 'FLP' }] },
  });
});

it("shows a member's reason to the operator, and not to the brand whose session it was", async () => {
  const reasons = async (token: Token) => {
    const { edges } = await ask(token, '{ auditEntries(first: 100) { edges { node { operation reason } } } }');
    return edges.map(({ node }: Answer) => node).filter(({ operation }: Answer) => operation === 'lockWallet');
  };
  expect(await reasons(open.fuel)).toEqual([{ operation: 'lockWallet', reason: null }]);
  expect(await reasons(open.coalition.freshOperatorToken)).toEqual([{ operation: 'lockWallet', reason: 'lost my card' }]);
});

it('gives notices of points that are about to expire to the member alone', async () => {
  open.test.clock.set(new Date('2026-06-02T12:00:00Z'));
  expect(await giveNotices(open.test.app)).toBe(1);
  const notices = '{ expiryNotices { edges { node { points } } pageInfo { hasNextPage endCursor } } }';
  expect(await ask(open.fuel, notices)).toEqual({ edges: [], pageInfo: { hasNextPage: false, endCursor: null } });
  expect((await ask(mint('ana'), notices)).edges).toEqual([{ node: { points: 100 } }]);
});

it('refuses to build what could not be withheld', () => {
  const schema = buildSchema('type Query { thing: Thing, hidden: Hidden } type Thing { wrong: Int!, right: Int, list: [Int!]! } type Hidden { within: Int! }');
  const disclosures = new Map<string, Disclosure>([
    ['Query.thing', 'NOBODY'],
    ['Query.hidden', 'MEMBER'],
    ['Thing.wrong', 'WALLET'],
    ['Thing.right', 'WALLET'],
    ['Thing.list', 'WALLET'],
    ['Hidden.within', 'MEMBER'],
  ]);
  expect(() => guardDisclosures(schema, disclosures)).toThrow(/^Thing\.wrong is not for brands, and must be nullable$/);
});
