import { Client, type ClientBase, type ClientConfig, Pool, type PoolClient, type PoolConfig } from 'pg';
import type { KnownServer } from './known-server';

/**
 * A connection that can be lost at any moment: whoever uses it sees its queries fail. Without a listener an error
 * between two statements would end the process. The listener is there from the first moment on: the last words of a
 * killed server may come in one piece with the first ones of a new connection.
 */
export class LosableClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** For pg's pools: such connections, each of which meets the server before its first use. */
export function losable(server: KnownServer | null) {
  return {
    Client: LosableClient,
    ...(server && { verify: (client: ClientBase, done: (error?: Error) => void) => server.meet(client).then(() => done(), done) }),
  };
}

/** A pool of them. */
export function openPool(config: PoolConfig, server: KnownServer | null): Pool {
  const pool = new Pool({ ...config, ...losable(server) } as PoolConfig);
  pool.on('error', () => undefined);
  return pool;
}

/**
 * Lends a connection of a pool to work that is one transaction. If the work fails, the transaction is rolled back. A
 * connection on which that fails too is not used again.
 */
export async function withConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => {
      broken = lost;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
