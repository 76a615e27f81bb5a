import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createOwnerDataSource } from '../../src/platform/database/data-source';

/**
 * A migrated, empty database and its owner, who is no superuser, as in a deployment; the owner's URL.
 * `last`: number of the last migration to run, as in its file's name; all when left out.
 */
export async function createMigratedDatabase(serverUrl: string, last = Number.POSITIVE_INFINITY): Promise<string> {
  const name = `tessera_test_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
    if (!rows[0].rolsuper) throw new Error('DATABASE_URL must be a superuser of a PostgreSQL for tests: they look behind row-level security.');
    await client.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD '${password}'`);
    // Roles that another database of this server already uses can be given on only by whoever administers them.
    for (const { rolname } of (
      await client.query("SELECT rolname FROM pg_roles WHERE rolname IN ('tessera_app', 'tessera_kernel', 'tessera_queue', 'tessera_books')")
    ).rows)
      await client.query(`GRANT ${rolname} TO ${name} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  Object.assign(url, { username: name, password, pathname: `/${name}` });
  const source = await createOwnerDataSource(url.toString()).initialize();
  const wanted = source.migrations.filter((migration) => Number((migration.name ?? migration.constructor.name).slice(-4)) <= last);
  Object.assign(source, { migrations: wanted });
  await source.runMigrations();
  // A template must have no connection while it is cloned.
  await source.destroy();
  return url.toString();
}
