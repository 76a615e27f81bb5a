import { itemAt } from '../../src/platform/one-of';
import { middle } from '../closed-loop';
import { fillLedger } from '../fill-ledger';
import { postTogether, timed } from '../kernel-rate';
import { purchaseMaker } from '../kernel-rows';
import type { BenchContext, Report, Suite } from '../suite';
import { startLoad, startServer } from './children';
import { drive, problems } from './http-suite';
import { BULK_SIZE, buildHttpTown } from './http-town';
import type { LoadResult } from './load';

/** Bulks of purchases against the kernel with the same rows. */
export const httpBulks: Suite = { name: 'bulk', run };

const MEMBERS = 100_000;
/** Enough that a thousand purchases wait, as many as call the kernel. */
const CONNECTIONS = 10;

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const [seconds, rounds] = long ? [12, 5] : [5, 3];
  const town = await buildHttpTown(server, 'bulk', MEMBERS);
  const filled = await fillLedger(await server.database('bulk_kernel'), { wallets: MEMBERS, transfersEach: 1, ownTransactions: 1 });
  const make = purchaseMaker(filled, 'without references');
  const kernel = timed(seconds, CONNECTIONS * BULK_SIZE, 5_000, (callers, count) =>
    postTogether(filled, Array.from({ length: count }, make), callers, 'kernel'),
  );
  const gateway = await startServer({ kind: 'gateway', town });
  const load = startLoad();
  const [bulks, rates]: [LoadResult[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const bulk = await drive(load, gateway, {
      kind: 'bulk',
      connections: CONNECTIONS,
      seconds: round === 0 ? seconds * 2 : seconds,
      members: MEMBERS,
      run: `bulk${round}`,
    });
    const { perSecond } = await kernel();
    say(
      `${round === 0 ? 'warming up' : `round ${round}`}: ${Math.round(bulk.perSecond * BULK_SIZE)} purchases/s in bulks ${problems(bulk)}, kernel ${Math.round(perSecond)}/s`,
    );
    if (round === 0) continue;
    bulks.push(bulk);
    rates.push(perSecond);
  }
  load.stop();
  await gateway.stop();
  await filled.ledger.close();
  const purchases = middle(bulks.map(({ perSecond }) => perSecond * BULK_SIZE));
  const [p50, p99] = [middle(bulks.map((one) => one.p50)), middle(bulks.map((one) => one.p99))];
  return {
    title: 'Purchases in bulks of 100',
    about: `recordPurchases with ${BULK_SIZE} purchases of two lines each over ${CONNECTIONS} connections, against the kernel alone with the same rows alongside, called by ${CONNECTIONS * BULK_SIZE} callers of its own process. Median of ${rounds} alternating rounds.`,
    tables: [
      {
        columns: ['', 'purchases a second', 'p50 ms of a request', 'p99 ms of a request'],
        rows: [
          ['recordPurchases, gateway', purchases, p50, p99],
          ['kernel with purchase rows', middle(rates), '', ''],
        ],
      },
    ],
    ratios: [
      {
        what: 'purchases in bulks / kernel with the same rows',
        value: middle(bulks.map(({ perSecond }, at) => (perSecond * BULK_SIZE) / itemAt(rates, at))),
        target: { least: 0.75 },
      },
    ],
    bars: [{ label: 'purchases in bulks of 100', value: purchases, unit: '/s' }],
  };
}
