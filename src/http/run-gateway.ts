import type { FastifyInstance } from 'fastify';
import type { BuiltApp } from '../app';
import { KEY_MARK, requireMigrated } from '../database/migrate';
import { registerGraphql } from '../graphql/register-graphql';
import { type Dependency, registerHealth } from './health';
import { type QueueDepth, registerMetrics } from './metrics';
import { createHttpServer, listen } from './server';

/** What the process that starts a server brings along from the queues, which only it may import. */
export interface QueueAccess {
  readonly dependency: Dependency;
  readonly depths: () => Promise<readonly QueueDepth[]>;
  /** Registers further routes, such as the queue board. */
  readonly register?: (server: FastifyInstance) => Promise<void>;
}

export interface RunningServer {
  readonly port: number;
  /** Answers what has been asked, takes nothing new. */
  close(): Promise<void>;
}

/** The public side: GraphQL, tokens, explorer, with health and metrics. */
export async function runGateway(app: BuiltApp, queues: QueueAccess): Promise<RunningServer> {
  const { host, port } = app.config.http;
  return run(app, queues, host, port, 'TESSERA_PORT', (server) => registerGraphql(server, app));
}

/** Health and metrics of a worker process. */
export async function runWorkerStatus(app: BuiltApp, queues: QueueAccess): Promise<RunningServer> {
  const { host, workersPort } = app.config.http;
  return run(app, { ...queues, register: undefined }, host, workersPort, 'TESSERA_WORKERS_PORT', async () => undefined);
}

async function run(
  app: BuiltApp,
  queues: QueueAccess,
  host: string,
  port: number,
  variable: string,
  register: (server: FastifyInstance) => Promise<void>,
): Promise<RunningServer> {
  const server = createHttpServer(app.config, app.log);
  let stopping = false;
  const { source } = app.database;
  const dependencies: Dependency[] = [
    { name: 'database', check: () => source.query('SELECT 1') },
    { name: 'migrations', check: () => requireMigrated(source, app.keys.derive(KEY_MARK)) },
    queues.dependency,
  ];
  registerHealth(server, app.log, dependencies, () => stopping);
  registerMetrics(server, app, queues.depths);
  await queues.register?.(server);
  await register(server);
  return {
    port: await listen(server, host, port, variable),
    async close() {
      stopping = true;
      await server.close();
    },
  };
}
