import { enrolMember, enrolMemberSchema } from '../../src/members/enrol-members';
import { createTillCode } from '../../src/members/till-code';
import type { Answer } from '../support/api';
import { openPointsApi, type PointsApi } from '../support/points-api';

let open: PointsApi;
let key = 0;

beforeAll(async () => {
  open = await openPointsApi();
});
afterAll(() => open?.close());

const REFUSAL = '... on Refusal { __typename code message retrySafe }';
const BALANCE = 'balance { currency active pending held arrears spendable }';
const ENROL = `mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename ... on Member { id wallet { id } } ${REFUSAL} } }`;
const PURCHASE = `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { __typename
  ... on RecordedPurchase { purchaseId points amount eligibleAmount paidWithPoints leftOut { lineNo reason } expiresOn dryRun duplicate ${BALANCE} } ${REFUSAL} } }`;
const PURCHASES = `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { __typename ... on RecordedPurchase { purchaseId points ${BALANCE} } ${REFUSAL} } }`;
const RETURN = `mutation ($input: RecordReturnInput!) { recordReturn(input: $input) { __typename
  ... on RecordedReturn { returnId purchaseId clawedBack reinstated amountLeft moneyBack lines { lineNo quantity left } ${BALANCE} } ... on ReturnExceedsPurchase { lineNo left } ${REFUSAL} } }`;
const REDEEM = `mutation ($input: RedeemInput!) { redeem(input: $input) { __typename ... on Redemption { redemptionId points value { amount currency } dryRun ${BALANCE} }
  ... on InsufficientPoints { available } ... on BelowMinimum { minimum } ... on NotAStep { step nextIncrement } ... on ShareExceeded { maximum } ${REFUSAL} } }`;
const HOLD = `mutation ($input: HoldInput!) { hold(input: $input) { __typename ... on Redemption { redemptionId expiresAt ${BALANCE} } ${REFUSAL} } }`;
const CAPTURE = `mutation ($input: CaptureHoldInput!) { captureHold(input: $input) { __typename ... on CapturedHold { redemptionId points released value { amount currency } ${BALANCE} }
  ... on CaptureExceedsHold { held } ... on HoldNotOpen { state } ${REFUSAL} } }`;
const VOID = `mutation ($input: VoidHoldInput!) { voidHold(input: $input) { __typename ... on VoidedHold { released ${BALANCE} } ... on HoldNotOpen { state } ${REFUSAL} } }`;
const REFUND = `mutation ($input: RefundRedemptionInput!) { refundRedemption(input: $input) { __typename ... on Refund { points ${BALANCE} } ... on RefundExceedsRedemption { refundable } ${REFUSAL} } }`;
const MEMBER = `query ($ref: MemberRefInput!) { member(ref: $ref) { id enrolledAt personalData { givenName } wallet { id lockedAt balances { currency active held nextExpiries { on points } }
  holds { redemptionId points brandId } movements(currency: "FLP") { edges { node { kind points brandId balanceAfter } } pageInfo { hasNextPage } } } } }`;

const LINK = `mutation ($input: LinkMemberInput!) { linkMember(input: $input) { __typename ... on Member { enrolledAt wallet { balances { active } } } ${REFUSAL} } }`;

type Token = () => Promise<string>;
const ask = async (token: Token, query: string, input: object): Promise<Answer> => {
  const { data, errors } = await open.api.ask(token, query, { input });
  if (errors) return errors[0];
  return Object.values(data)[0];
};
const newKey = () => `key ${++key}`;
const basket = (member: object, unitPrice: string, more: object = {}) => ({
  idempotencyKey: newKey(),
  member,
  currency: 'FLP',
  moneyCurrency: 'EUR',
  lines: [{ sku: 'DIESEL', category: 'fuel', quantity: '1', unitPrice }],
  ...more,
});
const spending = (member: object, points: number, more: object = {}) => ({
  idempotencyKey: newKey(),
  member,
  currency: 'FLP',
  points,
  purchaseAmount: { amount: '100', currency: 'EUR' },
  ...more,
});
/** Rows of everything but stored outcomes. */
const written = async () => {
  const tables = [
    'transfer',
    'hold',
    'lot',
    'allocation',
    'purchase',
    'purchase_line',
    'purchase_return',
    'redemption',
    'member',
    'brand_link',
    'member_identifier',
    'earning_rule',
    'redemption_rule',
  ];
  const { rows } = await open.test.database.owner.query(
    tables.map((table) => `SELECT '${table}' AS name, count(*)::int AS rows FROM ${table}`).join(' UNION ALL '),
  );
  return rows;
};

