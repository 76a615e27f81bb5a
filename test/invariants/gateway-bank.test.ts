import { runBank } from './gateways/bank-run';
import { MUTATIONS } from './gateways/errands';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG, SEED } from './run-settings';

const MEMBERS = 200;
const CALLERS = 64;
const SECONDS = LONG ? 600 : CI ? 60 : 15;

let town: GatewayTown;
let gateways: GatewayProcess[];

beforeAll(async () => {
  town = await openGatewayTown({ members: MEMBERS });
  const { app } = town.points.test;
  gateways = await Promise.all([startGateway(app), startGateway(app)]);
}, 60_000);
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.kill();
  await town?.close();
});

it(
  `${CALLERS} clients at two gateway processes, ${MEMBERS} wallets, ${SECONDS} seconds: every answer counts once, no balance is ever wrong (TESSERA_SEED=${SEED})`,
  async () => {
    const { findings, snapshots, balances } = await runBank(town, gateways, { callers: CALLERS, seconds: SECONDS, repeats: 100 });
    expect(findings).toEqual([]);
    const { log } = town;
    // No gateway was away: whatever a client had to send again would be a deadlock or an outage that reached it.
    expect({ unheard: log.unheard, last: log.lastUnheard }).toMatchObject({ unheard: 0 });
    expect(log.told.size).toBeGreaterThan(SECONDS * 10);
    expect(snapshots).toBeGreaterThan(3);
    // Otherwise little was tried.
    expect(balances).toBeGreaterThan(SECONDS);
    for (const mutation of MUTATIONS) expect(byKind(town)[`${mutation} ACCEPTED`] ?? 0).toBeGreaterThan(0);
    if (LONG) process.stderr.write(`bank: ${JSON.stringify({ answers: log.told.size, snapshots, balances, ...byKind(town) })}\n`);
  },
  SECONDS * 1_000 + 120_000,
);

function byKind({ log }: GatewayTown): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { errand, said } of log.told.values()) counts[`${errand.mutation} ${said}`] = (counts[`${errand.mutation} ${said}`] ?? 0) + 1;
  return counts;
}
