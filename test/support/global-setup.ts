import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createOwnerDataSource } from '../../src/database/data-source';
import { startThrowawayServer, type ThrowawayServer } from '../../src/database/throwaway-server';

/** Finds or starts the PostgreSQL of this run and migrates the template that every test file clones. */
export default async function globalSetup(): Promise<void> {
  const own = process.env.DATABASE_URL ? null : await startThrowawayServer();
  (globalThis as { testServer?: ThrowawayServer | null }).testServer = own;
  const serverUrl = process.env.DATABASE_URL ?? (own?.url as string);
  // The platform's own settings must come from the tests, not from the shell that runs them; LONG, SEED and PATH are the tests' own.
  for (const name of Object.keys(process.env)) if (/^(TESSERA_(?!(LONG|SEED|PATH)$)|DATABASE_)/.test(name)) delete process.env[name];
  const templateUrl = await createTemplate(serverUrl);
  const source = await createOwnerDataSource(templateUrl).initialize();
  await source.runMigrations();
  // The template must have no connection while it is cloned.
  await source.destroy();
  process.env.TEST_SERVER_URL = serverUrl;
  process.env.TEST_TEMPLATE_URL = templateUrl;
}

/** An empty database and its owner, who is no superuser, as in a deployment. */
async function createTemplate(serverUrl: string): Promise<string> {
  const name = `tessera_test_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
    if (!rows[0].rolsuper) throw new Error('DATABASE_URL must be a superuser of a PostgreSQL for tests: they look behind row-level security.');
    await client.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD '${password}'`);
    // Roles that another database of this server already uses can be given on only by whoever administers them.
    for (const { rolname } of (await client.query("SELECT rolname FROM pg_roles WHERE rolname IN ('tessera_app', 'tessera_kernel', 'tessera_queue')")).rows)
      await client.query(`GRANT ${rolname} TO ${name} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  return Object.assign(url, { username: name, password, pathname: `/${name}` }).toString();
}
