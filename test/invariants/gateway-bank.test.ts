import { type BankRun, runBank } from './gateways/bank-run';
import { MUTATIONS } from './gateways/errands';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG, SEED } from './run-settings';

const MEMBERS = 200;
const CALLERS = 64;
const SECONDS = LONG ? 600 : CI ? 60 : 8;

let town: GatewayTown;
let gateways: GatewayProcess[];

beforeAll(async () => {
  town = await openGatewayTown({ members: MEMBERS });
  const { app } = town.points.test;
  gateways = await Promise.all([startGateway(app), startGateway(app)]);
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.kill();
  await town?.close();
});

it(
  `${CALLERS} clients at two gateway processes, ${MEMBERS} wallets, ${SECONDS} seconds: every answer counts once, no balance is ever wrong (TESSERA_SEED=${SEED})`,
  async () => {
    const { log } = town;
    const enough = (run: BankRun) =>
      log.told.size > SECONDS * 10 &&
      run.snapshots > 3 &&
      run.balances > SECONDS &&
      MUTATIONS.every((mutation) => byKind(town)[`${mutation} ACCEPTED`] !== undefined);
    const { findings, snapshots, balances } = await runBank(town, gateways, { callers: CALLERS, seconds: SECONDS, enough, repeats: 100 });
    expect(findings).toEqual([]);
    // No gateway was away: whatever a client had to send again would be a deadlock or an outage that reached it.
    expect({ unheard: log.unheard, last: log.lastUnheard }).toMatchObject({ unheard: 0 });
    if (LONG) process.stderr.write(`bank: ${JSON.stringify({ answers: log.told.size, snapshots, balances, ...byKind(town) })}\n`);
  },
  SECONDS * 1_000 + 300_000,
);

function byKind({ log }: GatewayTown): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { errand, said } of log.told.values()) counts[`${errand.mutation} ${said}`] = (counts[`${errand.mutation} ${said}`] ?? 0) + 1;
  return counts;
}
