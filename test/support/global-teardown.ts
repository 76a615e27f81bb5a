import { Client } from 'pg';
import type { ThrowawayServer } from '../../src/platform/embedded/throwaway-server';

/** Drops the databases of this run and stops the server if the run started it. */
export default async function globalTeardown(): Promise<void> {
  const { testServer } = globalThis as { testServer?: ThrowawayServer | null };
  if (testServer) return testServer.stop();
  const client = new Client({ connectionString: process.env.TEST_SERVER_URL });
  await client.connect();
  const owner = new URL(process.env.TEST_TEMPLATE_URL as string).username;
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [owner]);
  for (const { datname } of rows) await client.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  await client.query(`DROP ROLE ${owner}`);
  await client.end();
}
