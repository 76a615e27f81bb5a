import 'reflect-metadata';
import { startThrowawayServer, type ThrowawayServer } from '../../src/platform/embedded/throwaway-server';
import { createMigratedDatabase } from './migrated-database';

/** Finds or starts the PostgreSQL of this run and migrates the template that every test file clones. */
export default async function globalSetup(): Promise<void> {
  const own = process.env.DATABASE_URL ? null : await startThrowawayServer();
  (globalThis as { testServer?: ThrowawayServer | null }).testServer = own;
  const serverUrl = process.env.DATABASE_URL ?? (own?.url as string);
  // The platform's own settings must come from the tests, not from the shell that runs them. LONG, SEED and PATH are
  // the tests' own.
  for (const name of Object.keys(process.env)) if (/^(TESSERA_(?!(LONG|SEED|PATH)$)|DATABASE_)/.test(name)) delete process.env[name];
  const templateUrl = await createMigratedDatabase(serverUrl);
  process.env.TEST_SERVER_URL = serverUrl;
  process.env.TEST_TEMPLATE_URL = templateUrl;
}
