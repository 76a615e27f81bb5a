import type { Answer } from '../../support/api';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { askFor, basket, CAPTURE, ENROL, HOLD, MEMBER, newKey, PURCHASE, REDEEM, REFUND, RETURN, spending } from './points-documents';

let open: PointsApi;

beforeAll(async () => {
  open = await openPointsApi();
});
afterAll(() => open?.close());

const ask = (token: () => Promise<string>, query: string, input: object) => askFor(open, token, query, input);

test('a tour: earn at one brand, see it, hold and capture at another, refund, return', async () => {
  const { fuel, taxi } = open;
  const card = { identifier: { kind: 'CARD', value: '4000 1' } };
  const enrolled = await ask(fuel, ENROL, { idempotencyKey: newKey(), customerId: 'ana', identifiers: [card.identifier], personalData: { givenName: 'Ana' } });
  expect(enrolled).toMatchObject({ __typename: 'Member', id: expect.stringMatching(/^mem_[0-9a-f]{32}$/), wallet: { id: expect.stringMatching(/^wal_/) } });
  const bought = await ask(fuel, PURCHASE, basket({ customerId: 'ana' }, '1000.99'));
  expect(bought).toMatchObject({ points: 1_000, amount: '1000.990000000', leftOut: [], duplicate: false, balance: { active: 1_000, spendable: 1_000 } });
  const hold = await ask(taxi, HOLD, spending(card, 600));
  expect(hold).toMatchObject({ expiresAt: '2026-03-22T12:00:00.000Z', balance: { active: 400, held: null } });
  const captured = await ask(taxi, CAPTURE, { idempotencyKey: newKey(), redemptionId: hold.redemptionId, points: 500 });
  expect(captured).toMatchObject({
    points: 500,
    released: 100,
    value: { amount: '5.000000', currency: 'EUR' },
    redemptionId: hold.redemptionId,
    balance: { active: 500 },
  });
  expect(await ask(taxi, REFUND, { idempotencyKey: newKey(), redemptionId: hold.redemptionId, points: 100 })).toMatchObject({
    points: 100,
    balance: null,
  });
  const returned = await ask(fuel, RETURN, { idempotencyKey: newKey(), purchaseId: bought.purchaseId, lines: [{ lineNo: 1, quantity: '0.2' }] });
  expect(returned).toMatchObject({
    clawedBack: 200,
    lines: [{ lineNo: 1, quantity: '0.200', left: '0.800' }],
    purchaseId: bought.purchaseId,
    balance: { active: 400 },
  });
  const seen = await open.api.ask(fuel, MEMBER, { ref: { customerId: 'ana' } });
  expect(seen.errors).toBeUndefined();
  expect(seen.data.member).toMatchObject({
    id: enrolled.id,
    personalData: null,
    wallet: { balances: [{ currency: 'FLP', active: 400, held: null, nextExpiries: [] }], holds: [] },
  });
  expect(seen.data.member.wallet.movements.edges.map(({ node }: Answer) => [node.kind, node.points, node.balanceAfter])).toEqual([
    ['CLAWBACK', -200, null],
    ['EARN', 1_000, null],
  ]);
  // The same member has another id at another brand.
  const atTaxi = await open.api.ask(taxi, MEMBER, { ref: card });
  expect(atTaxi.data.member.id).not.toBe(enrolled.id);
  expect(atTaxi.data.member.wallet.movements.edges.map(({ node }: Answer) => node.kind)).toEqual(['REFUND', 'CAPTURE']);
});

