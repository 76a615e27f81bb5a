import { itemAt } from '../../src/platform/one-of';
import { middle } from '../closed-loop';
import type { BenchContext, Report, Suite } from '../suite';
import { type LoadGenerator, type Served, startLoad, startServer } from './children';
import { buildHttpTown } from './http-town';
import type { LoadOrders, LoadResult } from './load';
import type { ServedKind } from './serve';

/** What GraphQL and HTTP add to a purchase. */
export const httpRequests: Suite = { name: 'http', run };

const MEMBERS = 100_000;
const CONNECTIONS = 256;

type Way = 'empty' | 'empty, signed in' | 'empty, bare node' | 'empty, bare fastify' | 'earn' | 'plain';
const WAYS: Readonly<Record<Way, { readonly server: ServedKind; readonly kind: LoadOrders['kind']; readonly signedIn: boolean }>> = {
  empty: { server: 'gateway', kind: 'empty', signedIn: false },
  'empty, signed in': { server: 'gateway', kind: 'empty', signedIn: true },
  'empty, bare node': { server: 'bare node:http', kind: 'empty', signedIn: false },
  'empty, bare fastify': { server: 'bare fastify', kind: 'empty', signedIn: false },
  earn: { server: 'gateway', kind: 'earn', signedIn: true },
  plain: { server: 'plain handler', kind: 'plain earn', signedIn: true },
};

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const [seconds, rounds] = long ? [12, 5] : [5, 3];
  const town = await buildHttpTown(server, 'http', MEMBERS);
  const servers = new Map<ServedKind, Served>();
  for (const { server: kind } of Object.values(WAYS)) if (!servers.has(kind)) servers.set(kind, await startServer({ kind, town }));
  const load = startLoad();
  let runs = 0;
  const measure = async (way: Way, connections: number, forSeconds: number): Promise<LoadResult> => {
    const { server: kind, kind: load_, signedIn } = WAYS[way];
    const served = servers.get(kind) as Served;
    return drive(load, served, { kind: load_, connections, seconds: forSeconds, members: MEMBERS, run: `http${runs++}` }, signedIn);
  };
  const results = Object.fromEntries(Object.keys(WAYS).map((way) => [way, [] as LoadResult[]])) as Record<Way, LoadResult[]>;
  for (let round = 0; round <= rounds; round++)
    for (const way of Object.keys(WAYS) as Way[]) {
      // What is compiled while it is measured for the first time is not what a server does all day.
      const result = await measure(way, CONNECTIONS, round === 0 ? seconds * 2 : seconds);
      say(
        `${round === 0 ? 'warming up' : `round ${round}`}: ${way} ${Math.round(result.perSecond)}/s, p50 ${result.p50} ms, p99 ${result.p99} ms ${problems(result)}`,
      );
      if (round > 0) results[way].push(result);
    }
  const ladder: [number, LoadResult][] = [];
  for (const connections of [1, 16, 64]) ladder.push([connections, await measure('earn', connections, seconds)]);
  load.stop();
  for (const served of servers.values()) await served.stop();

  const ratio = (over: Way, under: Way) => middle(results[over].map(({ perSecond }, at) => perSecond / itemAt(results[under], at).perSecond));
  const fastest: Way = rate(results.empty) >= rate(results['empty, bare node']) ? 'empty' : 'empty, bare node';
  const row = (what: string, connections: number, all: readonly LoadResult[]) => [
    what,
    String(connections),
    rate(all),
    middle(all.map((one) => one.p50)),
    middle(all.map((one) => one.p99)),
  ];
  return {
    title: 'GraphQL over HTTP',
    about: `Purchases of two lines by ${MEMBERS.toLocaleString('en-US')} members chosen by Zipf's law, named by the brand's customer id, each with an access token, through a gateway that does everything it does in production. "Plain handler" is node:http and JSON with one database transaction a request for the same checks and the same rows, without row-level security. The load generator is a process of its own. Median of ${rounds} alternating rounds.`,
    tables: [
      {
        columns: ['', 'connections', 'requests a second', 'p50 ms', 'p99 ms'],
        rows: [
          row('empty query, gateway', CONNECTIONS, results.empty),
          row('empty query with a token, gateway', CONNECTIONS, results['empty, signed in']),
          row('empty query, Apollo Server on bare node:http', CONNECTIONS, results['empty, bare node']),
          row('empty query, Apollo Server on bare fastify', CONNECTIONS, results['empty, bare fastify']),
          row('recordPurchase, gateway', CONNECTIONS, results.earn),
          ...ladder.map(([connections, one]) => row('recordPurchase, gateway', connections, [one])),
          row('purchase, plain handler', CONNECTIONS, results.plain),
        ],
      },
    ],
    ratios: [
      { what: 'recordPurchase / empty query with a token, gateway', value: ratio('earn', 'empty, signed in'), target: { least: 0.4 } },
      {
        what: `recordPurchase / fastest empty query (${fastest === 'empty' ? 'gateway' : 'bare node:http'}, without a token)`,
        value: ratio('earn', fastest),
        target: { least: 0.4 },
      },
      { what: 'recordPurchase / plain handler', value: ratio('earn', 'plain'), target: { least: 2.5 } },
    ],
    bars: [
      { label: 'empty query', value: rate(results.empty), unit: '/s' },
      { label: 'recordPurchase, GraphQL', value: rate(results.earn), unit: '/s' },
      { label: 'purchase, plain handler', value: rate(results.plain), unit: '/s' },
    ],
  };
}

/** Sends a load to a server, with a token of its own that outlasts the run. */
export async function drive(load: LoadGenerator, served: Served, orders: Omit<LoadOrders, 'port' | 'token'>, signedIn = true): Promise<LoadResult> {
  return load.run({ ...orders, port: served.port, token: signedIn ? await served.token() : null });
}

/** Answers that were none of those expected. */
export function problems({ outcomes }: LoadResult): string {
  const wrong = Object.entries(outcomes).filter(([what]) => what !== 'ok');
  return wrong.length === 0 ? '' : `(${wrong.map(([what, count]) => `${count} ${what}`).join(', ')})`;
}

function rate(results: readonly LoadResult[]): number {
  return middle(results.map(({ perSecond }) => perSecond));
}
