import { setTimeout as sleep } from 'node:timers/promises';
import { faultsInBooks } from '../book-checks';
import { BalancesRead } from './balances-read';
import { findingsAtRest } from './findings';
import type { GatewayProcess } from './gateway-process';
import type { GatewayTown } from './gateway-town';

/** Checks of the books that are quick enough to be made all the time. */
const QUICK = ['conservation', 'no wallet is below its floor', 'lots add up to their wallet', 'held is what open holds hold'];

export interface BankLoad {
  readonly callers: number;
  readonly seconds: number;
  /**
   * What must have been tried. On a busy machine that takes longer than so many seconds. Left out: anything is enough.
   */
  readonly enough?: (run: BankRun) => boolean;
  /** No end of them unless given. */
  readonly answers?: number;
  /** Requests sent again at rest. */
  readonly repeats: number;
}

/** What was found wrong, and how much was looked at. */
export interface BankRun {
  readonly findings: readonly string[];
  readonly snapshots: number;
  readonly balances: number;
}

/**
 * Clients at all gateways for so many seconds and until it is enough, or until they have so many answers. Meanwhile
 * balances are read, and the books are looked at in snapshots; then everything at rest. The first finding ends it.
 */
export async function runBank(
  town: GatewayTown,
  gateways: readonly GatewayProcess[],
  { callers, seconds, enough = () => true, answers = Number.POSITIVE_INFINITY, repeats }: BankLoad,
): Promise<BankRun> {
  const { owner } = town.points.test.database;
  const findings: string[] = [];
  const deadline = performance.now() + seconds * 1_000;
  const read = new BalancesRead(town.points);
  let snapshots = 0;
  const run = (): BankRun => ({ findings, snapshots, balances: read.count });
  const over = () => (performance.now() > deadline && enough(run())) || town.log.told.size >= answers || findings.length > 0;
  const auditor = async () => {
    while (!over()) {
      findings.push(...(await faultsInBooks(owner, QUICK)).map((fault) => `snapshot: ${fault}`), ...(await read.neverHad()));
      snapshots++;
      await sleep(100);
    }
  };
  const reader = async ({ url }: GatewayProcess) => {
    for (let n = 0; !over(); n++) findings.push(...(await read.read(url, town.cards[n % town.cards.length])));
  };
  const found = (error: Error) => void findings.push(`client: ${error.message}`);
  const clients = Array.from({ length: callers }, (_, n) => town.caller(() => gateways[n % gateways.length].url, over));
  await Promise.all([...clients, ...gateways.map(reader)].map((client) => client.catch(found)).concat(auditor()));
  findings.push(...(await read.neverHad()));
  findings.push(...(await findingsAtRest(town, () => gateways[0].url, repeats)));
  return run();
}