test('a tour: earn at one brand, see it, hold and capture at another, refund, return', async () => {
  const { fuel, taxi } = open;
  const card = { identifier: { kind: 'CARD', value: '4000 1' } };
  const enrolled = await ask(fuel, ENROL, { idempotencyKey: newKey(), customerId: 'ana', identifiers: [card.identifier], personalData: { givenName: 'Ana' } });
  expect(enrolled).toMatchObject({ __typename: 'Member', id: expect.stringMatching(/^mem_[0-9a-f]{32}$/), wallet: { id: expect.stringMatching(/^wal_/) } });
  const bought = await ask(fuel, PURCHASE, basket({ customerId: 'ana' }, '1000.99'));
  expect(bought).toMatchObject({ points: 1_000, amount: '1000.990000000', leftOut: [], duplicate: false, balance: { active: 1_000, spendable: 1_000 } });
  const hold = await ask(taxi, HOLD, spending(card, 600));
  expect(hold).toMatchObject({ expiresAt: '2026-03-22T12:00:00.000Z', balance: { active: 400, held: 600 } });
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
    wallet: { balances: [{ currency: 'FLP', active: 400, held: 0, nextExpiries: [] }], holds: [] },
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

test('refusals are typed, say what to do, and write nothing', async () => {
  const { fuel, taxi } = open;
  const { id } = await ask(fuel, ENROL, {
    idempotencyKey: newKey(),
    identifiers: [
      { kind: 'PHONE', value: '+43 1 234' },
      { kind: 'CARD', value: '4000 0001' },
    ],
  });
  const bought = await ask(fuel, PURCHASE, basket({ id }, '1000'));
  const hold = await ask(fuel, HOLD, spending({ id }, 100));
  const burned = await ask(fuel, REDEEM, spending({ id }, 100));
  const phone = { identifier: { kind: 'PHONE', value: '+43-1-234' } };
  const card = { identifier: { kind: 'CARD', value: '40000001' } };
  await ask(taxi, PURCHASE, basket(phone, '1'));
  expect(await ask(fuel, LINK, { member: phone, customerId: 'by a number' })).toMatchObject({
    __typename: 'Member',
    enrolledAt: null,
    wallet: { balances: null },
  });
  const before = await written();
  const capture = (more: object) => ({ idempotencyKey: newKey(), redemptionId: hold.redemptionId, ...more });
  expect(await ask(taxi, REDEEM, spending(card, 900, { purchaseAmount: { amount: '1000', currency: 'EUR' } }))).toMatchObject({
    __typename: 'InsufficientPoints',
    available: 801,
    retrySafe: false,
  });
  expect(await ask(taxi, REDEEM, spending(card, 1_010, { purchaseAmount: { amount: '1000', currency: 'EUR' } }))).toMatchObject({
    __typename: 'CardLimitReached',
    retrySafe: true,
  });
  expect(await ask(taxi, REDEEM, spending(phone, 10))).toMatchObject({ __typename: 'NumberIsNoProof', retrySafe: false });
  expect(await ask(taxi, REDEEM, spending(card, 5))).toMatchObject({ __typename: 'BelowMinimum', minimum: 10 });
  expect(await ask(taxi, REDEEM, spending(card, 15))).toMatchObject({ __typename: 'NotAStep', step: 10, nextIncrement: 20 });
  expect(await ask(taxi, REDEEM, spending(card, 60, { purchaseAmount: { amount: '1.01', currency: 'EUR' } }))).toMatchObject({
    __typename: 'ShareExceeded',
    maximum: 50,
  });
  expect(await ask(taxi, REDEEM, spending(card, 60, { purchaseAmount: null }))).toMatchObject({ __typename: 'PurchaseAmountRequired' });
  expect(await ask(fuel, CAPTURE, capture({ points: 101 }))).toMatchObject({ __typename: 'CaptureExceedsHold', held: 100 });
  expect(await ask(fuel, CAPTURE, capture({ redemptionId: burned.redemptionId }))).toMatchObject({ __typename: 'HoldNotOpen', state: 'BURNED' });
  expect(await ask(fuel, REFUND, capture({ redemptionId: burned.redemptionId, points: 101 }))).toMatchObject({
    __typename: 'RefundExceedsRedemption',
    refundable: 100,
  });
  expect(await ask(fuel, RETURN, { idempotencyKey: newKey(), purchaseId: bought.purchaseId, lines: [{ sku: 'DIESEL', quantity: '2' }] })).toMatchObject({
    __typename: 'ReturnExceedsPurchase',
    lineNo: null,
    left: '1.000',
  });
  expect(await ask(fuel, PURCHASE, basket({ id }, '1', { occurredAt: '2024-12-31T23:59:59Z' }))).toMatchObject({ __typename: 'TermsNotActive' });
  expect(await ask(fuel, PURCHASE, basket({ id }, '1', { occurredAt: '2026-03-16T12:00:00Z' }))).toMatchObject({ __typename: 'OccurredAtOutOfRange' });
  expect(await ask(fuel, PURCHASE, basket({ id }, '1', { moneyCurrency: 'USD' }))).toMatchObject({ __typename: 'MoneyCurrencyMismatch' });
  expect(await ask(taxi, ENROL, { idempotencyKey: newKey(), identifiers: [phone.identifier] })).toMatchObject({ __typename: 'IdentifierTaken' });
  const once = basket({ id }, '0.5', { dryRun: false });
  await ask(fuel, PURCHASE, once);
  expect(await ask(fuel, PURCHASE, { ...once, reference: 'other' })).toMatchObject({ __typename: 'IdempotencyConflict' });
  expect(await written()).toEqual(before.map((row: Answer) => (['purchase', 'purchase_line'].includes(row.name) ? { ...row, rows: row.rows + 1 } : row)));
});

test('bad input names its field, and nothing is written', async () => {
  const { fuel } = open;
  const { id } = await ask(fuel, ENROL, { idempotencyKey: newKey() });
  const { purchaseId } = await ask(fuel, PURCHASE, basket({ id }, '500'));
  const hold = await ask(fuel, HOLD, spending({ id }, 100));
  const before = await written();
  const line = (more: object) => basket({ id }, '1', { lines: [{ sku: 'X', quantity: '1', unitPrice: '1', ...more }] });
  const cases: [string, object, string][] = [
    [PURCHASE, line({ quantity: '0' }), 'input.lines.0.quantity'],
    [PURCHASE, line({ quantity: '-1' }), 'input.lines.0.quantity'],
    [PURCHASE, line({ quantity: '1.0001' }), 'input.lines.0.quantity'],
    [PURCHASE, line({ quantity: 1 }), 'input.lines.0.quantity'],
    [PURCHASE, line({ unitPrice: '-0.01' }), 'input.lines.0.unitPrice'],
    [PURCHASE, line({ unitPrice: '999999999999999999' }), 'input.lines.0.unitPrice'],
    [PURCHASE, line({ unitPrice: 'NaN' }), 'input.lines.0.unitPrice'],
    [PURCHASE, line({ sku: '' }), 'input.lines.0.sku'],
    [PURCHASE, line({ sku: 'x'.repeat(101) }), 'input.lines.0.sku'],
    [PURCHASE, line({ sku: 'NUL\u0000' }), 'input.lines.0.sku'],
    [PURCHASE, basket({ id }, '1', { lines: [] }), 'input.lines'],
    [PURCHASE, basket({ id }, '1', { currency: 'NOPE' }), 'input.currency'],
    [PURCHASE, basket({ id }, '1', { moneyCurrency: 'euro' }), 'input.moneyCurrency'],
    [PURCHASE, basket({ id }, '1', { idempotencyKey: '' }), 'input.idempotencyKey'],
    [PURCHASE, basket({ id }, '1', { idempotencyKey: 'k'.repeat(256) }), 'input.idempotencyKey'],
    [PURCHASE, basket({ id, customerId: 'x' }, '1'), 'input.member'],
    [PURCHASE, basket({}, '1'), 'input.member'],
    [PURCHASE, basket({ id: 'mem_1' }, '1'), 'input.member.id'],
    [PURCHASE, basket({ identifier: { kind: 'CARD', value: ' - ' } }, '1'), 'identifier.value'],
    [PURCHASE, basket({ id }, '1', { occurredAt: 'yesterday' }), 'input.occurredAt'],
    [PURCHASE, basket({ id }, '1', { redemptionIds: ['pur_1'] }), 'input.redemptionIds.0'],
    [PURCHASE, basket({ id }, '1', { reference: 'r'.repeat(201) }), 'input.reference'],
    [REDEEM, spending({ id }, 0), 'input.points'],
    [REDEEM, spending({ id }, -10), 'input.points'],
    [REDEEM, spending({ id }, 2 ** 53), 'input.points'],
    [REDEEM, spending({ id }, 1.5), 'input.points'],
    [REDEEM, spending({ id }, 10, { purchaseAmount: { amount: '1.0000001', currency: 'EUR' } }), 'input.purchaseAmount.amount'],
    [HOLD, spending({ id }, 10, { expiresAt: '2026-03-15T11:59:59Z' }), 'input.expiresAt'],
    [HOLD, spending({ id }, 10, { expiresAt: '2036-03-15T11:59:59Z' }), 'input.expiresAt'],
    [CAPTURE, { idempotencyKey: newKey(), redemptionId: hold.redemptionId, points: 0 }, 'input.points'],
    [CAPTURE, { idempotencyKey: newKey(), redemptionId: purchaseId }, 'input.redemptionId'],
    [VOID, { idempotencyKey: newKey(), redemptionId: 'x' }, 'input.redemptionId'],
    [REFUND, { idempotencyKey: newKey(), redemptionId: hold.redemptionId, points: -1 }, 'input.points'],
    [RETURN, { idempotencyKey: newKey(), purchaseId, lines: [{ lineNo: 1, quantity: '0' }] }, 'input.lines.0.quantity'],
    [RETURN, { idempotencyKey: newKey(), purchaseId, lines: [{ quantity: '1' }] }, 'input.lines.0'],
    [RETURN, { idempotencyKey: newKey(), purchaseId, lines: [{ lineNo: 7, quantity: '1' }] }, 'input.lines.0.lineNo'],
    [ENROL, { idempotencyKey: newKey(), identifiers: [{ kind: 'FACE', value: 'x' }] }, 'input.identifiers.0.kind'],
    [ENROL, { idempotencyKey: newKey(), identifiers: [{ kind: 'CARD', value: '' }] }, 'input.identifiers.0.value'],
    [ENROL, { idempotencyKey: newKey(), jurisdiction: 'Austria' }, 'input.jurisdiction'],
  ];
  for (const [query, input, field] of cases) {
    const answer = await ask(fuel, query, input);
    expect([JSON.stringify(input).slice(0, 80), answer.extensions?.code, answer.extensions?.field]).toEqual([
      JSON.stringify(input).slice(0, 80),
      'BAD_USER_INPUT',
      field,
    ]);
  }
  expect(await ask(fuel, PURCHASES, Array(101).fill(basket({ id }, '1')))).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', field: 'input' } });
  // In a bulk it is the entry's own refusal.
  expect(await ask(fuel, PURCHASES, [basket({ id }, '1', { moneyCurrency: 'x' })])).toMatchObject([{ code: 'BAD_INPUT', retrySafe: false }]);
  expect(await written()).toEqual(before);
});

test("another brand's ids look like ids of nothing, in every mutation and query", async () => {
  const { fuel, taxi } = open;
  const { id } = await ask(fuel, ENROL, { idempotencyKey: newKey(), customerId: 'secret' });
  const { purchaseId } = await ask(fuel, PURCHASE, basket({ id }, '500'));
  const { redemptionId } = await ask(fuel, HOLD, spending({ id }, 100));
  const before = await written();
  const nothing = `mem_${'0'.repeat(32)}`;
  for (const member of [{ id }, { customerId: 'secret' }, { id: nothing }]) {
    expect(await ask(taxi, PURCHASE, basket(member, '1'))).toMatchObject({ __typename: 'MemberUnknown', code: 'MEMBER_UNKNOWN', retrySafe: true });
    expect(await ask(taxi, REDEEM, spending(member, 10))).toMatchObject({ __typename: 'MemberUnknown' });
    expect((await open.api.ask(taxi, MEMBER, { ref: member })).errors?.[0].extensions).toEqual({ code: 'NOT_FOUND' });
    expect(await ask(taxi, PURCHASES, [basket(member, '1')])).toMatchObject([{ __typename: 'MemberUnknown', code: 'MEMBER_UNKNOWN', retrySafe: true }]);
  }
  for (const query of [CAPTURE, VOID, REFUND])
    expect(await ask(taxi, query, { idempotencyKey: newKey(), redemptionId })).toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  expect(await ask(taxi, RETURN, { idempotencyKey: newKey(), purchaseId, lines: [{ lineNo: 1, quantity: '1' }] })).toMatchObject({
    extensions: { code: 'NOT_FOUND' },
  });
  expect(await written()).toEqual(before);
});

test('no query takes a till code, not by GET either', async () => {
  const { app } = open.test;
  const { memberId } = await enrolMember(app, open.coalition.brands.FUEL.client, enrolMemberSchema.parse({ idempotencyKey: newKey() }));
  const { code } = await createTillCode(app, { kind: 'member', memberId, brandId: null });
  for (const list of ['purchases', 'redemptions']) {
    const query = `{ ${list}(first: 1, member: { tillCode: "${code}" }) { edges { node { id } } } }`;
    const response = await open.api.server.inject({
      method: 'GET',
      url: `/graphql?query=${encodeURIComponent(query)}`,
      headers: { authorization: `Bearer ${await open.taxi()}`, 'apollo-require-preflight': '1', accept: 'application/json' },
    });
    expect(response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'member.tillCode' } }] });
  }
  const { rows } = await open.test.database.owner.query(
    'SELECT used_at, (SELECT count(*)::int FROM brand_link l WHERE l.member_id = c.member_id) AS links FROM till_code c WHERE member_id = $1',
    [memberId],
  );
  expect(rows).toEqual([{ used_at: null, links: 1 }]);
});
