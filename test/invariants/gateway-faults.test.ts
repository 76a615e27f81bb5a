import { type KillableServer, startKillableServer } from '../support/killable-server';
import { type BankLoad, runBank } from './gateways/bank-run';
import { runThroughCrashes, untilAnswered } from './gateways/crash-run';
import { FORGETFUL } from './gateways/errands';
import type { GatewayFault } from './gateways/faulty-gateway';
import { type GatewayProcess, startGateway } from './gateways/gateway-process';
import { type GatewayTown, openGatewayTown } from './gateways/gateway-town';
import { CI, LONG } from './run-settings';

/**
 * A check that cannot fail is a defect. A gateway with a silent fault (gateways/faulty-gateway.ts), and a server that
 * loses what it has acknowledged, must turn the checks of gateway-bank.test.ts and gateway-crash.test.ts red: the one
 * that is meant to see it, and no other. Without a fault the same runs find nothing. All together take a minute, so
 * ordinarily one of each runs.
 */
const inTime = LONG || CI ? it : it.skip;

const MEMBERS = 12;
const LOAD = { callers: 12, repeats: 20 };

/** What it looks like, by the check that says so. */
const LOST = /^told: .* was \w+, the ledger says undefined$/;
const UNASKED = /^told: posting \S+ was told to nobody$/;
const IN_PIECES = /^snapshot: (conservation|lots add up to their wallet|held is what open holds hold): /;
const WRONG_BOOKS = /^(snapshot|balance|verify|books): /;
const NEVER_HAD = /^balance: .* and never had them$/;
const OTHERWISE = /^again: .* was answered otherwise: /;

interface Setting {
  readonly fault?: GatewayFault;
  readonly only?: readonly string[];
  readonly server?: KillableServer;
  /** One unless given. */
  readonly gateways?: number;
  /** The fault may become known to the gateway too. */
  readonly loud?: boolean;
}

/** A town of its own with a gateway that has the fault, and said nothing of it. */
async function withGateway(setting: Setting, work: (town: GatewayTown, gateways: GatewayProcess[]) => Promise<readonly string[]>): Promise<readonly string[]> {
  const { fault, only, server, gateways: count = 1 } = setting;
  const town = await openGatewayTown({ members: MEMBERS, only, database: server?.database });
  const gateways: GatewayProcess[] = [];
  try {
    gateways.push(...(await Promise.all(Array.from({ length: count }, () => startGateway(town.points.test.app, { fault })))));
    const findings = await work(town, gateways);
    if (!setting.loud) expect(gateways.flatMap(({ defects }) => defects)).toEqual([]);
    return findings;
  } finally {
    for (const gateway of gateways) await gateway.kill();
    await town.close();
  }
}

/**
 * Waits until clients were told of more than is committed. What is missing will not come, since the gateway stands
 * still.
 */
async function untilToldMoreThanBooked({ points, log }: GatewayTown, over: () => boolean): Promise<void> {
  while (!over()) {
    const before = log.told.size;
    const { rows } = await points.test.database.owner.query("SELECT count(*)::int AS booked FROM posting WHERE kind <> 'ENROL_MEMBER'");
    if (before > rows[0].booked) return;
  }
}

/** There are findings, and all are of this kind. */
function expectOnly(findings: readonly string[], kind: RegExp): void {
  expect(findings.filter((finding) => !kind.test(finding))).toEqual([]);
  expect(findings).not.toEqual([]);
}

describe('what gateway-bank.test.ts checks', () => {
  const bank = (setting: Setting, load: Partial<BankLoad>) =>
    withGateway(setting, async (town, gateways) => (await runBank(town, gateways, { ...LOAD, seconds: 240, ...load })).findings);

  it('is red when a gateway acknowledges what it rolls back', async () => {
    expectOnly(await bank({ fault: 'acknowledges what it rolls back', only: FORGETFUL }, { answers: 150, repeats: 0 }), LOST);
  });

  inTime('is red when a gateway commits a batch in two transactions', async () => {
    const findings = await bank({ fault: 'commits a batch in two transactions' }, {});
    // A client may be shown such a balance too.
    expectOnly(
      findings.filter((finding) => !NEVER_HAD.test(finding)),
      IN_PIECES,
    );
  });

  inTime('is red when a gateway reads a balance from two snapshots', async () => {
    expectOnly(await bank({ fault: 'reads a balance from two snapshots', only: ['recordPurchase', 'hold', 'voidHold'] }, {}), NEVER_HAD);
  });

  inTime('is red when a gateway writes over what another gateway wrote', async () => {
    const setting = { fault: 'writes over what another gateway wrote', gateways: 2, only: ['recordPurchase', 'hold'], loud: true } as const;
    const findings = await bank(setting, { repeats: 0 });
    expectOnly(
      findings.filter((finding) => !finding.startsWith('client: ')),
      WRONG_BOOKS,
    );
  });

  inTime('is red when a gateway books again what comes again', async () => {
    expectOnly(await bank({ fault: 'books again what comes again' }, { answers: 60 }), OTHERWISE);
  });

  inTime('is green without a fault', async () => {
    expect(await bank({}, { answers: 400 })).toEqual([]);
  });
});

describe('what gateway-crash.test.ts checks', () => {
  /**
   * Clients are at it. The gateway is killed while it stands still at the worst moment, and another takes its place.
   */
  const killGateway = (setting: Setting & { readonly fault: GatewayFault }, when: 'told more than booked' | 'booked more than told') =>
    withGateway(setting, (town, gateways) =>
      runThroughCrashes(town, gateways, { ...LOAD, repeats: 0 }, async (over) => {
        await untilAnswered(town, 60, over);
        await gateways[0].standStill();
        if (when === 'told more than booked') await untilToldMoreThanBooked(town, over);
        await gateways[0].kill();
        gateways[0] = await startGateway(town.points.test.app, { fault: setting.fault, port: Number(new URL(gateways[0].url).port) });
      }),
    );

  it('is red when a gateway acknowledges before COMMIT and is killed', async () => {
    expectOnly(await killGateway({ fault: 'acknowledges before COMMIT', only: FORGETFUL }, 'told more than booked'), LOST);
  });

  inTime('is red when a gateway books again what comes again after a kill', async () => {
    expectOnly(await killGateway({ fault: 'books again what comes again', only: ['recordPurchase'] }, 'booked more than told'), UNASKED);
  });

  inTime('is green without a fault', async () => {
    expect(await killGateway({ fault: 'answers late' }, 'booked more than told')).toEqual([]);
  });

  describe('with a server of its own', () => {
    let server: KillableServer;
    afterEach(() => server?.stop());

    /** Clients are at it, the server is killed and started again, and nobody asks for more. */
    async function killServer(settings: Record<string, string>): Promise<readonly string[]> {
      server = await startKillableServer(settings);
      return withGateway({ server, only: ['recordPurchase'] }, (town, gateways) =>
        runThroughCrashes(town, gateways, { ...LOAD, repeats: 0 }, async (over) => {
          await untilAnswered(town, 150, over);
          // What was there before is kept: the town, and an account in every wallet.
          await server.database.owner.query('CHECKPOINT');
          await untilAnswered(town, 50, over);
          await server.killAndRestart();
        }),
      );
    }

    inTime('is red when PostgreSQL is killed that answers COMMIT before it is on disk', async () => {
      expectOnly(await killServer({ synchronous_commit: 'off', wal_writer_delay: '10s', wal_writer_flush_after: '1GB' }), LOST);
    });

    inTime('is green when one is killed that does not', async () => {
      expect(await killServer({})).toEqual([]);
    });
  });
});
