import { setTimeout as sleep } from 'node:timers/promises';
import { runGateway } from '../../src/api/server/run-gateway';
import type { BuiltApp } from '../../src/app';
import { openPointsApi, type PointsApi } from '../support/points-api';
import { KINDS_OF_REQUEST, type WorstRequest, worstRequests } from './floods/worst-documents';
import { LONG, SEED } from './run-settings';

/**
 * Processor time that a request may take which is made to take much: so many times that of a purchase at a till, for
 * each unit of cost.
 */
const MOST_PER_UNIT = 10;
/** As many purchases, one after the other, as any one request may hold everybody up for, whatever it costs. */
const MOST_PURCHASES = 200;
/** Empty queries whose time any request may take besides. */
const EMPTY_QUERIES = 5;
const TIMES = 5;
const DOCUMENTS = LONG ? 200 : KINDS_OF_REQUEST;
const BODY_LIMIT = 1_048_576;
const ANSWER_LIMIT = 4_194_304;

let points: PointsApi;
let token: string;

beforeAll(async () => {
  const variables = { TESSERA_RATE_STRANGER_COST: '1000000000', TESSERA_RATE_STRANGER_OPERATIONS: '100000000', TESSERA_RATE_COST: '1000000000' };
  points = await openPointsApi({ variables });
  token = await points.fuel();
  const member = { idempotencyKey: 'm', identifiers: [{ kind: 'CARD', value: '1234567890' }] };
  await points.api.ask(token, 'mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename } }', { input: member });
});
afterAll(() => points?.close());

interface Taken {
  /** Milliseconds of the processor. */
  readonly ms: number;
  readonly cost: number;
  readonly bytes: number;
  readonly status: number;
  readonly body: string;
}

/**
 * Sends a body and measures what it takes: the clock of the quotas stands still, so that what is left of them tells the
 * cost.
 */
async function take(body: string, authorization: string | null): Promise<Taken> {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization: `Bearer ${authorization}` }) };
  const left = await costLeft(authorization);
  const before = process.cpuUsage();
  const answer = await points.api.server.inject({ method: 'POST', url: '/graphql', headers, payload: body });
  const { user, system } = process.cpuUsage(before);
  const cost = left - (await costLeft(authorization)) - EMPTY_COST;
  return { ms: (user + system) / 1_000, cost, bytes: body.length, status: answer.statusCode, body: answer.body };
}

const EMPTY = JSON.stringify({ query: '{ __typename }' });
/** What asking what is left costs itself. */
const EMPTY_COST = 1 + (EMPTY.length + '/graphql'.length) / 100 + 0.1;

async function costLeft(authorization: string | null): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization: `Bearer ${authorization}` }) };
  const { headers: answered } = await points.api.server.inject({ method: 'POST', url: '/graphql', headers, payload: EMPTY });
  return Number(/"cost";r=(\d+)/.exec(String(answered.ratelimit))?.[1]);
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function medianOf(bodies: readonly string[], authorization: string | null): Promise<Taken> {
  const all: Taken[] = [];
  for (const body of bodies) all.push(await take(body, authorization));
  return { ...all[0], ms: median(all.map(({ ms }) => ms)) };
}

let purchases = 0;
/** The purchase of the README's tour. */
function purchase(): string {
  const query = `mutation {
  recordPurchase(input: {
    idempotencyKey: "tour-${purchases++}", member: { identifier: { kind: CARD, value: "1234567890" } }
    currency: "FLP", moneyCurrency: "EUR", occurredAt: "2026-03-10T09:00:00Z", channel: "till"
    lines: [{ sku: "DIESEL", category: "fuel", quantity: "50", unitPrice: "1.60" }, { sku: "WASH-3", category: "wash", quantity: "1", unitPrice: "20.00" }]
  }) {
    ... on RecordedPurchase { purchaseId points amount balance { active } duplicate }
    ... on Refusal { code message retrySafe }
  }
}`;
  return JSON.stringify({ query });
}

