import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid } from '../../../src/platform/ids';
import { attemptClose, noteObstacle } from '../../../src/settlement/months/attempt-close';
import { completeClose } from '../../../src/settlement/months/complete-close';
import { foundTestCoalition, openApi, type TestApi, type TestCoalition } from '../../support/api';
import { type BookedBrand, SettlementBook } from '../../support/settlement-book';
import { createTestApp, type TestApp } from '../../support/test-app';

let test: TestApp;
let api: TestApi;
let book: SettlementBook;
let coalition: TestCoalition;
let fuel: BookedBrand;
let taxi: BookedBrand;

const CLOSE = `mutation ($input: ClosePeriodInput!) { closePeriod(input: $input) {
  __typename ... on Period { month status } ... on Refusal { code message retrySafe } ... on PeriodNotEnded { endsAt } ... on EarlierPeriodOpen { openMonth } } }`;
const PERIOD = `query ($month: String!) { period(currency: "FLP", month: $month) { id month status startsAt endsAt closingAt closedAt currency { code }
  statements(first: 10) { edges { node { id brand { code } month openingBalance { amount } net { amount currency } payable { amount } carried { amount } dueOn hash content
    lines(first: 10) { edges { node { kind counterparty { code } owedBy issuer { code } redeemer { code } points price { amount } amount { amount } entryCount adjusts
      entries(first: 1) { edges { node { eventId moneyTransferId points amount { amount } occurredAt } cursor } pageInfo { hasNextPage endCursor } } } } }
    adjustments(first: 10) { edges { node { points adjusts } } } } } } } }`;

beforeAll(async () => {
  test = await createTestApp({ now: new Date('2026-02-10T12:00:00Z'), variables: { TESSERA_LOCAL_ISSUER: 'true' } });
  api = await openApi(test);
  coalition = await foundTestCoalition(test, 'FUEL', 'TAXI');
  book = await SettlementBook.open(test, { model: 'ISSUER' });
  fuel = await book.brand('FUEL');
  taxi = await book.brand('TAXI');
  const ana = await book.wallet();
  await book.earn(fuel, ana, 1_000, '2026-01-05T10:00:00Z');
  await book.burn(taxi, ana, 300, '2026-01-06T10:00:00Z');
  await book.burn(taxi, ana, 200, '2026-01-07T10:00:00Z');
});
afterAll(async () => {
  await api.close();
  await test.close();
});

const close = (token: string, month: string) => api.ask(token, CLOSE, { input: { currency: 'FLP', month } });

it('refuses what cannot be closed yet, and names a wrong month', async () => {
  const { data } = await close(coalition.operatorToken, '2026-02');
  expect(data.closePeriod).toMatchObject({ __typename: 'PeriodNotEnded', code: 'PERIOD_NOT_ENDED', retrySafe: true, endsAt: '2026-03-01T00:00:00.000Z' });
  const { errors } = await close(coalition.operatorToken, '2026-13');
  expect(errors?.[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'input.month' });
  expect((await close(coalition.brands.FUEL.token, '2026-01')).errors?.[0].extensions.code).toBe('FORBIDDEN');
  expect((await test.database.owner.query('SELECT count(*)::int AS n FROM period')).rows[0].n).toBe(0);
});

it('closes a month and shows each brand its own statement, the operator all', async () => {
  expect((await close(coalition.operatorToken, '2026-01')).data.closePeriod).toEqual({ __typename: 'Period', month: '2026-01', status: 'CLOSING' });
  const id = (await test.database.owner.query('SELECT id FROM period')).rows[0].id;
  while (await completeClose(test.app, id)) await sleep(20);
  const { data } = await api.ask(coalition.operatorToken, PERIOD, { month: '2026-01' });
  expect(data.period).toMatchObject({ status: 'CLOSED', startsAt: '2026-01-01T00:00:00.000Z', endsAt: '2026-02-01T00:00:00.000Z', currency: { code: 'FLP' } });
  expect(data.period.statements.edges.map(({ node }: { node: { brand: { code: string } } }) => node.brand.code)).toEqual(['FUEL', 'TAXI']);
  const [{ node }] = data.period.statements.edges;
  expect(node).toMatchObject({
    net: { amount: '4.000000', currency: 'GBP' },
    payable: { amount: '4.000000' },
    // Fourteen days from the closing, which came after the month's end.
    dueOn: '2026-02-24',
    adjustments: { edges: [] },
  });
  expect(createHash('sha256').update(node.content).digest('hex')).toBe(node.hash);
  const [{ node: line }] = node.lines.edges;
  expect(line).toMatchObject({
    kind: 'REIMBURSEMENT',
    counterparty: { code: 'TAXI' },
    owedBy: 'BRAND',
    issuer: { code: 'FUEL' },
    redeemer: { code: 'TAXI' },
    points: 500,
    price: { amount: '0.008000' },
    amount: { amount: '4.000000' },
    entryCount: 2,
    entries: { edges: [{ node: { points: 300, amount: { amount: '2.400000' } } }], pageInfo: { hasNextPage: true } },
  });
  for (const [code, amount] of [
    ['FUEL', '4.000000'],
    ['TAXI', '-4.000000'],
  ]) {
    const own = (await api.ask(coalition.brands[code].token, PERIOD, { month: '2026-01' })).data.period.statements.edges;
    expect(own.map((edge: typeof own) => [edge.node.brand.code, edge.node.net.amount])).toEqual([[code, amount]]);
  }
});

