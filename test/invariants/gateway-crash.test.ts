import { setTimeout as sleep } from 'node:timers/promises';
import { type KillableServer, startKillableServer } from '../support/killable-server';
import { runThroughCrashes, untilAnswered } from './gateways/crash-run';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG, randomFrom, SEED } from './run-settings';

const GATEWAY_KILLS = LONG ? 50 : CI ? 10 : 2;
const SERVER_KILLS = LONG ? 20 : CI ? 6 : 2;
const LOAD = { callers: 24, repeats: 50 };

let server: KillableServer;
let town: GatewayTown;
let gateways: GatewayProcess[];

beforeAll(async () => {
  server = await startKillableServer();
  town = await openGatewayTown({ members: 60, database: server.database });
  const { app } = town.points.test;
  gateways = await Promise.all([startGateway(app), startGateway(app)]);
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.kill();
  await town?.close();
  await server?.stop();
});

const random = randomFrom(SEED);

it(
  `a gateway is killed with -9 ${GATEWAY_KILLS} times under load: what was acknowledged is there, nothing twice (TESSERA_SEED=${SEED})`,
  async () => {
    const { log, points } = town;
    const findings = await runThroughCrashes(town, gateways, LOAD, async (over) => {
      for (let kill = 0; kill < GATEWAY_KILLS && !over(); kill++) {
        await untilAnswered(town, 20, over);
        await sleep(random.int(250));
        const at = kill % 2;
        await gateways[at].kill();
        gateways[at] = await startGateway(points.test.app, { port: Number(new URL(gateways[at].url).port) });
      }
    });
    expect(findings).toEqual([]);
    expect(log.unheard).toBeGreaterThan(0);
    if (LONG) process.stderr.write(`gateway killed ${GATEWAY_KILLS} times: ${JSON.stringify({ answers: log.told.size, unheard: log.unheard })}\n`);
  },
  GATEWAY_KILLS * 30_000 + 300_000,
);

it(
  `PostgreSQL is killed with -9 ${SERVER_KILLS} times under load: what was acknowledged is there, nothing twice (TESSERA_SEED=${SEED})`,
  async () => {
    const { log } = town;
    const [answers, unheard] = [log.told.size, log.unheard];
    const away: number[] = [];
    const findings = await runThroughCrashes(town, gateways, LOAD, async (over) => {
      for (let kill = 0; kill < SERVER_KILLS && !over(); kill++) {
        // Clients have found it again and are at it.
        await untilAnswered(town, 50, over);
        await sleep(random.int(600));
        // Every other time one of its processes only: the server then restarts itself.
        if (kill % 2 === 1) await server.killBackend();
        else away.push(await server.killAndRestart());
      }
      await untilAnswered(town, 50, over);
    });
    expect(findings).toEqual([]);
    expect(log.unheard).toBeGreaterThan(unheard);
    expect(log.told.size - answers).toBeGreaterThan(SERVER_KILLS * 50);
    if (LONG)
      process.stderr.write(
        `server killed ${SERVER_KILLS} times: ${JSON.stringify({ answers: log.told.size - answers, unheard: log.unheard - unheard, away: away.map(Math.round) })}\n`,
      );
  },
  SERVER_KILLS * 60_000 + 300_000,
);
