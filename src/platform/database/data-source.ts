import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource, type MigrationInterface } from 'typeorm';
import type { VaultKey } from '../vault-key';
import type { KnownServer } from './known-server';
import { losable } from './open-pool';

/** Keys of those data sources whose migrations may meet personal data: see vaultKeysOf. */
const vaultKeys = new WeakMap<DataSource, readonly VaultKey[]>();

/** The owner's data source: migrations and nothing else. The keys are for migrations that move personal data. */
export function createOwnerDataSource(url: string, keys: readonly VaultKey[] = []): DataSource {
  const source = new DataSource({
    type: 'postgres',
    url,
    entities: [],
    migrations: findMigrations(),
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    extra: { max: 2, ...losable(null) },
  });
  vaultKeys.set(source, keys);
  return source;
}

/** The vault keys that whoever migrates has brought; none where a migration is run without them. */
export function vaultKeysOf(owner: DataSource): readonly VaultKey[] {
  return vaultKeys.get(owner) ?? [];
}

/**
 * A pool that is exhausted answers with an error, not with a wait without end. A stuck statement gives its connection
 * back.
 */
export const APP_POOL = {
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 60_000,
  keepAlive: true,
  statement_timeout: 30_000,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 60_000,
} as const;

/** The application's data source: every connection begins as tessera_app (the URL says so). */
export function createAppDataSource(url: string, poolSize: number, server: KnownServer): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: findEntities(),
    // Only to be compared with those that ran: the application cannot migrate.
    migrations: findMigrations(),
    migrationsTableName: 'migration',
    poolSize,
    applicationName: 'tessera-app',
    extra: { ...APP_POOL, ...losable(server) },
  });
}

/** The classes of migrations/, in the form that this file itself has: TypeScript in tests, JavaScript in dist. */
function findMigrations(): (new () => MigrationInterface)[] {
  return exportedClasses(join(__dirname, '../../../migrations'), /^\d{4}-[\w-]+\.(ts|js)$/) as (new () => MigrationInterface)[];
}

/**
 * The classes of every src/<wing>/<room>/<name>.entity.ts. Found by name, since the database layer may not import what
 * is above it.
 */
function findEntities(): (new () => object)[] {
  const src = join(__dirname, '../..');
  return foldersOf(src)
    .flatMap(foldersOf)
    .flatMap((room) => exportedClasses(room, /\.entity\.(ts|js)$/));
}

function foldersOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(directory, name));
}

function exportedClasses(directory: string, name: RegExp): (new () => object)[] {
  return readdirSync(directory)
    .filter((file) => name.test(file))
    .sort()
    .flatMap((file) => Object.values(require(join(directory, file)) as Record<string, unknown>))
    .filter((exported): exported is new () => object => typeof exported === 'function');
}
