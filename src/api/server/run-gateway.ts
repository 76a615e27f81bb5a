import type { FastifyInstance } from 'fastify';
import type { BuiltApp } from '../../app';
import { systemClock } from '../../platform/clock';
import { KEY_MARK, requireMigrated } from '../../platform/database/migrate';
import { requireSameTime } from '../../platform/database/same-time';
import { type Dependency, registerHealth } from '../http/health';
import { type QueueDepth, registerMetrics } from '../http/metrics';
import { createHttpServer, listen } from '../http/server';
import { type GraphqlOptions, registerGraphql } from './register-graphql';

/** What the process that starts a server brings along from the queues, which only it may import. */
export interface QueueAccess {
  /** Throws unless the queues' server answers. */
  readonly check: () => Promise<unknown>;
  readonly depths: () => Promise<readonly QueueDepth[]>;
  /** Registers further routes, such as the queue board. */
  readonly register?: (server: FastifyInstance) => Promise<void>;
}

export interface RunningServer {
  readonly port: number;
  /** Where the metrics have a port of their own. */
  readonly metricsPort: number | null;
  /** Answers what has been asked, takes nothing new. */
  close(): Promise<void>;
}

/** The public side: GraphQL, tokens, explorer, with health and metrics. */
export async function runGateway(app: BuiltApp, queues: QueueAccess, options: GraphqlOptions = {}): Promise<RunningServer> {
  const { host, port, metricsAddress } = app.config.http;
  const metrics = metricsAddress ? createHttpServer(app.config, app.log) : null;
  const { server, close } = await openStatusServer(app, queues, metrics);
  await queues.register?.(server);
  await registerGraphql(server, app, options);
  const metricsPort =
    metrics && metricsAddress ? await listen(metrics, metricsAddress.host, metricsAddress.port, metricsAddress.port, 'TESSERA_METRICS_ADDRESS') : null;
  return { port: await listen(server, host, port, port, 'TESSERA_PORT'), metricsPort, close };
}

const WORKERS_PORT = 4001;

/** Health and metrics of a worker process. */
export async function runWorkerStatus(app: BuiltApp, queues: QueueAccess): Promise<RunningServer> {
  const { server, close } = await openStatusServer(app, queues, null);
  const { host, workersPort } = app.config.http;
  return { port: await listen(server, host, workersPort, WORKERS_PORT, 'TESSERA_WORKERS_PORT'), metricsPort: null, close };
}

/** `metrics`: a server of their own. */
async function openStatusServer(
  app: BuiltApp,
  queues: QueueAccess,
  metrics: FastifyInstance | null,
): Promise<{ server: FastifyInstance; close(): Promise<void> }> {
  const server = createHttpServer(app.config, app.log);
  let stopping = false;
  const { source } = app.database;
  const dependencies: Dependency[] = [
    { name: 'database', check: () => source.query('SELECT 1') },
    { name: 'migrations', check: () => requireMigrated(source, app.keys.derive(KEY_MARK), app.config.vaultKeys ?? []) },
    { name: 'queue', check: queues.check },
    { name: 'clock', check: () => requireSameTime(app.database, systemClock) },
  ];
  registerHealth(
    server,
    app.log,
    dependencies,
    () => stopping,
    () => sandboxClock(app),
  );
  registerMetrics(server, app, queues.depths, metrics);
  return {
    server,
    async close() {
      stopping = true;
      await server.close();
      await metrics?.close();
    },
  };
}

/** So that nobody takes a sandbox's time, or its books, for real. */
function sandboxClock({ config, clock }: BuiltApp): object {
  return config.mode === 'sandbox' ? { mode: 'sandbox', clock: { now: clock.now().toISOString(), moved: clock.isAhead() } } : {};
}
