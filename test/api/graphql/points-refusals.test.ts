import { createTillCode } from '../../../src/members/identification/till-code';
import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import { openPointsApi, type PointsApi } from '../../support/points-api';
import { writtenRows } from '../../support/written-rows';
import { askFor, basket, CAPTURE, ENROL, HOLD, LINK, MEMBER, newKey, PURCHASE, PURCHASES, REDEEM, REFUND, RETURN, spending, VOID } from './points-documents';

let open: PointsApi;

beforeAll(async () => {
  open = await openPointsApi();
});
afterAll(() => open?.close());

const ask = (token: () => Promise<string>, query: string, input: object) => askFor(open, token, query, input);
/** Everything but stored outcomes. */
const written = () => writtenRows(open.test.database, 'posting');

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
  expect(await written()).toEqual(before);
  const once = basket({ id }, '0.5', { dryRun: false });
  await ask(fuel, PURCHASE, once);
  const then = await written();
  expect(await ask(fuel, PURCHASE, { ...once, reference: 'other' })).toMatchObject({ __typename: 'IdempotencyConflict' });
  expect(await written()).toEqual(then);
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
