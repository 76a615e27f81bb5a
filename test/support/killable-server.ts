import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { databaseUrls } from '../../src/platform/config';
import { findBinaries, findServerUser } from '../../src/platform/embedded/embedded-binaries';
import { type Cluster, createCluster, isAlive, type ServerSettings, startCluster, stopServer } from '../../src/platform/embedded/embedded-cluster';
import { makeThrowawayDirectory } from '../../src/platform/embedded/throwaway-server';
import { createMigratedDatabase } from './migrated-database';
import type { TestDatabase } from './test-database';
import { until } from './until';

/** What a crash must not lose is written before it is acknowledged. */
const DURABLE = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: 100,
  shared_buffers: '64MB',
  jit: 'off',
  dynamic_shared_memory_type: 'mmap',
};

/** A PostgreSQL of the test's own with a migrated database, durable, that may be killed with -9. */
export interface KillableServer {
  readonly database: TestDatabase;
  /**
   * Kills the postmaster with -9 and starts the server again on the same port, as an operator's supervisor would. Says
   * how long it was away.
   */
  killAndRestart(): Promise<number>;
  /** Kills one server process that serves a connection of the application with -9: the server restarts itself. */
  killBackend(): Promise<void>;
  /** Makes a standby that has everything until now and will miss what comes after. */
  copy(): Promise<void>;
  /** The server dies, and the standby is promoted in its place, at the same address. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; `settings` make it less durable, say. */
export async function startKillableServer(settings: ServerSettings = {}): Promise<KillableServer> {
  const all = { ...DURABLE, ...settings };
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
  const standby: Cluster = { ...cluster, directory: join(directory, 'standby') };
  await createCluster(cluster, { sync: true });
  let running = await startCluster(cluster, all);
  const serverUrl = `postgres://${cluster.superuser}:${cluster.password}@127.0.0.1:${running.port}/postgres`;
  const url = new URL(await createMigratedDatabase(serverUrl));
  const behind = new URL(serverUrl);
  behind.pathname = url.pathname;
  const owner = new Pool({ connectionString: behind.toString(), max: 4 });
  owner.on('error', () => undefined);
  const killAtExit = () => process.kill(running.pid, 'SIGQUIT');
  process.once('exit', killAtExit);
  return {
    database: { name: url.pathname.slice(1), urls: databaseUrls(url.toString()), owner, drop: () => owner.end() },
    async killAndRestart() {
      const began = performance.now();
      process.kill(running.pid, 'SIGKILL');
      // PostgreSQL takes even the dead for running, until they have been waited for.
      await until('the killed server has been waited for', () => !hasNumber(running.pid), 5);
      running = await startCluster(cluster, all, running.port);
      return performance.now() - began;
    },
    async killBackend() {
      let pid: number | undefined;
      await until('a connection of the application is served', async () => {
        const { rows } = await owner.query("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'tessera%' ORDER BY random() LIMIT 1");
        pid = rows[0]?.pid;
        // It may have ended since.
        return pid !== undefined && hasNumber(pid) && process.kill(pid, 'SIGKILL');
      });
      // The postmaster notices, ends all others, recovers, and is there again.
      await until('the killed process is gone', () => !isAlive(pid as number), 5);
    },
    async copy() {
      await stopServer(running.pid);
      cpSync(cluster.directory, standby.directory, { recursive: true });
      if (user) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, standby.directory]);
      running = await startCluster(cluster, all, running.port);
    },
    async failOver() {
      process.kill(running.pid, 'SIGKILL');
      await until('the killed server has been waited for', () => !hasNumber(running.pid), 5);
      // The number is another process's soon, and whoever removes the directory later would stop that.
      rmSync(join(cluster.directory, 'postmaster.pid'));
      // Nothing more to be had from anywhere: it is promoted at the end of what it has.
      writeFileSync(join(standby.directory, 'recovery.signal'), '');
      running = await startCluster(standby, { ...all, restore_command: '/bin/false', hot_standby: 'off' }, running.port);
    },
    async stop() {
      process.off('exit', killAtExit);
      await stopServer(running.pid);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function hasNumber(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
