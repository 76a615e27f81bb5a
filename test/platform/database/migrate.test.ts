import { Client } from 'pg';
import { databaseUrls } from '../../../src/platform/config';
import { createOwnerDataSource } from '../../../src/platform/database/data-source';
import { dumpSchema } from '../../../src/platform/database/dump-schema';
import { KEY_MARK, migrate } from '../../../src/platform/database/migrate';
import { createTestApp } from '../../support/test-app';
import { createTestDatabase } from '../../support/test-database';

describe('migrations', () => {
  it('can be taken back, all of them, and made again to the same schema', async () => {
    const database = await createTestDatabase();
    const before = await dump(database.urls.owner);
    const source = await createOwnerDataSource(database.urls.owner).initialize();
    for (const _ of source.migrations) await source.undoLastMigration();
    const { rows } = await database.owner.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'");
    expect(rows).toEqual([{ relname: 'migration' }]);
    await source.runMigrations();
    await source.destroy();
    expect(await dump(database.urls.owner)).toBe(before);
    await database.drop();
  });

  it('run once however many processes start at once, and keep to the first master key', async () => {
    const database = await createTestDatabase();
    const mark = Buffer.alloc(32, 1);
    const source = await createOwnerDataSource(database.urls.owner).initialize();
    await source.undoLastMigration();
    await source.destroy();
    const vaultKeys = [{ id: 'first', key: Buffer.alloc(32, 3) }];
    const ran = await Promise.all([1, 2, 3].map(() => migrate(database.urls.owner, mark, vaultKeys)));
    expect(ran.flat()).toHaveLength(1);
    await expect(migrate(database.urls.owner, Buffer.alloc(32, 2), vaultKeys)).rejects.toThrow(/TESSERA_MASTER_KEY is not the key/);
    await database.drop();
  });

  it('mark the database with something that is not the key', async () => {
    const { app, close } = await createTestApp();
    expect(app.keys.derive(KEY_MARK)).not.toEqual(app.config.masterKey);
    await close();
  });

  it('say what to do where there is no database', async () => {
    const { owner } = databaseUrls('postgres://somebody:hidden@127.0.0.1:1/none');
    await expect(migrate(owner, Buffer.alloc(32), [])).rejects.toThrow(/^No PostgreSQL answers at 127.0.0.1:1 \(ECONNREFUSED\)/);
  });
});

async function dump(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await dumpSchema(client);
  } finally {
    await client.end();
  }
}
