import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, findBinaries, findServerUser, makeReachableDirectory } from './embedded-binaries';
import { type Cluster, createCluster, isAlive, readPostmaster, startCluster, stopServer } from './embedded-cluster';

const PREFIX = 'tessera-throwaway-';

/** Nothing here must survive a power cut: durability off, the rest as in a real server. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: 300,
  shared_buffers: '256MB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '2GB',
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

/** Starts one in the temporary directory; removes those that killed processes left behind. */
export async function startThrowawayServer(): Promise<ThrowawayServer> {
  const user = findServerUser();
  const parent = canReach(user, tmpdir()) ? tmpdir() : makeReachableDirectory();
  await removeAbandoned(parent);
  const directory = mkdtempSync(join(parent, PREFIX));
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
