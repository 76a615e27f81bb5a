import { setTimeout as sleep } from 'node:timers/promises';
import { type KillableServer, startKillableServer } from '../support/killable-server';
import { faultsInBooks } from './book-checks';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG, randomFrom, SEED } from './run-settings';

const GATEWAY_KILLS = LONG ? 50 : CI ? 10 : 4;
const SERVER_KILLS = LONG ? 20 : CI ? 6 : 2;
const CALLERS = 24;

let server: KillableServer;
let town: GatewayTown;
let gateways: GatewayProcess[];

beforeAll(async () => {
  server = await startKillableServer();
  town = await openGatewayTown(60, server.database);
  const { app } = town.points.test;
  gateways = await Promise.all([startGateway(app), startGateway(app)]);
}, 60_000);
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.kill();
  await town?.close();
  await server?.stop();
});

/** Clients go on at whichever gateway answers while `disturb` does its worst; then all they were told must be in the books, once. */
async function underLoad(disturb: (over: () => boolean) => Promise<void>): Promise<void> {
  let over = false;
  const callers = Array.from({ length: CALLERS }, (_, n) =>
    town.caller(
      (attempt) => gateways[(n + attempt) % gateways.length].url,
      () => over,
    ),
  );
  const all = Promise.all(callers);
  try {
    const disturbed = disturb(() => over).finally(() => {
      over = true;
    });
    await Promise.race([disturbed, all]);
    await disturbed;
  } finally {
    over = true;
  }
  await all;
  expect(await town.faults()).toEqual([]);
  expect(await faultsInBooks(server.database.owner)).toEqual([]);
  expect(await town.repeat((attempt) => gateways[attempt % 2].url, 50)).toEqual([]);
}

const random = randomFrom(SEED);

it(
  `a gateway is killed with -9 ${GATEWAY_KILLS} times under load: what was acknowledged is there, nothing twice (TESSERA_SEED=${SEED})`,
  async () => {
    const { log, points } = town;
    await underLoad(async (over) => {
      for (let kill = 0; kill < GATEWAY_KILLS && !over(); kill++) {
        await sleep(50 + random.int(250));
        const at = kill % 2;
        await gateways[at].kill();
        gateways[at] = await startGateway(points.test.app, Number(new URL(gateways[at].url).port));
      }
    });
    expect(log.unheard).toBeGreaterThan(0);
    if (LONG) process.stderr.write(`gateway killed ${GATEWAY_KILLS} times: ${JSON.stringify({ answers: log.told.size, unheard: log.unheard })}\n`);
  },
  GATEWAY_KILLS * 8_000 + 60_000,
);

it(
  `PostgreSQL is killed with -9 ${SERVER_KILLS} times under load: what was acknowledged is there, nothing twice (TESSERA_SEED=${SEED})`,
  async () => {
    const { log } = town;
    const [answers, unheard] = [log.told.size, log.unheard];
    const away: number[] = [];
    await underLoad(async (over) => {
      for (let kill = 0; kill < SERVER_KILLS && !over(); kill++) {
        // Clients have found it again and are at it.
        const before = log.told.size;
        while (log.told.size < before + 50 && !over()) await sleep(50);
        await sleep(random.int(600));
        // Every other time one of its processes only: the server then restarts itself.
        if (kill % 2 === 1) await server.killBackend();
        else away.push(await server.killAndRestart());
      }
      await sleep(1_000);
    });
    expect(log.unheard).toBeGreaterThan(unheard);
    expect(log.told.size - answers).toBeGreaterThan(SERVER_KILLS * 50);
    if (LONG)
      process.stderr.write(
        `server killed ${SERVER_KILLS} times: ${JSON.stringify({ answers: log.told.size - answers, unheard: log.unheard - unheard, away: away.map(Math.round) })}\n`,
      );
  },
  SERVER_KILLS * 15_000 + 60_000,
);