it('shows both sides the same money transfer and each another id of the event', async () => {
  const entries =
    'query { statements(currency: "FLP") { edges { node { lines(first: 1) { edges { node { entries(first: 5) { edges { node { eventId moneyTransferId } } } } } } } } } }';
  const of = async (token: string) =>
    (await api.ask(token, entries)).data.statements.edges[0].node.lines.edges[0].node.entries.edges.map((edge: { node: object }) => edge.node);
  const [atFuel, atTaxi] = [await of(coalition.brands.FUEL.token), await of(coalition.brands.TAXI.token)];
  expect(atFuel).toHaveLength(2);
  expect(atFuel.map((each: { moneyTransferId: string }) => each.moneyTransferId)).toEqual(
    atTaxi.map((each: { moneyTransferId: string }) => each.moneyTransferId),
  );
  expect(atFuel[0].eventId).not.toBe(atTaxi[0].eventId);
});

it("another brand's statement does not exist for a brand", async () => {
  const all = (await api.ask(coalition.operatorToken, 'query { statements(currency: "FLP") { edges { node { id brand { id code } } } } }')).data.statements
    .edges;
  const taxis = all.find((edge: { node: { brand: { code: string } } }) => edge.node.brand.code === 'TAXI').node;
  const { errors } = await api.ask(coalition.brands.FUEL.token, 'query ($id: ID!) { statement(id: $id) { hash } }', { id: taxis.id });
  expect(errors?.[0].extensions.code).toBe('NOT_FOUND');
  const asked = await api.ask(coalition.brands.FUEL.token, 'query ($id: ID!) { statements(currency: "FLP", brandId: $id) { edges { node { id } } } }', {
    id: taxis.brand.id,
  });
  expect(asked.data.statements.edges).toEqual([]);
});

it('pages through months and entries', async () => {
  const months = await api.ask(
    coalition.brands.TAXI.token,
    'query { periods(currency: "FLP", first: 1) { edges { node { month status } } pageInfo { hasNextPage } } }',
  );
  expect(months.data.periods).toEqual({ edges: [{ node: { month: '2026-01', status: 'CLOSED' } }], pageInfo: { hasNextPage: false } });
  const page = `query ($after: String) { statements(currency: "FLP") { edges { node { lines(first: 1) { edges { node { entries(first: 1, after: $after) {
    edges { node { points } } pageInfo { hasNextPage endCursor } } } } } } } } }`;
  const entries = async (after: string | null) =>
    (await api.ask(coalition.brands.TAXI.token, page, { after })).data.statements.edges[0].node.lines.edges[0].node.entries;
  const first = await entries(null);
  const second = await entries(first.pageInfo.endCursor);
  expect([...first.edges, ...second.edges].map((edge: { node: { points: number } }) => edge.node.points)).toEqual([300, 200]);
  expect(second.pageInfo.hasNextPage).toBe(false);
  expect((await api.ask(coalition.brands.TAXI.token, 'query { period(currency: "FLP", month: "2031-01") { id } }')).data.period).toBeNull();
});

it('says what a closing month waits for: the operator why, brands that it does', async () => {
  test.clock.set(new Date('2026-03-10T12:00:00Z'));
  const [operator, ofFuel] = [await coalition.freshOperatorToken(), await coalition.brands.FUEL.freshToken()];
  expect((await close(operator, '2026-02')).data.closePeriod).toMatchObject({ status: 'CLOSING' });
  const event = newUuid();
  await test.database.owner.query(
    `INSERT INTO set_aside_event (event_transfer_id, currency_id, epoch, position, occurred_at, reason, set_aside_at, tried_at)
     SELECT $1, id, 0, '1', now(), 'there are no terms', '2026-03-01', '2026-03-02' FROM currency WHERE code = 'FLP'`,
    [event],
  );
  const { id } = (await test.database.owner.query("SELECT id FROM period WHERE status = 'CLOSING'")).rows[0];
  await book.settled();
  const obstacle = await attemptClose(test.app, id);
  if (obstacle) await noteObstacle(test.app, id, obstacle);
  const waiting = 'query { period(currency: "FLP", month: "2026-02") { status waitingFor { reason message attempts since } } }';
  expect((await api.ask(operator, waiting)).data.period).toEqual({
    status: 'CLOSING',
    waitingFor: {
      reason: 'SET_ASIDE_EVENTS',
      message: expect.stringContaining('1 events cannot be priced and are set aside; the first because: there are no terms'),
      attempts: 1,
      since: '2026-03-10T12:00:00.000Z',
    },
  });
  const { message } = (await api.ask(ofFuel, waiting)).data.period.waitingFor;
  expect(message).toBe('The operator knows what stands in the way.');
  const list = 'query { setAsideEvents(currency: "FLP") { edges { node { transferId currency { code } reason attempts setAsideAt } } } }';
  expect((await api.ask(operator, list)).data.setAsideEvents.edges).toEqual([
    { node: { transferId: event, currency: { code: 'FLP' }, reason: 'there are no terms', attempts: 1, setAsideAt: '2026-03-01T00:00:00.000Z' } },
  ]);
  const retry = 'mutation ($input: RetrySetAsideEventsInput!) { retrySetAsideEvents(input: $input) { ... on RetriedEvents { cleared failed } } }';
  for (const text of [list, retry]) expect((await api.ask(ofFuel, text, { input: { currency: 'FLP' } })).errors?.[0].extensions.code).toBe('FORBIDDEN');
  // No such transfer is there to be cleared.
  expect((await api.ask(operator, retry, { input: { currency: 'FLP' } })).data.retrySetAsideEvents).toEqual({ cleared: 0, failed: 0 });
});
