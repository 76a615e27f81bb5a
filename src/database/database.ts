import { Pool, type PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { Refusal } from '../refusal';
import type { DatabasePrincipal } from './database-principal';
import { kindOfFailure } from './failure-kind';
import { inTransaction, setPrincipal, type Tx } from './transaction';

/** Nobody answers where the database should be; what was asked may be sent again. */
export class DatabaseUnavailable extends Refusal {
  constructor(override readonly cause: unknown) {
    super({ code: 'UNAVAILABLE', message: 'The database cannot be reached. Send the same request again.', retrySafe: true });
  }
}

/** The application's way to the database: one pool as tessera_app, and a reserve for configuration. */
export class Database {
  private readonly reserve: Pool;

  constructor(
    readonly source: DataSource,
    url: string,
  ) {
    this.reserve = new Pool({ connectionString: url, max: 2, application_name: 'tessera-configuration', connectionTimeoutMillis: 10_000 });
    this.reserve.on('error', () => undefined);
  }

  /** Throws DatabaseUnavailable while the server or the way to it is gone. */
  async transaction<T>(principal: DatabasePrincipal, work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.source, principal, work);
    } catch (error) {
      throw kindOfFailure(error) === 'connection' ? new DatabaseUnavailable(error) : error;
    }
  }

  /**
   * Reads configuration into a cache, as the worker. On connections of its own: whoever waits for the cache may hold one of the pool's,
   * and if all of them did, a load that needed one too would never come.
   */
  async readConfiguration<T>(read: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.reserve.connect();
    let broken = false;
    try {
      await client.query('BEGIN READ ONLY');
      await setPrincipal(client, { kind: 'worker' });
      return await read(client);
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      if (!broken) await client.query('COMMIT').catch(() => (broken = true));
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.reserve.end();
    await this.source.destroy();
  }
}
