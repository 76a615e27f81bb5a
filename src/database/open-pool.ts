import { Pool, type PoolConfig } from 'pg';

/**
 * A pool of connections that can be lost at any moment: whoever uses one sees its queries fail. pg's own pool listens to idle connections only; one that
 * is lost between two statements of its user would end the process.
 */
export function openPool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
