import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client, Pool } from 'pg';
import type { Logger } from 'pino';
import { Keys } from '../src/coalition/access/keys';
import { type DatabaseUrls, databaseUrls } from '../src/platform/config';
import { KEY_MARK, migrate } from '../src/platform/database/migrate';
import { keepSecret } from '../src/platform/embedded/data-directory';
import { startEmbeddedServer } from '../src/platform/embedded/embedded-server';
import { only } from '../src/platform/one-of';
import type { VaultKey } from '../src/platform/vault-key';

/**
 * The embedded PostgreSQL exactly as production runs it (fsync and synchronous_commit on), on an empty data directory.
 */
export interface BenchServer {
  readonly version: string;
  /** Every database of the run began with it. */
  readonly masterKey: Buffer;
  /** A migrated, empty database; asked for twice, the same one. */
  database(name: string): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  readonly urls: DatabaseUrls;
  /** Connections of a superuser, to fill tables with many rows at once. */
  readonly superuser: Pool;
}

export async function startBenchServer(log: Logger): Promise<BenchServer> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  chmodSync(directory, 0o755);
  const server = await startEmbeddedServer(directory, log);
  const superuserUrl = new URL(server.urls.owner);
  superuserUrl.username = 'postgres';
  superuserUrl.password = keepSecret(directory, 'superuser-password', 24);
  superuserUrl.pathname = '/postgres';
  const masterKey = randomBytes(32);
  const databases = new Map<string, Promise<BenchDatabase>>();

  async function create(name: string): Promise<BenchDatabase> {
    await onServer(superuserUrl, (client) => client.query(`CREATE DATABASE ${name} OWNER tessera`));
    const owner = new URL(server.urls.owner);
    owner.pathname = `/${name}`;
    const urls = databaseUrls(owner.toString());
    await migrate(urls.owner, new Keys(masterKey).derive(KEY_MARK), vaultKeysOf(masterKey));
    const behind = new URL(superuserUrl);
    behind.pathname = `/${name}`;
    const superuser = new Pool({ connectionString: behind.toString(), max: 4 });
    // Cut off when the server stops.
    superuser.on('error', () => undefined);
    return { urls, superuser };
  }

  return {
    version: await onServer(superuserUrl, async (client) => only((await client.query<{ server_version: string }>('SHOW server_version')).rows).server_version),
    masterKey,
    database(name) {
      let database = databases.get(name);
      if (!database) databases.set(name, (database = create(name)));
      return database;
    },
    async stop() {
      for (const database of databases.values()) await (await database).superuser.end();
      // Where root may not be reached, the data lie elsewhere and this is a link to them.
      const data = realpathSync(join(directory, 'postgres'));
      await server.stop();
      rmSync(data, { recursive: true, force: true });
      if (dirname(data) !== realpathSync(directory)) rmSync(dirname(data), { recursive: true, force: true });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function onServer<T>(url: URL, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url.toString() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The vault keys of a run's databases, by its master key. */
export function vaultKeysOf(masterKey: Buffer): readonly VaultKey[] {
  return [{ id: 'bench', key: createHash('sha256').update(masterKey).digest() }];
}
