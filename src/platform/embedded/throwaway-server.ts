import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, findBinaries, findServerUser, makeReachableDirectory, type ServerUser } from './embedded-binaries';
import { type Cluster, createCluster, isAlive, readPostmaster, startCluster, stopServer } from './embedded-cluster';

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
};

/** An empty PostgreSQL for tests and for what is generated from the schema. */
export interface ThrowawayServer {
  /** A superuser's. */
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Starts one in memory or in the temporary directory; removes those that killed processes left behind. */
export async function startThrowawayServer(): Promise<ThrowawayServer> {
  const user = findServerUser();
  for (const parent of [MEMORY, tmpdir(), throwawayDirectory(user)].filter(existsSync)) await removeAbandoned(parent);
  const directory = mkdtempSync(join(throwawayDirectory(user), PREFIX));
  writeFileSync(join(directory, 'owner.pid'), String(process.pid));
  if (user) chownSync(directory, user.uid, user.gid);
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
 * Where the data of servers lie that need not survive the machine: in memory if there is room, else in the temporary
 * directory.
 */
export function throwawayDirectory(user: ServerUser | null): string {
  if (hasRoomInMemory() && canReach(user, MEMORY)) return MEMORY;
  return canReach(user, tmpdir()) ? tmpdir() : makeReachableDirectory();
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
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const directory = join(parent, name);
    try {
      if (isAlive(Number(readFileSync(join(directory, 'owner.pid'), 'utf8')))) continue;
      const server = readPostmaster(join(directory, 'data'));
      if (server && isAlive(server.pid)) await stopServer(server.pid);
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Another user's, or one that is just being made.
    }
  }
}
