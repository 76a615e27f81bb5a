import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { type DatabaseUrls, databaseUrls } from '../config';
import { only } from '../one-of';
import { keepSecret, lockDataDirectory, makeDataDirectory, readOrNull } from './data-directory';
import { canReach, EmbeddedDatabaseError, findBinaries, findServerUser, makeReachableDirectory, type ServerUser } from './embedded-binaries';
import {
  type Cluster,
  canConnect,
  createCluster,
  isAlive,
  isServerOf,
  type RunningCluster,
  readPostmaster,
  startCluster,
  stopServer,
} from './embedded-cluster';
import { keepRunning } from './keep-running';

/** An acknowledged posting survives a power cut: fsync and synchronous_commit are never off here. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // One gateway and one worker process need about 60; the rest is room for more of them.
  max_connections: 200,
  shared_buffers: `${sharedBuffers()}MB`,
  work_mem: '8MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  random_page_cost: 1.1,
  // Statements here are short; compiling them costs more than it saves.
  jit: 'off',
  // A forgotten transaction would hold back the journal's readers.
  idle_in_transaction_session_timeout: '5min',
  log_checkpoints: 'off',
  // The detail of an error may be a whole row, and a row may be about a person.
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
} as const;

/**
 * An eighth of the memory, from 256 MiB to 2 GiB. It is room for what each posting touches at random while the books
 * grow: the indexes on posting ids and on wallets' movements. Up to a million transfers it was measured to make no
 * difference.
 */
function sharedBuffers(): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.round(Math.min(2_048, Math.max(256, bytes / 8 / 2 ** 20)));
}

const DATABASE = 'tessera';
const OWNER = 'tessera';

/** The embedded PostgreSQL of a data directory, started by us. */
export interface EmbeddedServer {
  readonly urls: DatabaseUrls;
  /** The data directory was empty before. */
  readonly isNew: boolean;
  /** From now on starts it again, on the same port, whenever it ends without `stop`. */
  keepRunning(): void;
  /** Stops the server and gives the data directory back. */
  stop(): Promise<void>;
}

/**
 * Starts the server of a data directory, or takes over one that a killed process left running. Throws
 * EmbeddedDatabaseError saying what to do.
 */
