import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { App } from '../../../src/app';

const ROOT = join(__dirname, '../../..');

/** A gateway in a process of its own, as `npm run gateway` runs it. */
export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** Ended by itself or killed. */
  readonly ended: Promise<unknown>;
  /** kill -9; a gateway on the same port can be started at once. */
  kill(): Promise<void>;
}

/** Starts one for the coalition of a test app, whose tokens it takes; on a port of its own unless one is given. */
export async function startGateway({ config }: App, port?: number): Promise<GatewayProcess> {
  const own = port ?? (await freePort());
  const child = spawn(process.execPath, ['-r', './test/support/swc-register.cjs', 'src/main.ts', 'gateway'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: config.database.urls?.owner,
      TESSERA_MASTER_KEY: config.masterKey?.toString('hex'),
      TESSERA_PUBLIC_URL: config.http.publicUrl,
      TESSERA_PORT: String(own),
      TESSERA_LOG_FORMAT: 'json',
      TESSERA_EXPLORER: 'false',
      TESSERA_DATABASE_POOL: '8',
      REDIS_URL: process.env.REDIS_URL,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await untilReady(child);
  return {
    url: `http://127.0.0.1:${own}/graphql`,
    pid: child.pid as number,
    ended,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  let output = '';
  return new Promise((ready, failed) => {
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      output = `${output}${line}\n`.slice(-10_000);
      if (line.includes('the gateway is ready')) ready();
      // A defect: what the client is told of it is only an id.
      if (line.includes('unexpected error')) process.stderr.write(`${line}\n`);
    });
    child.once('exit', (code, signal) => failed(new Error(`the gateway ended with ${signal ?? code}:\n${output}`)));
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
