import type { Pool, PoolClient, PoolConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { notNow } from '../not-now';
import { withSettings } from './connection-options';
import { APP_POOL } from './data-source';
import type { DatabasePrincipal } from './database-principal';
import { kindOfFailure } from './failure-kind';
import type { KnownServer } from './known-server';
import { openPool, withConnection } from './open-pool';
import { PipelinedReads } from './pipelined-reads';
import { inTransaction, outlastConflicts, setPrincipal, type Tx } from './transaction';

/** Throws UNAVAILABLE where the work failed because nobody answers. */
async function sayingIfAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw kindOfFailure(error) === 'connection' ? notNow.refuse('UNAVAILABLE', { cause: error }) : error;
  }
}

const PIPELINED_CONNECTIONS = 4;
/**
 * Every plan here goes by keys. It is kept for the connection's life, and one made while a table was small would stay a
 * scan.
 */
const PIPELINED_SETTINGS = ['plan_cache_mode=force_generic_plan', 'jit=off', 'enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off'];

/**
 * The application's way to the database: one pool as tessera_app, one of pipelined connections for what is read
 * together, and a reserve for configuration.
 */
export class Database {
  private readonly reserve: Pool;
  private readonly pipeline: Pool;

  constructor(
    readonly source: DataSource,
    url: string,
    /** What is kept of the database counts only as long as it is the same server. */
    readonly server: KnownServer,
  ) {
    this.reserve = openPool({ connectionString: url, max: 2, application_name: 'tessera-configuration', connectionTimeoutMillis: 10_000 }, server);
    // @types/pg does not know `pipeline` yet.
    const config = { ...APP_POOL, ...withSettings(url, PIPELINED_SETTINGS), application_name: 'tessera-app', max: PIPELINED_CONNECTIONS, pipeline: true };
    this.pipeline = openPool(config as PoolConfig, server);
  }

  /** Throws UNAVAILABLE while the server or the way to it is gone. */
  async transaction<T>(principal: DatabasePrincipal, work: (tx: Tx) => Promise<T>): Promise<T> {
    return sayingIfAway(() => inTransaction(this.source, principal, work));
  }

  /** As transaction(), for what only reads, in as few trips as may be. */
  async pipelined<T>(principal: DatabasePrincipal, work: (reads: PipelinedReads) => Promise<T>): Promise<T> {
    const once = () =>
      withConnection(this.pipeline, async (client) => {
        const reads = new PipelinedReads(client, principal);
        const worked = await work(reads);
        await reads.end();
        return worked;
      });
    return sayingIfAway(() => outlastConflicts(once));
  }

  /**
   * Reads configuration into a cache, as the worker, on connections of its own. Whoever waits for the cache may hold
   * one of the pool's. If all of them did, a load that needed one too would never come. Throws UNAVAILABLE.
   */
  async readConfiguration<T>(read: (client: PoolClient) => Promise<T>): Promise<T> {
    return sayingIfAway(() => this.readConfigurationOnce(read));
  }

  private async readConfigurationOnce<T>(read: (client: PoolClient) => Promise<T>): Promise<T> {
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
    await this.pipeline.end();
    await this.source.destroy();
  }
}
