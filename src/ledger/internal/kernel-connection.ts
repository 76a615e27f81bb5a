import { Client, type ClientConfig, Pool } from 'pg';
import { withSettings } from '../../database/connection-options';

/**
 * Connections of the posting kernel: role tessera_kernel, pipelined (all statements of a phase go out before the first answer is awaited).
 * The planner is told to use the indexes: its plans are kept for the connection's life, and one made while a table was small would stay a scan.
 */
const SETTINGS = [
  'timezone=UTC',
  'datestyle=ISO',
  'plan_cache_mode=force_generic_plan',
  'jit=off',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'statement_timeout=30000',
  'lock_timeout=10000',
  'idle_in_transaction_session_timeout=60000',
];

export interface KernelConnection {
  readonly connectionString: string;
  /** Taken on at connection start; null when the login is the kernel's own. */
  readonly role: string | null;
}

function clientConfig({ connectionString, role }: KernelConnection): ClientConfig {
  const settings = withSettings(connectionString, [...SETTINGS, ...(role ? [`role=${role}`] : [])]);
  // @types/pg does not know `pipeline` yet.
  return { ...settings, application_name: 'tessera-kernel', keepAlive: true, pipeline: true } as ClientConfig;
}

export async function connectKernel(connection: KernelConnection): Promise<Client> {
  const client = new Client(clientConfig(connection));
  // Without a listener a lost connection would end the process; whoever uses the client sees its queries fail.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export function kernelPool(connection: KernelConnection, max: number): Pool {
  const pool = new Pool({ ...clientConfig(connection), max });
  pool.on('error', () => undefined);
  return pool;
}
