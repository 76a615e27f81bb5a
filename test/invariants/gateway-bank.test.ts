import { setTimeout as sleep } from 'node:timers/promises';
import { faultsInBooks } from './book-checks';
import { MUTATIONS } from './gateways/errands';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG, SEED } from './run-settings';

const MEMBERS = 200;
const CALLERS = 64;
const SECONDS = LONG ? 600 : CI ? 60 : 15;

const BALANCES = `query ($ref: MemberRefInput!) { member(ref: $ref) { wallet { balances { active pending held arrears spendable } } } }`;

let town: GatewayTown;
let gateways: GatewayProcess[];

beforeAll(async () => {
  town = await openGatewayTown(MEMBERS);
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
    const { points, log } = town;
    const { owner } = points.test.database;
    const deadline = performance.now() + SECONDS * 1_000;
    const over = () => performance.now() > deadline;
    let snapshots = 0;
    let balances = 0;
    const auditor = async () => {
      while (!over()) {
        expect(
          await faultsInBooks(owner, ['conservation', 'no wallet is below its floor', 'lots add up to their wallet', 'held is what open holds hold']),
        ).toEqual([]);
        snapshots++;
        await sleep(100);
      }
    };
    const reader = async (gateway: GatewayProcess) => {
      for (let n = 0; !over(); n++) {
        const ref = { identifier: { kind: 'CARD', value: `card ${n % MEMBERS}` } };
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${await points.fuel()}` };
        const response = await fetch(gateway.url, { method: 'POST', headers, body: JSON.stringify({ query: BALANCES, variables: { ref } }) });
        const body = (await response.json()) as { data?: { member: { wallet: { balances: Record<string, number>[] } } } };
        if (!body.data) throw new Error(JSON.stringify(body));
        for (const balance of body.data.member.wallet.balances) {
          for (const part of Object.values(balance)) expect(part).toBeGreaterThanOrEqual(0);
          expect(balance.spendable).toBeLessThanOrEqual(balance.active);
          balances++;
        }
      }
    };
    const callers = Array.from({ length: CALLERS }, (_, n) => town.caller(() => gateways[n % 2].url, over));
    await Promise.all([...callers, auditor(), ...gateways.map(reader)]);

    // No gateway was away: whatever a client had to send again would be a deadlock or an outage that reached it.
    expect(log.unheard).toBe(0);
    expect(await town.faults()).toEqual([]);
    expect(await faultsInBooks(owner)).toEqual([]);
    expect(await town.repeat(() => gateways[0].url, 100)).toEqual([]);
    expect(log.told.size).toBeGreaterThan(SECONDS * 10);
    expect(snapshots).toBeGreaterThan(3);
    // Otherwise little was tried.
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
