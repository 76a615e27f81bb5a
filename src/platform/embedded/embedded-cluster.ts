import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { type Binaries, EmbeddedDatabaseError, type ServerUser } from './embedded-binaries';

/** Server settings, as `-c name=value`. */
export type ServerSettings = Readonly<Record<string, string | number>>;

/** A PostgreSQL data directory and what is needed to run a server on it. */
export interface Cluster {
  readonly binaries: Binaries;
  readonly directory: string;
  readonly user: ServerUser | null;
  readonly superuser: string;
  readonly password: string;
  /** The server's own log; that of the run before is beside it, as `.previous`. */
  readonly logFile: string;
}

/** A server that accepts connections on 127.0.0.1. */
export interface RunningCluster {
  readonly port: number;
  readonly pid: number;
}

/**
 * Creates the data directory, with checksums, in UTF-8, sorted the same on every machine (the builtin locale C.UTF-8).
 */
export async function createCluster(cluster: Cluster, options: { readonly sync: boolean }): Promise<void> {
  // Made beside and moved into place: whoever is killed meanwhile leaves nothing that looks like a database.
  const unfinished = `${cluster.directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const secrets = mkdtempSync(join(dirname(unfinished), 'initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    writeFileSync(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
    if (cluster.user) for (const path of [unfinished, secrets, passwordFile]) chownSync(path, cluster.user.uid, cluster.user.gid);
    const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'];
    if (!options.sync) flags.push('--no-sync');
    const program = join(cluster.binaries.directory, 'bin', 'initdb');
    await promisify(execFile)(program, [`--pgdata=${unfinished}`, `--username=${cluster.superuser}`, `--pwfile=${passwordFile}`, ...flags], {
      ...cluster.user,
      cwd: '/',
      env: serverEnvironment(),
    });
    renameSync(unfinished, cluster.directory);
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    throw new EmbeddedDatabaseError(`PostgreSQL could not create its data in ${cluster.directory}: ${(stderr || message).trim()}`);
  } finally {
    rmSync(secrets, { recursive: true, force: true });
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * What passes by itself when a server is started, and for how long to try again. Another program may have taken a port
 * between finding and using it. Where a server was killed, its last processes end with the statement they are at, and
 * PostgreSQL refuses to start beside them.
 */
const PASSING = [
  { sign: /Address already in use/, waitMs: 5_000 },
  { sign: /pre-existing shared memory block/, waitMs: 60_000 },
] as const;

/**
 * Starts a server on a free port of 127.0.0.1, or on the one given, and waits until it accepts connections. It outlives
 * us if we are killed.
 */
export async function startCluster(cluster: Cluster, settings: ServerSettings, givenPort?: number): Promise<RunningCluster> {
  // Processes of a killed server go on writing to the log they have opened. It must not be the one that tells what
  // became of this start.
  if (existsSync(cluster.logFile)) renameSync(cluster.logFile, `${cluster.logFile}.previous`);
  for (const began = performance.now(); ; await sleep(250)) {
    try {
      return await startOn(givenPort ?? (await freePort()), cluster, settings);
    } catch (error) {
      const passing = PASSING.find(({ sign }) => sign.test(readLog(cluster)));
      if (!passing || performance.now() - began > passing.waitMs) throw error;
    }
  }
}

async function startOn(port: number, cluster: Cluster, settings: ServerSettings): Promise<RunningCluster> {
  const log = openSync(cluster.logFile, 'w', 0o600);
  const all: ServerSettings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings };
  const child = spawn(
    join(cluster.binaries.directory, 'bin', 'postgres'),
    ['-D', cluster.directory, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // A process group of its own: Ctrl-C in the terminal must reach us first, so that what is in flight can finish.
    { ...cluster.user, cwd: '/', env: serverEnvironment(), stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  child.unref();
  const pid = await waitUntilReady(child, port, cluster);
  return { port, pid };
}

async function waitUntilReady(child: ChildProcess, port: number, cluster: Cluster): Promise<number> {
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `ended with ${signal ?? `code ${code}`}`;
  });
  // Recovery after a crash may take long; a server that has ended never comes back.
  for (const deadline = performance.now() + 300_000; performance.now() < deadline; await sleep(25)) {
    if (ended) throw new EmbeddedDatabaseError(`The embedded PostgreSQL ${ended}:\n${readLog(cluster).split('\n').slice(-5).join('\n')}`);
    if (child.pid && readPostmaster(cluster.directory)?.ready && (await canConnect(cluster, port))) return child.pid;
  }
  throw new EmbeddedDatabaseError(`The embedded PostgreSQL has not become ready within 5 minutes; see ${cluster.logFile}.`);
}

/** True if a server answers there with this cluster's password. */
export async function canConnect(cluster: Cluster, port: number): Promise<boolean> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: cluster.superuser,
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What postmaster.pid says, or null when there is none. Its process may be dead. */
export function readPostmaster(directory: string): { pid: number; port: number; ready: boolean } | null {
  try {
    const lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return null;
  }
}

/**
 * A server's working directory is its data directory. Where the system does not tell, PostgreSQL's own lock decides.
 */
export function isServerOf(pid: number, directory: string): boolean {
  if (!existsSync('/proc/self/cwd')) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory);
  } catch {
    return false;
  }
}

/** Stops the server: clients are cut off and what is committed is written (fast shutdown); after a while, hard. */
export async function stopServer(pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!sendSignal(pid, signal)) return;
    for (const deadline = performance.now() + waitMs; performance.now() < deadline; await sleep(20)) if (!isAlive(pid)) return;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    // A dead child that nobody has waited for still has its number.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** What the server has written since it was started. */
function readLog(cluster: Cluster): string {
  try {
    return readFileSync(cluster.logFile, 'utf8').trim();
  } catch {
    return '';
  }
}

/** PG* variables of the caller must not reach the server or its tools. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : failed(new Error('no free port'))));
    });
  });
}
