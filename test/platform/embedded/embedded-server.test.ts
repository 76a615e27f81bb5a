import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { pino } from 'pino';
import { lockDataDirectory, makeDataDirectory, readOrNull } from '../../../src/platform/embedded/data-directory';
import { isAlive, isServerOf, readPostmaster, stopServer } from '../../../src/platform/embedded/embedded-cluster';
import { type EmbeddedServer, findEmbeddedServer, startEmbeddedServer } from '../../../src/platform/embedded/embedded-server';
import { until } from '../../support/until';

const log = pino({ level: 'silent' });

async function ask(server: EmbeddedServer, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.urls.owner });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Leaves a connection open; the number of the process that serves it. */
async function openConnection(server: EmbeddedServer): Promise<number> {
  const client = new Client({ connectionString: server.urls.owner });
  client.on('error', () => undefined);
  await client.connect();
  return (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
}

describe('the embedded database', () => {
  // Below a directory that only we may enter, as a home directory often is.
  const parent = mkdtempSync(join(tmpdir(), 'tessera-embedded-test-'));
  const dataDir = join(parent, 'data');
  const cluster = join(dataDir, 'postgres');
  afterAll(async () => {
    const left = readPostmaster(cluster);
    if (left && isServerOf(left.pid, cluster)) await stopServer(left.pid);
    // As root the database itself is elsewhere.
    rmSync(dirname(realpathSync(cluster)), { recursive: true, force: true });
    rmSync(parent, { recursive: true, force: true });
  });

  it('keeps its data over a stop, a kill of node, and a kill of PostgreSQL; commits are durable', async () => {
    const first = await startEmbeddedServer(dataDir, log);
    expect(first.isNew).toBe(true);
    expect(await ask(first, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
    expect(await ask(first, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(await ask(first, 'SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user')).toEqual([{ rolsuper: false, rolbypassrls: false }]);
    await ask(first, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
    expect(statSync(join(dataDir, 'superuser-password')).mode & 0o077).toBe(0);
    await first.stop();
    expect(() => findEmbeddedServer(dataDir)).toThrow(/npm start/);

    const second = await startEmbeddedServer(dataDir, log);
    expect(second.isNew).toBe(false);
    expect(findEmbeddedServer(dataDir)).toEqual(second.urls);
    await ask(second, 'INSERT INTO kept VALUES (2)');
    const running = readPostmaster(cluster)?.pid as number;
    // As after a kill -9 of node: the lock's process is no more, the server runs on.
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, started: '1' }));
    const third = await startEmbeddedServer(dataDir, log);
    expect(readPostmaster(cluster)?.pid).toBe(running);

    process.kill(running, 'SIGKILL');
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, started: '1' }));
    const fourth = await startEmbeddedServer(dataDir, log);
    expect(await ask(fourth, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    await fourth.stop();
    await third.stop();
  });

  it('waits for the processes of a killed PostgreSQL, whatever they still have to say', async () => {
    const first = await startEmbeddedServer(dataDir, log);
    const connected = await Promise.all(Array.from({ length: 8 }, () => openConnection(first)));
    // They notice late, as on a busy machine: when the next server has already refused to run beside them.
    for (const pid of connected) process.kill(pid, 'SIGSTOP');
    process.kill(readPostmaster(cluster)?.pid as number, 'SIGKILL');
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, started: '1' }));
    const starting = startEmbeddedServer(dataDir, log);
    const refuses = () => /pre-existing shared memory block/.test(readOrNull(join(dataDir, 'postgres.log')) ?? '');
    await until('the next server refuses to run beside them', refuses, 1);
    for (const pid of connected) process.kill(pid, 'SIGCONT');
    const second = await starting;
    expect(readFileSync(join(dataDir, 'postgres.log.previous'), 'utf8').match(/unexpected postmaster exit/g)?.length).toBe(connected.length);
    expect(await ask(second, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
    await second.stop();
    await first.stop();
  });

  it('starts while the one that it has stopped is not gone yet for PostgreSQL', async () => {
    const first = await startEmbeddedServer(dataDir, log);
    const { pid } = readPostmaster(cluster) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await until('the server has ended', () => !isAlive(pid), 1);
    // Ends when it is told to. Its parent never asks what became of it, so its number stays for a while.
    const program = `env --default-signal=INT sh -c 'echo $$; exec sleep 100' & exec sleep 3`;
    const { uid, gid } = statSync(cluster);
    const parent = spawn('sh', ['-c', program], { uid, gid, cwd: realpathSync(cluster), stdio: ['ignore', 'pipe', 'ignore'] });
    const lingering = Number((await once(parent.stdout, 'data'))[0]);
    const file = join(cluster, 'postmaster.pid');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(lingering)));
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, started: '1' }));
    const second = await startEmbeddedServer(dataDir, log);
    expect(isAlive(lingering)).toBe(false);
    expect(await ask(second, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
    await second.stop();
    await first.stop();
  });

  it('starts a PostgreSQL again that is killed, on the same port, and leaves a stopped one alone', async () => {
    const server = await startEmbeddedServer(dataDir, log);
    server.keepRunning();
    const { pid } = readPostmaster(cluster) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const count = () => ask(server, 'SELECT count(*)::int AS n FROM kept');
    await until('it answers again', () =>
      count().then(
        () => true,
        () => false,
      ),
    );
    expect(await count()).toEqual([{ n: 2 }]);
    expect(readPostmaster(cluster)?.pid).not.toBe(pid);
    expect(findEmbeddedServer(dataDir)).toEqual(server.urls);
    await server.stop();
    await sleep(1_000);
    expect(readPostmaster(cluster)).toBeNull();
  });

  it('stops a server that an older release left running with other settings', async () => {
    const first = await startEmbeddedServer(dataDir, log);
    const { pid } = readPostmaster(cluster) as { pid: number };
    writeFileSync(join(dataDir, 'server.json'), JSON.stringify({ pid, port: 1, settings: 'other' }));
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: 999_999_999, started: '1' }));
    const second = await startEmbeddedServer(dataDir, log);
    expect(isAlive(pid)).toBe(false);
    expect(await ask(second, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 2 }]);
    await second.stop();
    await first.stop();
  });

  it('is refused to a second process, which is told about the first', () => {
    const unlock = lockDataDirectory(dataDir);
    expect(() => lockDataDirectory(dataDir)).toThrow(new RegExp(`Another Tessera \\(process ${process.pid}\\) is already running.*TESSERA_DATA_DIR`));
    unlock();
    // A number that another program has now is no reason to refuse.
    writeFileSync(join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, started: 'in another life' }));
    lockDataDirectory(dataDir)();
  });

  it('is not begun on a stale postmaster.pid of another program', async () => {
    const other = spawn('sleep', ['100']);
    writeFileSync(join(cluster, 'postmaster.pid'), `${other.pid}\n${cluster}\n0\n1\n\n127.0.0.1\n\nready\n`);
    const server = await startEmbeddedServer(dataDir, log);
    await server.stop();
    expect(isAlive(other.pid as number)).toBe(true);
    other.kill();
  });

  it('says so when the data are of another version', async () => {
    writeFileSync(join(cluster, 'PG_VERSION'), '15\n');
    await expect(startEmbeddedServer(dataDir, log)).rejects.toThrow(/written by PostgreSQL 15; this release brings 18.*TESSERA_DATA_DIR/);
    writeFileSync(join(cluster, 'PG_VERSION'), '18\n');
    // The lock was given back.
    lockDataDirectory(dataDir)();
  });

  it('says so when the data directory cannot be written', () => {
    const file = join(parent, 'a-file');
    writeFileSync(file, '');
    expect(() => makeDataDirectory(join(file, 'data'))).toThrow(/cannot be written.*TESSERA_DATA_DIR/);
    if (process.getuid?.() === 0) return;
    chmodSync(parent, 0o500);
    expect(() => makeDataDirectory(join(parent, 'other'))).toThrow(/cannot be written \(EACCES\).*TESSERA_DATA_DIR/);
    chmodSync(parent, 0o700);
  });

  it('leaves no server behind', async () => {
    expect(readPostmaster(cluster)).toBeNull();
  });
});
