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
  const template = `tessera_test_${randomBytes(4).toString('hex')}`;
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${template}`);
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = `/${template}`;
  const source = await createOwnerDataSource(url.toString()).initialize();
  await source.runMigrations();
  // The template must have no connection while it is cloned.
  await source.destroy();
  process.env.TEST_SERVER_URL = serverUrl;
  process.env.TEST_TEMPLATE = template;
}