test('a member in a session made by a brand sees what happened at that brand, without a running balance', async () => {
  const { fuel, taxi, api } = open;
  const card = { identifier: { kind: 'CARD', value: '4000 session' } };
  const { id } = await ask(fuel, ENROL, { idempotencyKey: newKey(), identifiers: [card.identifier], personalData: { givenName: 'Bo' } });
  await ask(fuel, PURCHASE, basket({ id }, '40'));
  await ask(fuel, PURCHASE, basket({ id }, '2'));
  await ask(taxi, PURCHASE, basket(card, '7'));
  const { data } = await api.ask(fuel, 'mutation ($id: ID!) { createMemberSession(input: { memberId: $id }) { token } }', { id });
  const me = async (fields: string) => (await api.ask(data.createMemberSession.token, `{ me { ${fields} } }`)).data.me;
  expect(
    await me(
      'personalData { givenName } wallet { movements(currency: "FLP", first: 1) { edges { node { points balanceAfter } } pageInfo { endCursor hasNextPage } } }',
    ),
  ).toMatchObject({
    // The brand holds the session, and may not read them.
    personalData: null,
    wallet: { movements: { edges: [{ node: { points: 2, balanceAfter: null } }], pageInfo: { hasNextPage: true } } },
  });
  const first = await me('wallet { movements(currency: "FLP", first: 1) { pageInfo { endCursor } } }');
  const after = first.wallet.movements.pageInfo.endCursor;
  expect(
    await me(`wallet { movements(currency: "FLP", first: 1, after: "${after}") { edges { node { points balanceAfter } } pageInfo { hasNextPage } } }`),
  ).toEqual({
    wallet: { movements: { edges: [{ node: { points: 40, balanceAfter: null } }], pageInfo: { hasNextPage: false } } },
  });
});

test('purchases, redemptions and rules can be looked at afterwards', async () => {
  const { fuel, taxi, api } = open;
  const { id } = await ask(fuel, ENROL, { idempotencyKey: newKey() });
  await ask(fuel, PURCHASE, basket({ id }, '1000'));
  const { redemptionId } = await ask(fuel, REDEEM, spending({ id }, 200));
  const lines = [
    { sku: 'MUG', quantity: '4', unitPrice: '2.5' },
    { sku: 'GIFTCARD', quantity: '1', unitPrice: '10' },
  ];
  const { purchaseId } = await ask(fuel, PURCHASE, basket({ id }, '0', { lines, redemptionIds: [redemptionId], reference: 'R 1' }));
  const { returnId } = await ask(fuel, RETURN, { idempotencyKey: newKey(), purchaseId, lines: [{ lineNo: 1, quantity: '1' }] });
  const PURCHASE_OF = `query ($id: ID!) { purchase(id: $id) { id memberId currency points amount eligibleAmount paidWithPoints reference redemptionIds
    lines { lineNo sku quantity returned unitPrice exclusion } returns { id clawedBack reinstated } } }`;
  expect((await api.ask(fuel, PURCHASE_OF, { id: purchaseId })).data.purchase).toEqual({
    ...{
      id: purchaseId,
      memberId: id,
      currency: 'FLP',
      points: 10,
      amount: '20.000000000',
      eligibleAmount: '10.000000000',
      paidWithPoints: '2.000000000',
      reference: 'R 1',
    },
    redemptionIds: [redemptionId],
    lines: [
      { lineNo: 1, sku: 'MUG', quantity: '4.000', returned: '1.000', unitPrice: '2.500000', exclusion: null },
      { lineNo: 2, sku: 'GIFTCARD', quantity: '1.000', returned: '0.000', unitPrice: '10.000000', exclusion: 'SKU_EXCLUDED' },
    ],
    returns: [{ id: returnId, clawedBack: 3, reinstated: 0 }],
  });
  expect(await ask(fuel, REFUND, { idempotencyKey: newKey(), redemptionId, points: 50 })).toMatchObject({ code: 'REDEMPTION_USED', retrySafe: false });
  const { redemptionId: refunded } = await ask(fuel, REDEEM, spending({ id }, 200));
  await ask(fuel, REFUND, { idempotencyKey: newKey(), redemptionId: refunded, points: 50 });
  const REDEMPTION_OF = 'query ($id: ID!) { redemption(id: $id) { id memberId state points spent refunded value { amount currency } expiresAt } }';
  expect((await api.ask(fuel, REDEMPTION_OF, { id: refunded })).data.redemption).toEqual({
    ...{
      id: refunded,
      memberId: id,
      state: 'SPENT',
      points: 200,
      spent: 200,
      refunded: 50,
      value: { amount: '2.000000', currency: 'EUR' },
      expiresAt: null,
    },
  });
  const hold = await ask(fuel, HOLD, spending({ id }, 100));
  expect((await api.ask(fuel, REDEMPTION_OF, { id: hold.redemptionId })).data.redemption).toMatchObject({ state: 'HELD', spent: 0 });
  for (const [query, shown] of [
    [PURCHASE_OF, purchaseId],
    [REDEMPTION_OF, redemptionId],
  ])
    expect((await api.ask(taxi, query, { id: shown })).errors?.[0].extensions).toEqual({ code: 'NOT_FOUND' });
  const rules =
    '{ earningRules(currency: "FLP") { edges { node { version pointsPerUnit excludedSkus } } } redemptionRules(currency: "FLP", first: 1) { edges { node { version minimum share { denominator } } } } }';
  expect((await api.ask(fuel, rules)).data).toEqual({
    earningRules: { edges: [{ node: { version: 1, pointsPerUnit: 1, excludedSkus: ['GIFTCARD'] } }] },
    redemptionRules: { edges: [{ node: { version: 1, minimum: 10, share: { denominator: 2 } } }] },
  });
});

