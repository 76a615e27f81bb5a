import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { type DatabaseUrls, databaseUrls } from '../../src/platform/config';

/** A migrated, empty database of the test's own. */
export interface TestDatabase {
  readonly name: string;
  /** For each role, as in a deployment: the owner is no superuser, row-level security binds it too. */
  readonly urls: DatabaseUrls;
  /** Connections of a superuser, to look behind row-level security; only in tests. */
  readonly owner: Pool;
  /** Ends its own connections and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

const CLONE_LOCK = 7_365_737;

/**
 * Clones the template that globalSetup migrated. Its files are copied: block by block through the log takes three times
 * as long.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE_URL: templateUrl } = process.env;
  if (!serverUrl || !templateUrl) throw new Error('Run tests through jest: its globalSetup starts the database.');
  const url = new URL(templateUrl);
  const template = url.pathname.slice(1);
  const name = `${template}_${randomBytes(5).toString('hex')}`;
  await onServer(serverUrl, async (client) => {
    // Two clones of one template at once get in each other's way.
    await client.query('SELECT pg_advisory_lock($1)', [CLONE_LOCK]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${url.username} STRATEGY FILE_COPY`);
  });
  url.pathname = `/${name}`;
  return openTestDatabase(url.toString());
}

/** A database that is there already, by its owner's URL. */
export function openTestDatabase(ownerUrl: string): TestDatabase {
  const serverUrl = process.env.TEST_SERVER_URL as string;
  const { pathname } = new URL(ownerUrl);
  const name = pathname.slice(1);
  const behind = new URL(serverUrl);
  behind.pathname = pathname;
  const owner = new Pool({ connectionString: behind.toString(), max: 4 });
  // Cut off when the database is dropped.
  owner.on('error', () => undefined);
  return {
    name,
    urls: databaseUrls(ownerUrl),
    owner,
    async drop() {
      await owner.end();
      await onServer(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

async function onServer(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
