import type { DataSource } from 'typeorm';
import { MIGRATION_LOCK, whileLocked } from '../locks';
import { only } from '../one-of';
import type { VaultKey } from '../vault-key';
import { DatabaseNotReady, initialize } from './connection-problem';
import { createOwnerDataSource } from './data-source';
import { keepVaultMarks, requireVaultMarks } from './vault-marks';

const OLDEST_MAJOR = 16;
/** Label of the key that marks the database: it tells master keys apart and gives nothing of them away. */
export const KEY_MARK = 'deployment-mark';

/**
 * Brings the schema up to date as its owner; several processes at once wait for each other. `keyMark` is derived from
 * the master key: the first one is kept, another one is refused. `vaultKeys` are marked too. Answers with the names of
 * the migrations that ran.
 */
export async function migrate(ownerUrl: string, keyMark: Buffer, vaultKeys: readonly VaultKey[]): Promise<string[]> {
  const source = await initialize(createOwnerDataSource(ownerUrl, vaultKeys), ownerUrl);
  try {
    await requireVersion(source);
    const runner = source.createQueryRunner();
    // Held by a session of its own: the migrations use another one.
    try {
      return await whileLocked(runner, MIGRATION_LOCK, async () => {
        const ran = await source.runMigrations();
        await requireSameKey(source, keyMark);
        await keepVaultMarks(source, vaultKeys);
        return ran.map((migration) => migration.name);
      });
    } finally {
      await runner.release();
    }
  } finally {
    await source.destroy();
  }
}

/**
 * For gateways and workers, which do not migrate: throws DatabaseNotReady unless the schema, the master key and the
 * vault keys are as they must be.
 */
export async function requireMigrated(app: DataSource, keyMark: Buffer, vaultKeys: readonly VaultKey[]): Promise<void> {
  const wanted = migrationNames(app);
  const [table] = await app.query<{ known: boolean }[]>(`SELECT to_regclass('public.migration') IS NOT NULL AS known`);
  const done = new Set(table?.known ? (await app.query<{ name: string }[]>('SELECT name FROM migration')).map(({ name }) => name) : []);
  const missing = wanted.filter((name) => !done.has(name));
  if (missing.length > 0)
    throw new DatabaseNotReady(
      `The database lacks ${missing.length} migration(s), the first is ${missing[0]}. Run "npm run migrate" (or "npm start", which does).`,
    );
  const [row] = await app.query<{ key_mark: Buffer }[]>('SELECT key_mark FROM deployment');
  if (!row?.key_mark.equals(keyMark)) throw new DatabaseNotReady(OTHER_KEY);
  await requireVaultMarks(app, vaultKeys);
}

const OTHER_KEY =
  'TESSERA_MASTER_KEY is not the key that this database began with: nothing in it could be found again. Set the right key, or use an empty database.';

function migrationNames(source: DataSource): string[] {
  return source.migrations.map((migration) => migration.name ?? migration.constructor.name);
}

async function requireVersion(source: DataSource): Promise<void> {
  const version = `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`;
  const { number, text } = only(await source.query<{ number: number; text: string }[]>(version));
  if (number < OLDEST_MAJOR * 10_000)
    throw new DatabaseNotReady(
      `DATABASE_URL leads to PostgreSQL ${text}; Tessera needs ${OLDEST_MAJOR} or newer. Upgrade it, or leave DATABASE_URL unset to use the embedded one.`,
    );
}

async function requireSameKey(source: DataSource, keyMark: Buffer): Promise<void> {
  await source.query('INSERT INTO deployment (key_mark) VALUES ($1) ON CONFLICT DO NOTHING', [keyMark]);
  const { key_mark } = only(await source.query<{ key_mark: Buffer }[]>('SELECT key_mark FROM deployment'));
  if (!key_mark.equals(keyMark)) throw new DatabaseNotReady(OTHER_KEY);
}
