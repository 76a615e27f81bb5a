import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findServerUser } from '../../src/platform/embedded/embedded-binaries';
import { isAlive, readPostmaster } from '../../src/platform/embedded/embedded-cluster';
import { findEmbeddedServer } from '../../src/platform/embedded/embedded-server';
import { makeThrowawayDirectory } from '../../src/platform/embedded/throwaway-server';

/** One `npm start` as a user would run it, without npm itself. */
interface Started {
  readonly process: ChildProcess;
  readonly url: string;
  output(): string;
}

describe('npm start', () => {
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    dataDir = join(await makeThrowawayDirectory(findServerUser()), 'data');
    mkdirSync(dataDir, { mode: 0o755 });
  });
  afterAll(() => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(dirname(dataDir), { recursive: true, force: true });
  });

  function run(command: string, variables: Record<string, string> = {}) {
    const environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TESSERA_DATA_DIR: dataDir,
      TESSERA_PORT: '0',
      TESSERA_WORKERS_PORT: '0',
      ...variables,
    };
    const child = spawn(process.execPath, ['src/bootstrap.mjs', command], { cwd: join(__dirname, '../..'), env: environment });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    return { process: child, output: () => output };
  }

  async function started(command: string, sign: RegExp): Promise<Started> {
    const running = run(command);
    for (const deadline = Date.now() + 120_000; !sign.test(running.output()); await sleep(50))
      if (running.process.exitCode !== null || Date.now() > deadline) throw new Error(`${command} did not get ready:\n${running.output()}`);
    const port = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(running.output())?.[1];
    return { ...running, url: `http://127.0.0.1:${port}` };
  }

  async function ended(running: { process: ChildProcess }): Promise<number | null> {
    if (running.process.exitCode === null) await once(running.process, 'exit');
    return running.process.exitCode;
  }

  async function brands(): Promise<string[]> {
    const client = new Client({ connectionString: findEmbeddedServer(dataDir).app });
    await client.connect();
    await client.query("SELECT set_config('tessera.principal', 'worker', false)");
    const { rows } = await client.query('SELECT code FROM brand WHERE NOT is_operator ORDER BY code');
    await client.end();
    return rows.map((row) => row.code);
  }

  it('brings everything up; killed with -9 it recovers, and starts a killed PostgreSQL again; further processes join; asked to stop it leaves nothing', async () => {
    const first = await started('start', /Tessera is ready[\s\S]*Stop with Ctrl-C/);
    expect(await (await fetch(`${first.url}/health/ready`)).json()).toEqual({
      status: 'ready',
      checks: { database: 'ok', migrations: 'ok', queue: 'ok', clock: 'ok' },
      mode: 'sandbox',
      clock: { now: expect.any(String), moved: false },
    });
    for (const what of ['API', 'explorer', 'queue board', 'health', 'metrics', 'CLIENT_SECRET', 'OPERATOR_TOKEN', 'MEMBER_TOKEN'])
      expect(first.output()).toContain(what);
    // Nobody sits before it: what it says may be kept.
    const secrets = [...readFileSync(join(dataDir, 'demo.env'), 'utf8').matchAll(/_(?:SECRET|TOKEN)='([^']+)/g)];
    expect(secrets.length).toBeGreaterThan(5);
    for (const [, secret] of secrets) expect(first.output()).not.toContain(secret);
    expect(await brands()).toEqual(['FUEL', 'GROCER', 'TAXI']);

    const second = run('start');
    expect(await ended(second)).toBe(1);
    expect(second.output()).toMatch(/Another Tessera \(process \d+\) is already running/);

    first.process.kill('SIGKILL');
    await ended(first);
    const again = await started('start', /Stop with Ctrl-C/);
    expect(await brands()).toEqual(['FUEL', 'GROCER', 'TAXI']);

    const gateway = await started('gateway', /the gateway is ready/);
    // Tokens name their issuer: a gateway that joins goes by the same name.
    const known = async (url: string) => (await fetch(`${url}/.well-known/openid-configuration`)).text();
    expect(await known(gateway.url)).toBe(await known(again.url));
    gateway.process.kill('SIGINT');
    expect(await ended(gateway)).toBe(0);

    // Its PostgreSQL is killed: it starts it again, and the gateway finds its way back.
    process.kill(readPostmaster(join(dataDir, 'postgres'))?.pid as number, 'SIGKILL');
    const health = async () => (await fetch(`${again.url}/health/ready`)).json() as Promise<{ status: string }>;
    const isBack = async () => /the embedded database is running again/.test(again.output()) && (await health()).status === 'ready';
    for (const deadline = Date.now() + 60_000; !(await isBack()); await sleep(100)) if (Date.now() > deadline) throw new Error(again.output());
    expect(await brands()).toEqual(['FUEL', 'GROCER', 'TAXI']);

    const server = readPostmaster(join(dataDir, 'postgres'))?.pid as number;
    again.process.kill('SIGTERM');
    expect(await ended(again)).toBe(0);
    expect(isAlive(server)).toBe(false);
    expect(() => readFileSync(join(dataDir, 'lock'))).toThrow(/ENOENT/);

    const orphan = run('workers');
    expect(await ended(orphan)).toBe(1);
    expect(orphan.output()).toMatch(/No database is running on .*Run "npm start" first/);
  });
});
