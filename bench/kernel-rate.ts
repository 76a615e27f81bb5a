import type { PostingRequest } from '../src/ledger/ledger/posting';
import { itemAt, only } from '../src/platform/one-of';
import { closedLoop, type Measured, median } from './closed-loop';
import { type FilledLedger, fillLedger } from './fill-ledger';
import { LedgerTraffic } from './ledger-traffic';
import { openNaiveTransfers } from './naive-transfers';
import type { BenchContext, Report, Suite } from './suite';

export const WALLETS = 100_000;
const CONNECTIONS = 16;

/** Postings a second through the kernel, against the naive function and against one transaction a request. */
export const kernelRate: Suite = { name: 'kernel-rate', run };

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const seconds = long ? 10 : 4;
  const rounds = long ? 5 : 3;
  say(`filling ${WALLETS} wallets`);
  const filled = await fillLedger(await server.database('kernel'), { wallets: WALLETS, transfersEach: 1, ownTransactions: CONNECTIONS });
  const naive = await openNaiveTransfers(filled.database, WALLETS, CONNECTIONS);
  const traffic = new LedgerTraffic(filled, 7);
  const ways = {
    naive: timed(seconds, CONNECTIONS, 2_000, (callers, count) => closedLoop(callers, count, (_, connection) => naive.post(connection))),
    alone: timed(seconds, CONNECTIONS, 1_000, (callers, count) => postTogether(filled, traffic.take(count), callers, 'alone')),
    kernel: timed(seconds, 1_000, 10_000, (callers, count) => postTogether(filled, traffic.take(count), callers, 'kernel')),
    kernelOne: timed(seconds / 2, 1, 500, (callers, count) => postTogether(filled, traffic.take(count), callers, 'kernel')),
    aloneOne: timed(seconds / 2, 1, 500, (callers, count) => postTogether(filled, traffic.take(count), callers, 'alone')),
    naiveOne: timed(seconds / 2, 1, 500, (callers, count) => closedLoop(callers, count, (_, connection) => naive.post(connection))),
  };
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, [] as Measured[]])) as Record<keyof typeof ways, Measured[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(ways) as (keyof typeof ways)[]) {
      const measured = await ways[name]();
      say(
        `${round === 0 ? 'warming up' : `round ${round}`}: ${name} ${Math.round(measured.perSecond)}/s, p50 ${measured.p50.toFixed(2)} ms, p99 ${measured.p99.toFixed(2)} ms`,
      );
      if (round > 0) results[name].push(measured);
    }
  }
  const ladder: Measured[] = [];
  for (const callers of [16, 64, 256])
    ladder.push(await timed(seconds / 2, callers, 4_000, (n, count) => postTogether(filled, traffic.take(count), n, 'kernel'))());
  await checkBooks(filled);
  await naive.close();
  await filled.ledger.close();
  const [naiveAll, naiveOne] = [median(results.naive), median(results.naiveOne)];
  const [alone, aloneOne] = [median(results.alone), median(results.aloneOne)];
  const [kernel, kernelOne] = [median(results.kernel), median(results.kernelOne)];
  const row = (what: string, { callers, perSecond, p50, p99 }: Measured) => [
    what,
    String(callers),
    perSecond,
    p50,
    p99,
    `${(perSecond / naiveAll.perSecond).toFixed(2)}`,
  ];
  return {
    title: 'Postings through the kernel',
    about: `${WALLETS.toLocaleString('en-US')} wallets chosen by Zipf's law (exponent 1), 20 brands; 70% earns, 20% burns, 5% holds, captures, voids, 1% gifts, 2% sent twice, 3% refused. The naive function is two balance updates and one insert between wallets, no row shared by all, one call a request over ${CONNECTIONS} connections. "One transaction a request" does the kernel's full work in a transaction of its own over ${CONNECTIONS} connections. Median of ${rounds} alternating rounds.`,
    tables: [
      {
        columns: ['', 'callers', 'a second', 'p50 ms', 'p99 ms', 'x naive'],
        rows: [
          row('naive function', naiveAll),
          row('naive function', naiveOne),
          row('same work, one transaction a request', alone),
          row('same work, one transaction a request', aloneOne),
          row('kernel', kernelOne),
          ...ladder.map((measured) => row('kernel', measured)),
          row('kernel', kernel),
        ],
      },
    ],
    ratios: [
      { what: 'kernel at 1,000 callers / naive function', value: kernel.perSecond / naiveAll.perSecond, target: { least: 4 } },
      { what: 'kernel at 1,000 callers / one transaction a request', value: kernel.perSecond / alone.perSecond, target: { least: 4 } },
      { what: 'one caller alone, p50: kernel / one transaction a request', value: kernelOne.p50 / aloneOne.p50, target: { most: 2.5 } },
    ],
    bars: [
      { label: 'naive function, 16 connections', value: naiveAll.perSecond, unit: '/s' },
      { label: 'same work, one transaction a request', value: alone.perSecond, unit: '/s' },
      ...ladder.map((measured) => ({ label: `kernel, ${measured.callers} callers`, value: measured.perSecond, unit: '/s' })),
      { label: 'kernel, 1,000 callers', value: kernel.perSecond, unit: '/s' },
    ],
  };
}

/** Rounds of about so many seconds: how many requests that is, is learned from the round before. */
export function timed(
  seconds: number,
  callers: number,
  firstGuess: number,
  measure: (callers: number, count: number) => Promise<Measured>,
): () => Promise<Measured> {
  let perSecond = firstGuess;
  return async () => {
    global.gc?.();
    const measured = await measure(callers, Math.ceil(perSecond * seconds));
    perSecond = measured.perSecond;
    return measured;
  };
}

/** Posts them through the kernel's queue, or each in a transaction of its own. */
export function postTogether({ ledger }: FilledLedger, requests: readonly PostingRequest[], callers: number, way: 'kernel' | 'alone'): Promise<Measured> {
  return closedLoop(callers, requests.length, (at) =>
    way === 'kernel' ? ledger.post(itemAt(requests, at)) : ledger.transaction((client) => ledger.postWithin(client, [itemAt(requests, at)])),
  );
}

/** A fast ledger that is wrong is none: wallets, lots and transfers must agree after the run. */
export async function checkBooks({ database }: FilledLedger): Promise<void> {
  const { rows } = await database.superuser.query<{ wallets: string; lots: string; transfers: string }>(`
    SELECT (SELECT sum(credits - debits + arrears) FROM account WHERE guarded) AS wallets,
      (SELECT sum(remaining + held) FROM lot) AS lots,
      (SELECT coalesce(sum(amount) FILTER (WHERE credit_seq IS NOT NULL), 0) - coalesce(sum(amount) FILTER (WHERE debit_seq IS NOT NULL), 0) FROM transfer) AS transfers`);
  const { wallets, lots, transfers } = only(rows);
  if (wallets !== lots || wallets !== transfers) throw new Error(`the books do not agree: wallets ${wallets}, lots ${lots}, transfers ${transfers}`);
}
