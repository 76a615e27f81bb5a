import { connect, type Socket } from 'node:net';
import { seededRandom, zipf } from '../zipf';
import { BULK_SIZE } from './http-town';

/** What the load generator is told; it runs in a process of its own, so that its work is not the server's. */
export interface LoadOrders {
  readonly port: number;
  readonly token: string | null;
  readonly kind: 'empty' | 'earn' | 'bulk' | 'plain earn';
  readonly connections: number;
  readonly seconds: number;
  readonly members: number;
  /** Of the idempotency keys: no two runs may share them. */
  readonly run: string;
  /** Stops after so many requests of each connection. */
  readonly most?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers by what they were: "ok", or the code of a refusal or error, or the HTTP status. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of bulks: their purchases by what became of each. */
  readonly purchases: Readonly<Record<string, number>>;
  /** CPU milliseconds that this process took: they are missing from the servers'. */
  readonly cpuMs: number;
}

const ANSWER = 'purchaseId points expiresOn balance { spendable } duplicate';
const EARN = `mutation Earn($input: RecordPurchaseInput!) { recordPurchase(input: $input) { ... on RecordedPurchase { ${ANSWER} } ... on Refusal { code message retrySafe } } }`;
const BULK = `mutation Bulk($input: [RecordPurchaseInput!]!) { recordPurchases(input: $input) { ... on RecordedPurchase { ${ANSWER} } ... on Refusal { code message retrySafe } } }`;
/** Two lines, as many as the kernel's own purchases have (LINES_A_PURCHASE). */
const REST = `"currency":"FLP","moneyCurrency":"EUR","channel":"till","lines":[${[0, 1].map((n) => `{"sku":"SKU-${n}","category":"food","quantity":"1","unitPrice":"21.25"}`)}]}`;

process.on('message', (orders: LoadOrders) => void generate(orders).then((result) => process.send?.(result)));

async function generate(orders: LoadOrders): Promise<LoadResult> {
  const next = bodies(orders);
  const tally: Tally = { times: [], outcomes: {}, purchases: {} };
  const { times, outcomes, purchases } = tally;
  const before = process.cpuUsage();
  const began = performance.now();
  const end = began + orders.seconds * 1_000;
  await Promise.all(Array.from({ length: orders.connections }, () => caller(orders, next, end, tally)));
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number) => Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
  return {
    requests: times.length,
    seconds,
    perSecond: times.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    outcomes,
    purchases,
    cpuMs: (user + system) / 1_000,
  };
}

function bodies({ kind, members, run }: LoadOrders): () => string {
  if (kind === 'empty') return () => '{"query":"{ __typename }"}';
  const pick = zipf(members, seededRandom(20_260_315));
  let made = 0;
  const input = () => {
    const number = made++;
    return `{"idempotencyKey":"${run}-${number}","member":{"customerId":"c${pick()}"},${REST}`;
  };
  if (kind === 'plain earn') return () => `{"idempotencyKey":"${run}-${made++}","customerId":"c${pick()}",${REST}`;
  if (kind === 'earn') return () => `{"query":${JSON.stringify(EARN)},"variables":{"input":${input()}}}`;
  return () => `{"query":${JSON.stringify(BULK)},"variables":{"input":[${Array.from({ length: BULK_SIZE }, input).join(',')}]}}`;
}

interface Tally {
  /** Milliseconds of each request. */
  readonly times: number[];
  readonly outcomes: Record<string, number>;
  readonly purchases: Record<string, number>;
}

/** One connection that sends its next request when the last is answered. */
function caller(orders: LoadOrders, next: () => string, end: number, { times, outcomes, purchases }: Tally): Promise<void> {
  const head =
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${orders.port}\r\nContent-Type: application/json\r\nAccept: application/graphql-response+json, application/json\r\n` +
    (orders.token ? `Authorization: Bearer ${orders.token}\r\n` : '');
  return new Promise((done) => {
    const socket: Socket = connect(orders.port, '127.0.0.1');
    socket.setNoDelay(true);
    let sent = 0;
    let count = 0;
    let received = '';
    let wanted = -1;
    const send = () => {
      if (count++ >= (orders.most ?? Number.POSITIVE_INFINITY)) return finish();
      const body = next();
      received = '';
      wanted = -1;
      sent = performance.now();
      socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    const finish = () => {
      socket.destroy();
      done();
    };
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (wanted < 0) {
        const headEnd = received.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const length = /content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1];
        wanted = headEnd + 4 + Number(length ?? 0);
      }
      if (received.length < wanted) return;
      const now = performance.now();
      times.push(now - sent);
      const outcome = outcomeOf(received);
      if (orders.kind === 'bulk') countPurchases(received, purchases);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (now < end) send();
      else finish();
    });
    const lost = (why: string) => {
      outcomes[why] = (outcomes[why] ?? 0) + 1;
      done();
    };
    socket.on('error', () => lost('connection lost'));
    socket.on('end', () => lost('connection closed'));
  });
}

function countPurchases(answer: string, counts: Record<string, number>): void {
  const count = (what: string, more: number) => {
    if (more > 0) counts[what] = (counts[what] ?? 0) + more;
  };
  count('ok', answer.split('"purchaseId":"').length - 1);
  for (const [, code = ''] of answer.matchAll(/"code":"(\w+)"/g)) count(code, 1);
}

function outcomeOf(answer: string): string {
  const status = answer.slice(9, 12);
  const code = /"code":"(\w+)"/.exec(answer)?.[1];
  return code ?? (status === '200' ? 'ok' : status);
}