export async function startEmbeddedServer(dataDir: string, log: Logger): Promise<EmbeddedServer> {
  makeDataDirectory(dataDir);
  const unlock = lockDataDirectory(dataDir);
  try {
    const cluster = openCluster(dataDir);
    const isNew = !existsSync(join(cluster.directory, 'PG_VERSION'));
    if (isNew) {
      log.info({ directory: cluster.directory }, 'creating the embedded database');
      await createCluster(cluster, { sync: true });
    }
    let running = (await takeOver(cluster, dataDir, log)) ?? (await startCluster(cluster, SETTINGS));
    remember(dataDir, running);
    await createOwner(cluster, running, dataDir);
    let leaveAlone = async () => {};
    return {
      urls: embeddedUrls(running.port, keepSecret(dataDir, 'owner-password', 24)),
      isNew,
      keepRunning() {
        const isRunning = () => isAlive(running.pid) && isServerOf(running.pid, cluster.directory);
        const startAgain = async () => {
          running = await startCluster(cluster, SETTINGS, running.port);
          remember(dataDir, running);
        };
        leaveAlone = keepRunning(isRunning, startAgain, log);
      },
      async stop() {
        await leaveAlone();
        await stopServer(running.pid);
        rmSync(join(dataDir, SERVER_FILE), { force: true });
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * The server that "npm start" runs on this data directory, for further gateways and workers. Throws
 * EmbeddedDatabaseError if there is none.
 */
export function findEmbeddedServer(dataDir: string): DatabaseUrls {
  const known = readOrNull(join(dataDir, SERVER_FILE));
  const running = known ? (JSON.parse(known) as RunningCluster) : null;
  const password = readOrNull(join(dataDir, 'owner-password'));
  if (!running || !password || !isAlive(running.pid))
    throw new EmbeddedDatabaseError(
      `No database is running on ${dataDir}. Run "npm start" first (it starts one), or set DATABASE_URL to a PostgreSQL of yours.`,
    );
  return embeddedUrls(running.port, password);
}

const SERVER_FILE = 'server.json';

/** For further gateways and workers, and for whoever takes the server over. */
function remember(dataDir: string, running: RunningCluster): void {
  writeFileSync(join(dataDir, SERVER_FILE), JSON.stringify({ ...running, settings: SETTINGS_HASH }), { mode: 0o600 });
}

const SETTINGS_HASH = createHash('sha256').update(JSON.stringify(SETTINGS)).digest('hex');

function embeddedUrls(port: number, password: string): DatabaseUrls {
  return databaseUrls(`postgres://${OWNER}:${password}@127.0.0.1:${port}/${DATABASE}`);
}

function openCluster(dataDir: string): Cluster {
  const link = join(dataDir, 'postgres');
  const user = serverUser(link);
  const directory = placeCluster(link, user);
  const binaries = findBinaries(user);
  const version = readOrNull(join(directory, 'PG_VERSION'));
  if (version && Number(version) !== binaries.major)
    throw new EmbeddedDatabaseError(
      `The data in ${directory} were written by PostgreSQL ${version}; this release brings ${binaries.major}, which cannot read them. Move them over with pg_dump of version ${version} and "DATABASE_URL" (docs/operations.md), use the release they were written with, or name a new directory in TESSERA_DATA_DIR.`,
    );
  return { binaries, directory, user, superuser: 'postgres', password: keepSecret(dataDir, 'superuser-password', 24), logFile: join(dataDir, 'postgres.log') };
}

/** As root the server runs as the user whose data they already are, else as one that is not root. */
function serverUser(link: string): ServerUser | null {
  const user = findServerUser();
  if (!user || !existsSync(link)) return user;
  const { uid, gid } = statSync(link);
  return uid === 0 ? user : { uid, gid };
}

/** In the data directory itself where the server's user can reach it, else elsewhere with a link to it. */
function placeCluster(link: string, user: ServerUser | null): string {
  if (existsSync(link)) {
    const directory = realpathSync(link);
    if (!canReach(user, directory) || (!user && statSync(directory).uid !== process.getuid?.()))
      throw new EmbeddedDatabaseError(
        `The database in ${directory} belongs to user ${statSync(directory).uid} and cannot be used from here. Run as that user, change its owner, or name another directory in TESSERA_DATA_DIR.`,
      );
    return directory;
  }
  if (lstatOrNull(link)?.isSymbolicLink())
    throw new EmbeddedDatabaseError(
      `The database was kept in ${readlinkSync(link)}, which is gone. Put it back, or remove ${link} to begin anew with an empty one.`,
    );
  if (canReach(user, link)) {
    mkdirSync(link, { mode: 0o700 });
    return link;
  }
  const directory = mkdtempSync(join(makeReachableDirectory(), 'database-'));
  chmodSync(directory, 0o755);
  symlinkSync(join(directory, 'postgres'), link);
  mkdirSync(join(directory, 'postgres'), { mode: 0o700 });
  return join(directory, 'postgres');
}

function lstatOrNull(path: string) {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** A server that outlived its node process goes on if it has today's settings, and is stopped otherwise. */
async function takeOver(cluster: Cluster, dataDir: string, log: Logger): Promise<RunningCluster | null> {
  const server = readPostmaster(cluster.directory);
  if (!server) return null;
  const lockFile = join(cluster.directory, 'postmaster.pid');
  if (!isAlive(server.pid) || !isServerOf(server.pid, cluster.directory)) {
    // After a restart of the machine or container the number may be another program's, and PostgreSQL would refuse to
    // start.
    rmSync(lockFile, { force: true });
    return null;
  }
  const known = JSON.parse(readOrNull(join(dataDir, SERVER_FILE)) ?? '{}') as { pid?: number; settings?: string };
  if (known.pid === server.pid && known.settings === SETTINGS_HASH && (await canConnect(cluster, server.port))) {
    log.info({ pid: server.pid }, 'taking over the database server that an earlier run left running');
    return { pid: server.pid, port: server.port };
  }
  log.info({ pid: server.pid }, 'stopping the database server that an earlier run left running');
  await stopServer(server.pid);
  // One that was killed has left it, and PostgreSQL takes its number for alive until its parent has heard of its end.
  if (!isAlive(server.pid)) rmSync(lockFile, { force: true });
  return null;
}

/** The platform's database and its owner, who is no superuser: row-level security binds the owner too. */
async function createOwner(cluster: Cluster, { port }: RunningCluster, dataDir: string): Promise<void> {
  const client = new Client({ host: '127.0.0.1', port, user: cluster.superuser, password: cluster.password, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ owner: boolean; database: boolean }>(
      'SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS owner, EXISTS (SELECT FROM pg_database WHERE datname = $2) AS database',
      [OWNER, DATABASE],
    );
    const there = only(rows);
    if (!there.owner) await client.query(`CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${keepSecret(dataDir, 'owner-password', 24)}'`);
    if (!there.database) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  } finally {
    await client.end();
  }
}
