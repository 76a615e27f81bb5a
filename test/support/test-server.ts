import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, findBinaries, findServerUser, makeReachableDirectory } from '../../src/database/embedded-binaries';
import { type Cluster, createCluster, isAlive, readPostmaster, startCluster, stopServer } from '../../src/database/embedded-cluster';

const PREFIX = 'tessera-test-';

/** Nothing of a test run must survive a power cut: durability off, the rest as in a real server. */
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
  autovacuum_naptime: '10s',
  jit: 'off',
};

let running: { pid: number; directory: string } | null = null;

/** Starts the one server of this run; its URL is a superuser's. */
export async function startTestServer(): Promise<string> {
  const user = findServerUser();
  const parent = canReach(user, tmpdir()) ? tmpdir() : makeReachableDirectory();
  const directory = mkdtempSync(join(parent, PREFIX));
  if (user) chownSync(directory, user.uid, user.gid);
  writeFileSync(join(directory, 'owner.pid'), String(process.pid));
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
  running = { pid, directory };
  process.once('exit', () => {
    // A run that is broken off must not leave its server behind.
    if (running) process.kill(running.pid, 'SIGQUIT');
  });
  return `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`;
}

/** False if this run had not started a server. */
export async function stopTestServer(): Promise<boolean> {
  if (!running) return false;
  const { pid, directory } = running;
  running = null;
  await stopServer(pid);
  rmSync(directory, { recursive: true, force: true });
  return true;
}

/** Servers of earlier runs that were killed: their owner is dead. */
export async function removeAbandonedServers(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const directory = join(tmpdir(), name);
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
