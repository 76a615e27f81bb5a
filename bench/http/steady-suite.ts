import { itemAt } from '../../src/platform/one-of';
import type { BenchContext, Report, Suite } from '../suite';
import { startLoad, startServer } from './children';
import { drive, problems } from './http-suite';
import { buildHttpTown, earnedSoFar } from './http-town';
import type { ServerState } from './serve';

/** A gateway under load for long, and under more than it can take. */
export const httpSteady: Suite = { name: 'steady', run };

const MEMBERS = 20_000;
const OVERLOAD_CALLERS = 20_000;
/**
 * One process can open only so many sockets, and PostgreSQL has its own bounds. Bulks make up the rest of the overload:
 * 200 connections x 100 purchases.
 */
const OVERLOAD_CONNECTIONS = OVERLOAD_CALLERS / 100;

async function run({ server, long, say }: BenchContext): Promise<Report> {
  const [minutes, samples] = long ? [60, 30] : [2, 8];
  const town = await buildHttpTown(server, 'steady', MEMBERS);
  const gateway = await startServer({ kind: 'gateway', town });
  const load = startLoad();
  let accepted = 0;
  const states: { readonly at: number; readonly state: ServerState }[] = [];
  const began = performance.now();
  // The first minute fills caches that are bounded: it is not counted.
  for (let sample = 0; sample <= samples; sample++) {
    const result = await drive(load, gateway, {
      kind: 'earn',
      connections: 64,
      seconds: (minutes * 60) / (samples + 1),
      members: MEMBERS,
      run: `steady${sample}`,
    });
    accepted += result.outcomes.ok ?? 0;
    const state = await gateway.state();
    if (sample > 0) states.push({ at: (performance.now() - began) / 60_000, state });
    say(`${Math.round(result.perSecond)} earns/s, heap after collection ${mib(state.heapUsed)} MiB ${problems(result)}`);
  }
  const slope = slopeOf(states.map(({ at, state }) => [at, state.heapUsed]));
  const growth = itemAt(states, states.length - 1).state.heapUsed / itemAt(states, 0).state.heapUsed;

  const overload = await drive(load, gateway, { kind: 'bulk', connections: OVERLOAD_CONNECTIONS, seconds: 1, members: MEMBERS, run: 'overload' });
  const after = await drive(load, gateway, { kind: 'earn', connections: 64, seconds: 5, members: MEMBERS, run: 'after' });
  accepted += (overload.purchases.ok ?? 0) + (after.outcomes.ok ?? 0);
  const stored = await earnedSoFar(server, 'steady');
  say(`overload: ${JSON.stringify(overload.purchases)}; after it ${Math.round(after.perSecond)} earns/s; ${accepted} acknowledged, ${stored} stored`);
  load.stop();
  await gateway.stop();
  return {
    title: 'A gateway for long, and one asked too much',
    about: `${minutes} minutes of recordPurchase over 64 connections; the heap is measured after a full collection, ${samples} times after the first. Then ${OVERLOAD_CALLERS.toLocaleString('en-US')} purchases at once, in ${OVERLOAD_CONNECTIONS} bulks that are sent at the same time and again when answered. ${accepted.toLocaleString('en-US')} purchases were acknowledged, ${stored.toLocaleString('en-US')} are stored.`,
    tables: [
      { columns: ['minutes', 'heap MiB', 'external MiB'], rows: states.map(({ at, state }) => [at.toFixed(1), mib(state.heapUsed), mib(state.external)]) },
      {
        columns: ['overload: answer', 'purchases'],
        rows: Object.entries(overload.purchases),
      },
    ],
    ratios: [
      { what: `heap at the end / at the beginning (slope ${(slope / 2 ** 20).toFixed(2)} MiB a minute)`, value: growth, target: { most: 1.1 } },
      { what: 'purchases stored / acknowledged', value: stored / accepted, target: { least: 1 } },
    ],
    bars: [],
  };
}

function mib(bytes: number): number {
  return Number((bytes / 2 ** 20).toFixed(1));
}

/** Least squares. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
