import { itemAt } from '../src/platform/one-of';
import { type Measured, median } from './closed-loop';
import { fillLedger } from './fill-ledger';
import { checkBooks, postTogether, timed, WALLETS } from './kernel-rate';
import { LedgerTraffic } from './ledger-traffic';
import type { BenchContext, Report, Suite } from './suite';

/** The same traffic over a ledger with a long past. */
export const kernelGrowth: Suite = { name: 'kernel-growth', run };

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const transfersEach = long ? 50 : 5;
  const rounds = long ? 7 : 3;
  const small = await fillLedger(await server.database('young'), { wallets: WALLETS, transfersEach: 1, ownTransactions: 1 });
  say(`filling ${WALLETS * transfersEach} transfers`);
  const large = await fillLedger(await server.database('old'), { wallets: WALLETS, transfersEach, ownTransactions: 1 });
  const ways = [small, large].map((filled) => {
    const traffic = new LedgerTraffic(filled, 11);
    return timed(long ? 8 : 4, 1_000, 10_000, (callers, count) => postTogether(filled, traffic.take(count), callers, 'kernel'));
  });
  const measured: Measured[][] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    for (const [at, way] of ways.entries()) {
      const one = await way();
      say(`${round === 0 ? 'warming up' : `round ${round}`}: ${at === 0 ? 'young' : 'old'} ${Math.round(one.perSecond)}/s`);
      if (round > 0) itemAt(measured, at).push(one);
    }
  }
  for (const filled of [small, large]) {
    await checkBooks(filled);
    await filled.ledger.close();
  }
  const young = median(itemAt(measured, 0));
  const old = median(itemAt(measured, 1));
  const million = (WALLETS * transfersEach) / 1_000_000;
  return {
    title: 'Growth',
    about: `The kernel at 1,000 callers on a ledger that began the run with 100,000 transfers and on one that began it with ${million} million; median of ${rounds} alternating rounds.`,
    tables: [
      {
        columns: ['transfers behind it', 'a second', 'p50 ms', 'p99 ms'],
        rows: [
          ['100,000', young.perSecond, young.p50, young.p99],
          [`${million} million`, old.perSecond, old.p50, old.p99],
        ],
      },
    ],
    ratios: [{ what: `rate at 100,000 transfers / rate at ${million} million`, value: young.perSecond / old.perSecond, target: { most: 1.15 } }],
    bars: [
      { label: 'kernel, 100,000 transfers behind it', value: young.perSecond, unit: '/s' },
      { label: `kernel, ${million} million transfers behind it`, value: old.perSecond, unit: '/s' },
    ],
  };
}
