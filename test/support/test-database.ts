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
const KEEP_LOCK = 7_365_738;

/** Clones the template that globalSetup migrated. */
export function createTestDatabase(): Promise<TestDatabase> {
  const { name, owner, url } = templateOfRun();
  return clone(name, `${name}_${randomBytes(5).toString('hex')}`, owner, url);
}

/**
 * Clones a database in which `make` was done once for all files of the run, by whichever comes first. What `make` tells
 * of it, as text, is given to each.
 */
export async function createKeptDatabase(kept: string, make: (database: TestDatabase) => Promise<string>): Promise<{ database: TestDatabase; told: string }> {
  const { name, owner, url, serverUrl } = templateOfRun();
  const template = `${name}_kept_${kept}`;
  const told = await onServer(serverUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [KEEP_LOCK]);
    const { rows } = await client.query("SELECT shobj_description(oid, 'pg_database') AS told FROM pg_database WHERE datname = $1", [template]);
    if (rows[0]?.told) return rows[0].told as string;
    // Whoever began it may have failed.
    await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    const database = await clone(name, template, owner, url);
    const made = await make(database);
    await database.owner.end();
    await client.query(`COMMENT ON DATABASE ${template} IS ${client.escapeLiteral(made)}`);
    return made;
  });
  return { database: await clone(template, `${name}_${randomBytes(5).toString('hex')}`, owner, url), told };
}

function templateOfRun() {
  const { TEST_SERVER_URL: serverUrl, TEST_TEMPLATE_URL: templateUrl } = process.env;
  if (!serverUrl || !templateUrl) throw new Error('Run tests through jest: its globalSetup starts the database.');
  const url = new URL(templateUrl);
  return { serverUrl, url, name: url.pathname.slice(1), owner: url.username };
}

/** Its files are copied: block by block through the log takes three times as long. */
async function clone(template: string, name: string, owner: string, templateUrl: URL): Promise<TestDatabase> {
  await onServer(process.env.TEST_SERVER_URL as string, async (client) => {
    // Two clones of one template at once get in each other's way.
    await client.query('SELECT pg_advisory_lock($1)', [CLONE_LOCK]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${owner} STRATEGY FILE_COPY`);
  });
  const url = new URL(templateUrl);
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

async function onServer<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
