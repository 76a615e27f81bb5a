import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';

/**
 * A connection that can be lost at any moment: whoever uses it sees its queries fail. Without a listener an error between two statements would end the
 * process, and from its first moment on: the last words of a server that was killed may come in one piece with the first ones of a new connection.
 */
export class LosableClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** A pool of such connections. */
export function openPool(config: PoolConfig): Pool {
  const pool = new Pool({ ...config, Client: LosableClient } as PoolConfig);
  pool.on('error', () => undefined);
  return pool;
}
