import type { Client, ClientConfig, Pool } from 'pg';
import { withSettings } from '../../../../platform/database/connection-options';
import type { KnownServer } from '../../../../platform/database/known-server';
import { LosableClient, openPool } from '../../../../platform/database/open-pool';
import type { Patience } from './failures';

/**
 * Connections of the posting kernel, as tessera_kernel. They are pipelined: all statements of a phase go out before the
 * first answer is awaited. The planner has to use the indexes, since its plans are kept for the connection's life: one
 * made while a table was small would stay a scan.
 */
const SETTINGS = [
  'timezone=UTC',
  'datestyle=ISO',
  'bytea_output=hex',
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

export interface KernelConnection {
  readonly connectionString: string;
  /** Taken on at connection start; null when the login is the kernel's own. */
  readonly role: string | null;
  readonly patience: Patience;
  /** Met by each connection. */
  readonly server: KnownServer;
}

/** Workers may think longer between the statements of their transactions. */
const WORKER_IDLE_MS = 60_000;

function clientConfig({ connectionString, role, patience }: KernelConnection, idleMs: number): ClientConfig {
  const waits = [`statement_timeout=${patience.statementMs}`, `lock_timeout=${patience.lockMs}`, `idle_in_transaction_session_timeout=${idleMs}`];
  const settings = withSettings(connectionString, [...SETTINGS, ...waits, ...(role ? [`role=${role}`] : [])]);
  return {
    ...settings,
    application_name: 'tessera-kernel',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: patience.answerMs,
    connectionTimeoutMillis: patience.connectMs,
    // @types/pg does not know `pipeline` yet.
    pipeline: true,
  } as ClientConfig;
}

export async function connectKernel(connection: KernelConnection): Promise<Client> {
  const client = new LosableClient(clientConfig(connection, connection.patience.idleMs));
  await client.connect();
  try {
    await connection.server.meet(client);
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

export function kernelPool(connection: KernelConnection, max: number): Pool {
  // Here connectMs would also end the wait for a connection that others are using.
  return openPool({ ...clientConfig(connection, WORKER_IDLE_MS), max, connectionTimeoutMillis: connection.patience.answerMs }, connection.server);
}