describe('a request made to take as much as it can', () => {
  it(`costs what it takes, whoever sends it: ${DOCUMENTS} of them, seed ${SEED}`, async () => {
    const requests = worstRequests(DOCUMENTS, SEED, BODY_LIMIT);
    const times = Array.from({ length: TIMES }, (_, at) => at);
    // Warms up, with what is small.
    for (let n = 0; n < 60; n++) await take(purchase(), token);
    for (const request of worstRequests(DOCUMENTS, SEED + 1, 6_000)) await take(request.body('w'), null);
    const till = await medianOf(
      Array.from({ length: 25 }, () => purchase()),
      token,
    );
    const empty = await medianOf(
      times.map(() => EMPTY),
      null,
    );
    expect(JSON.parse(till.body).data.recordPurchase).toMatchObject({ duplicate: false });
    const perUnit = till.ms / till.cost;
    const wrong: string[] = [];
    const told: string[] = [];
    const mostOf = ({ cost }: Taken) => Math.min(MOST_PER_UNIT * cost * perUnit + EMPTY_QUERIES * empty.ms, MOST_PURCHASES * till.ms);
    const judge = ({ name }: WorstRequest, who: string, { ms, cost, bytes, body }: Taken, most: number) => {
      told.push(`${(ms / most).toFixed(3)} ${ms.toFixed(1)} ms of ${most.toFixed(1)}, cost ${cost.toFixed(0)}: ${name}, ${who}`);
      if (ms > most) wrong.push(`${name}, ${who}: takes ${ms.toFixed(1)} ms, at most ${most.toFixed(1)} for a cost of ${cost.toFixed(1)}`);
      // What is left is told in whole units.
      if (cost < bytes / 100) wrong.push(`${name}, ${who}: costs ${cost.toFixed(1)}, has ${bytes} bytes`);
      if (Buffer.byteLength(body) > ANSWER_LIMIT) wrong.push(`${name}, ${who}: answers with ${body.length} bytes`);
    };
    for (const [at, request] of requests.entries())
      for (const [who, authorization] of [
        ['a stranger', null],
        ['a brand', token],
      ] as const) {
        if (!LONG && (at % 2 === 0) !== (authorization === null)) continue;
        const bodies = times.map((n) => request.body(`${at}x${n}`));
        let taken = await medianOf(LONG ? bodies : bodies.slice(0, 1), authorization);
        // Something else may have kept the processor: the median of three more says whether it was the request.
        if (!LONG && taken.ms > mostOf(taken)) taken = await medianOf(bodies.slice(1, 4), authorization);
        judge(request, who, taken, mostOf(taken));
      }
    if (LONG) console.log([`till ${till.ms} ms, cost ${till.cost}; empty ${empty.ms}`, ...told.sort().reverse()].join('\n'));
    expect(wrong).toEqual([]);
  }, 600_000);

  it('does not keep /health/live from answering', async () => {
    const queues = { check: async () => undefined, depths: async () => [] };
    const gateway = await runGateway(points.test.app as BuiltApp, queues);
    const url = `http://127.0.0.1:${gateway.port}`;
    const left = worstRequests(DOCUMENTS, SEED + 2, LONG ? BODY_LIMIT : 100_000);
    let flooding = 4;
    const flood = async (authorization: string | null) => {
      const headers = { 'content-type': 'application/json', ...(authorization && { authorization: `Bearer ${authorization}` }) };
      for (let request = left.pop(); request; request = left.pop())
        await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: request.body('h') })).arrayBuffer();
      flooding--;
    };
    const floods = Promise.all([flood(null), flood(token), flood(null), flood(token)]);
    const waits: number[] = [];
    while (flooding > 0) {
      const began = performance.now();
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      waits.push(performance.now() - began);
      await sleep(5);
    }
    await floods;
    await gateway.close();
    if (LONG) console.log(`/health/live: ${waits.length} answers, p99 ${waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)].toFixed(0)} ms`);
    expect(waits.length).toBeGreaterThan(5);
  });
});
