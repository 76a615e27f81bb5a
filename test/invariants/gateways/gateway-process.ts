import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { App } from '../../../src/app';
import { vaultKeyVariable } from '../../support/test-app';
import type { GatewayFault } from './faulty-gateway';
import { MOMENT_IS_HERE } from './moment';

const ROOT = join(__dirname, '../../..');
/** Far longer than it takes, whatever else the machine does: only what hangs is to be cut off. */
const START_MS = 240_000;

/** A gateway in a process of its own, as `npm run gateway` runs it. */
export interface GatewayProcess {
  readonly url: string;
  /** Neither ended by itself nor killed. */
  readonly alive: boolean;
  /** What it said of defects of its own; what a client is told of one is only an id. */
  readonly defects: readonly string[];
  /** Has a gateway with a fault stand still at the moment at which a kill catches something; resolves when it does. */
  standStill(): Promise<void>;
  /** kill -9; a gateway on the same port can be started at once. */
  kill(): Promise<void>;
}

/**
 * Starts one for the coalition of a test app, whose tokens it takes. On a port of its own unless one is given, without
 * a fault unless one is named.
 */
export async function startGateway({ config }: App, options: { readonly port?: number; readonly fault?: GatewayFault } = {}): Promise<GatewayProcess> {
  const { port = await freePort(), fault } = options;
  const preloads = ['./test/support/swc-register.cjs', ...(fault ? ['./test/invariants/gateways/faulty-gateway.ts'] : [])];
  const child = spawn(process.execPath, [...preloads.flatMap((file) => ['-r', file]), 'src/process/main.ts', 'gateway'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: config.database.urls?.owner,
      TESSERA_MASTER_KEY: config.masterKey?.toString('hex'),
      TESSERA_VAULT_KEY: vaultKeyVariable(config),
      TESSERA_PUBLIC_URL: config.http.publicUrl,
      TESSERA_PORT: String(port),
      TESSERA_LOG_FORMAT: 'json',
      TESSERA_EXPLORER: 'false',
      // The operator's staff reads balances.
      TESSERA_LOCAL_ISSUER: 'true',
      TESSERA_DATABASE_POOL: '8',
      REDIS_URL: process.env.REDIS_URL,
      TEST_GATEWAY_FAULT: fault,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const defects: string[] = [];
  const lines = createInterface({ input: child.stdout as Readable });
  try {
    await untilReady(child, lines, defects);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    defects,
    async standStill() {
      const still = new Promise<void>((here) => lines.on('line', (line) => line === MOMENT_IS_HERE && here()));
      child.kill('SIGUSR2');
      await Promise.race([still, ended.then(() => Promise.reject(new Error('the gateway ended before it stood still')))]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function untilReady(child: ChildProcess, lines: Interface, defects: string[]): Promise<void> {
  let output = '';
  return new Promise((ready, failed) => {
    const late = setTimeout(() => failed(new Error(`the gateway has not become ready within ${START_MS / 1_000} seconds:\n${output}`)), START_MS);
    lines.on('line', (line) => {
      output = `${output}${line}\n`.slice(-10_000);
      if (line.includes('the gateway is ready')) {
        clearTimeout(late);
        ready();
      }
      if (!line.includes('unexpected error')) return;
      defects.push(line);
      process.stderr.write(`${line}\n`);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      failed(new Error(`the gateway ended with ${signal ?? code}:\n${output}`));
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