test('a receipt with a total, a voucher, empties and tax; money back without goods; points beyond the basket', async () => {
  const { fuel, api } = open;
  const { id } = await ask(fuel, ENROL, { idempotencyKey: newKey() });
  await ask(fuel, PURCHASE, basket({ id }, '1000'));
  const lines = [
    { sku: 'CHEESE', quantity: '3', amount: '10', tax: '2' },
    { sku: 'VOUCHER', quantity: '1', unitPrice: '-1', kind: 'DISCOUNT' },
    { sku: 'EMPTIES', quantity: '10', unitPrice: '-0.08', kind: 'DEPOSIT' },
  ];
  const { redemptionId } = await ask(fuel, REDEEM, spending({ id }, 600));
  const sent = basket({ id }, '0', { lines, redemptionIds: [redemptionId] });
  const REFUNDS = PURCHASE.replace('... on Refusal', '... on RedemptionMismatch { mostPoints refunds { redemptionId points } } ... on Refusal');
  // Half of 10.20 in steps of 10.
  expect(await ask(fuel, REFUNDS, sent)).toMatchObject({
    code: 'REDEMPTION_MISMATCH',
    retrySafe: true,
    mostPoints: 510,
    refunds: [{ redemptionId, points: 90 }],
  });
  await ask(fuel, REFUND, { idempotencyKey: newKey(), redemptionId, points: 90 });
  const { purchaseId, ...bought } = await ask(fuel, PURCHASE, sent);
  expect(bought).toMatchObject({ points: 5, amount: '10.200000000', paidWithPoints: '5.100000000', duplicate: false });
  const off = { idempotencyKey: newKey(), purchaseId, lines: [{ sku: 'CHEESE', amount: '1.1' }] };
  expect(await ask(fuel, RETURN, off)).toMatchObject({
    amountLeft: '9.100000000',
    moneyBack: '1.100000000',
    lines: [{ lineNo: 1, quantity: '0.000', left: '3.000' }],
  });
  const LINES = 'query ($id: ID!) { purchase(id: $id) { lines { sku kind unitPrice amount discount tax reduced } returns { moneyBack } } }';
  const { purchase } = (await api.ask(fuel, LINES, { id: purchaseId })).data;
  expect(purchase.lines).toEqual([
    { sku: 'CHEESE', kind: 'GOODS', unitPrice: null, amount: '10.000000000', discount: '1.000000000', tax: '2.000000000', reduced: '1.100000000' },
    { sku: 'VOUCHER', kind: 'DISCOUNT', unitPrice: '-1.000000', amount: '-1.000000000', discount: '0.000000000', tax: '0.000000000', reduced: '0.000000000' },
    { sku: 'EMPTIES', kind: 'DEPOSIT', unitPrice: '-0.080000', amount: '-0.800000000', discount: '0.000000000', tax: '0.000000000', reduced: '0.000000000' },
  ]);
  expect(purchase.returns).toEqual([{ moneyBack: '1.100000000' }]);
});

test('a rule by which nothing is earned says 0 points a unit', async () => {
  const SET = 'mutation ($input: SetEarningRuleInput!) { setEarningRule(input: $input) { ... on EarningRule { pointsPerUnit fullSteps { points } } } }';
  const rule = { idempotencyKey: newKey(), currency: 'FLP', moneyCurrency: 'CHF', pointsPerUnit: 0, effectiveFrom: '2026-01-01T00:00:00Z' };
  const { data, errors } = await open.api.ask(open.fuel, SET, { input: rule });
  expect(errors).toBeUndefined();
  expect(data.setEarningRule).toEqual({ pointsPerUnit: 0, fullSteps: null });
});
