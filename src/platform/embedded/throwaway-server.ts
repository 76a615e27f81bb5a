import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, EmbeddedDatabaseError, findBinaries, findServerUser, makeReachableDirectory, type ServerUser } from './embedded-binaries';
import { type Cluster, createCluster, isAlive, isServerOf, readPostmaster, startCluster, stopServer } from './embedded-cluster';

const PREFIX = 'tessera-throwaway-';

/** Where Linux keeps files in memory: a database is cloned there in a tenth of the processor time. */
const MEMORY = '/dev/shm';
const TMPFS = 0x01021994;
/** Bytes that must be left for it; a run of all tests takes a tenth of them. */
const ROOM = 4 * 2 ** 30;

/** Nothing here must survive a power cut: durability off, the rest as in a real server. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: 300,
  shared_buffers: '256MB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  // What was logged is never read again, and may lie in memory.
  max_wal_size: '512MB',
  checkpoint_timeout: '1h',
  jit: 'off',
  // A password of random bytes needs no slow hash, and there are thousands of connections.
  scram_iterations: 1,
};

/** An empty PostgreSQL for tests and for what is generated from the schema. */
export interface ThrowawayServer {
  /** A superuser's. */
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts one in memory or in the temporary directory. */
export async function startThrowawayServer(): Promise<ThrowawayServer> {
  const user = findServerUser();
  const directory = await makeThrowawayDirectory(user);
  const cluster: Cluster = {
    binaries: findBinaries(user),
    directory: join(directory, 'data'),
    user,
    superuser: 'postgres',
    password: randomBytes(12).toString('hex'),
    logFile: join(directory, 'server.log'),
  };
  await createCluster(cluster, { sync: false });
  const { pid, port } = await startCluster(cluster, SETTINGS);
  const killAtExit = () => process.kill(pid, 'SIGQUIT');
  process.once('exit', killAtExit);
  return {
    url: `postgres://${cluster.superuser}:${cluster.password}@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', killAtExit);
      await stopServer(pid);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Makes a directory for servers whose data need not survive the machine, each in a folder of its own: in the first of
 * the parents that can be written. Removes what killed processes left behind, with their servers.
 */
export async function makeThrowawayDirectory(user: ServerUser | null, parents = parentsFor(user)): Promise<string> {
  for (const parent of [MEMORY, tmpdir()]) await removeAbandoned(parent);
  for (const parent of parents) {
    await removeAbandoned(parent);
    const directory = makeIn(parent);
    if (directory === null) continue;
    writeFileSync(join(directory, 'owner.pid'), String(process.pid));
    if (user) chownSync(directory, user.uid, user.gid);
    return directory;
  }
  throw new EmbeddedDatabaseError('Neither the memory nor the temporary directory can be written. Make one of them writable, or set DATABASE_URL.');
}

/** In memory if there is room, else in the temporary directory. */
function* parentsFor(user: ServerUser | null): Iterable<string> {
  if (hasRoomInMemory() && canReach(user, MEMORY)) yield MEMORY;
  if (canReach(user, tmpdir())) yield tmpdir();
  yield makeReachableDirectory();
}

function makeIn(parent: string): string | null {
  try {
    return mkdtempSync(join(parent, PREFIX));
  } catch {
    return null;
  }
}

function hasRoomInMemory(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY);
    return type === TMPFS && Math.min(bavail * bsize, process.availableMemory()) >= ROOM;
  } catch {
    return false;
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  const abandoned = existsSync(parent) ? readdirSync(parent).filter((entry) => entry.startsWith(PREFIX)) : [];
  for (const name of abandoned) {
    const directory = join(parent, name);
    try {
      if (isAlive(Number(readFileSync(join(directory, 'owner.pid'), 'utf8')))) continue;
      for (const folder of readdirSync(directory)) {
        const server = readPostmaster(join(directory, folder));
        if (server && isServerOf(server.pid, join(directory, folder))) await stopServer(server.pid);
      }
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Another user's, or one that is just being made.
    }
  }
}
