import { setTimeout as sleep } from 'node:timers/promises';
import { findingsAtRest } from './findings';
import type { GatewayProcess } from './gateway-process';
import type { GatewayTown } from './gateway-town';

const SILENT_MS = 120_000;

/**
 * Clients go on at whichever gateway answers while `disturb` does its worst. Then all they were told must be in the
 * books, once. Gives what was found wrong. `gateways` may be replaced meanwhile. A client that fails ends it: `over`.
 */
export async function runThroughCrashes(
  town: GatewayTown,
  gateways: readonly GatewayProcess[],
  { callers, repeats }: { readonly callers: number; readonly repeats: number },
  disturb: (over: () => boolean) => Promise<void>,
): Promise<string[]> {
  const findings: string[] = [];
  let over = false;
  const client = async (n: number) => {
    try {
      await town.caller(
        (attempt) => gateways[(n + attempt) % gateways.length].url,
        () => over,
      );
    } catch (error) {
      findings.push(`client: ${(error as Error).message}`);
      over = true;
    }
  };
  const clients = Promise.all(Array.from({ length: callers }, (_, n) => client(n)));
  try {
    await disturb(() => over);
  } finally {
    over = true;
    // Whoever still waits for an answer waits for it, whatever has happened.
    await clients;
  }
  for (const { alive, url } of gateways) if (!alive) findings.push(`gateway: the one at ${url} has ended by itself`);
  return [...findings, ...(await findingsAtRest(town, (attempt) => gateways[attempt % gateways.length].url, repeats))];
}

/**
 * Waits until clients have heard so many more answers. Throws, with what they heard last, when nothing is answered for
 * longer than any machine takes.
 */
export async function untilAnswered({ log }: GatewayTown, answers: number, over: () => boolean): Promise<void> {
  const before = log.told.size;
  for (let [last, since] = [before, performance.now()]; log.told.size < before + answers && !over(); await sleep(20)) {
    if (log.told.size > last) [last, since] = [log.told.size, performance.now()];
    if (performance.now() - since > SILENT_MS)
      throw new Error(`only ${last - before} of ${answers} requests were answered, and none for a while; last unheard: ${log.lastUnheard}`);
  }
}
