import type { Answer } from '../support/api';
import { openPointsApi, type PointsApi } from '../support/points-api';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { LONG } from './run-settings';

const CALLERS = 64;
const RECEIPTS = LONG ? 50 : 4;
const AT = '2026-03-14T09:30:00Z';
const REFUSAL = '... on Refusal { code message }';
const PURCHASE = `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { purchaseId duplicate } ${REFUSAL} } }`;
const BULK = `mutation ($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { ... on RecordedPurchase { purchaseId duplicate } ${REFUSAL} } }`;
const START = `mutation ($input: StartImportInput!) { startImport(input: $input) { ... on FileImport { id } ${REFUSAL} } }`;
const FILE = `mutation ($input: ImportPurchasesInput!) {
  importPurchases(input: $input) { ... on ImportedBatch { import { imported repeated rejected } errors { code message } } ${REFUSAL} } }`;

let points: PointsApi;
let gateways: GatewayProcess[];
let token: string;

beforeAll(async () => {
  points = await openPointsApi({ now: new Date() });
  gateways = await Promise.all([startGateway(points.test.app), startGateway(points.test.app)]);
  token = await points.fuel();
  const input = { idempotencyKey: 'ana', customerId: 'ana' };
  await ask(0, 'mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename } }', { input });
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.kill();
  await points?.close();
});

async function ask(caller: number, query: string, variables: object): Promise<Answer> {
  const answer = await fetch(gateways[caller % gateways.length].url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await answer.json()) as { data: Record<string, unknown>; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors));
  return Object.values(data)[0];
}

const line = { sku: 'S', quantity: '1', unitPrice: '12.50' };
const basket = (key: string, reference: string) => ({
  idempotencyKey: key,
  member: { customerId: 'ana' },
  currency: 'FLP',
  moneyCurrency: 'EUR',
  occurredAt: AT,
  lines: [line],
  reference,
});
const row = (at: number, reference: string) => ({
  line: at,
  lastLine: at,
  customerId: 'ana',
  moneyCurrency: 'EUR',
  occurredAt: AT,
  reference,
  lines: [{ line: at, ...line }],
});

/**
 * What a caller was told of the receipt: that it is booked now, or was before. Besides, each bulk and file has a
 * receipt of its own.
 */
type Told = { readonly first: boolean; readonly purchaseId?: string };

const ways: readonly ((caller: number, receipt: string) => Promise<Told>)[] = [
  async (caller, receipt) => toldOf(await ask(caller, PURCHASE, { input: basket(`till ${caller} ${receipt}`, receipt) })),
  async (caller, receipt) => {
    const [one, own] = await ask(caller, BULK, {
      input: [basket(`bulk ${caller} ${receipt}`, receipt), basket(`own ${caller} ${receipt}`, `${receipt} of ${caller}`)],
    });
    expect(own).toMatchObject({ duplicate: false });
    return toldOf(one);
  },
  async (caller, receipt) => {
    const { id } = await ask(caller, START, { input: { idempotencyKey: `file ${caller} ${receipt}`, kind: 'PURCHASES', currency: 'FLP' } });
    const rows = [row(2, receipt), row(3, `${receipt} of ${caller}`)];
    const { import: found, errors } = await ask(caller, FILE, { input: { importId: id, rows } });
    expect(errors).toEqual([]);
    expect(found).toMatchObject({ rejected: 0 });
    return { first: found.repeated === 0 };
  },
];

function toldOf(answer: { readonly purchaseId?: string; readonly duplicate?: boolean; readonly message?: string }): Told {
  if (answer.duplicate === undefined) throw new Error(answer.message);
  return { first: !answer.duplicate, purchaseId: answer.purchaseId };
}

async function sendByAll(receipt: string): Promise<readonly Told[]> {
  return Promise.all(Array.from({ length: CALLERS }, (_, caller) => ways[Math.floor(caller / gateways.length) % ways.length](caller, receipt)));
}

const bookedAs = async (receipt: string) => (await points.test.database.owner.query('SELECT id FROM purchase WHERE reference = $1', [receipt])).rowCount;
const besides = async (receipt: string) =>
  (await points.test.database.owner.query('SELECT id FROM purchase WHERE reference ^@ $1', [`${receipt} of `])).rowCount;
const withCompany = Array.from({ length: CALLERS }, (_, caller) => Math.floor(caller / 2) % ways.length).filter((way) => way > 0).length;

it(`a receipt sent by till, by bulk and in files, with keys of their own, by ${CALLERS} callers at once through two gateways is one purchase`, async () => {
  for (let n = 0; n < RECEIPTS; n++) {
    const receipt = `receipt ${n}`;
    const told = await sendByAll(receipt);
    expect(await bookedAs(receipt)).toBe(1);
    expect(told.filter(({ first }) => first)).toHaveLength(1);
    expect(new Set(told.flatMap(({ purchaseId }) => purchaseId ?? [])).size).toBe(1);
    // Nobody else of their batches came to harm.
    expect(await besides(receipt)).toBe(withCompany);
  }
  const { rows } = await points.test.database.owner.query("SELECT sum(credits)::int AS points FROM account WHERE kind = 'WALLET'");
  expect(rows[0].points).toBe(12 * RECEIPTS * (1 + withCompany));
});

it('is seen: a brand whose references may repeat books it again and again', async () => {
  await points.test.database.owner.query("UPDATE brand SET references_repeat = 'ANY'");
  const told = await sendByAll('anything');
  expect(told.filter(({ first }) => first).length).toBeGreaterThan(1);
  expect(await bookedAs('anything')).toBeGreaterThan(1);
});
