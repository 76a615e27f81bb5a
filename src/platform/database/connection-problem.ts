import type { DataSource } from 'typeorm';

/** The database cannot be used as it is; the message says what to do. */
export class DatabaseNotReady extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DatabaseNotReady';
  }
}

/**
 * Connects a data source; throws DatabaseNotReady where it cannot be. `url` is its own, for the message, which leaves
 * the password out.
 */
export async function initialize(source: DataSource, url: string): Promise<DataSource> {
  try {
    return await source.initialize();
  } catch (error) {
    throw explain(error as Error & { code?: string }, new URL(url));
  }
}

function explain({ code, message }: Error & { code?: string }, { host, pathname }: URL): DatabaseNotReady {
  if (code === '28P01' || code === '28000')
    return new DatabaseNotReady(`PostgreSQL at ${host} refuses the login of DATABASE_URL. Check its user and password.`);
  if (code === '3D000') return new DatabaseNotReady(`PostgreSQL at ${host} has no database "${pathname.slice(1)}". Create it, or correct DATABASE_URL.`);
  if (code === '22023' || code === '42501')
    return new DatabaseNotReady(
      `PostgreSQL at ${host} does not let this login act as its role (${message}). Run "npm run migrate", or grant the role to the login.`,
    );
  if (code && /^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH)$/.test(code))
    return new DatabaseNotReady(`No PostgreSQL answers at ${host} (${code}). Start it or correct DATABASE_URL; without DATABASE_URL an embedded one is used.`);
  return new DatabaseNotReady(`PostgreSQL at ${host} cannot be used: ${message}`);
}
