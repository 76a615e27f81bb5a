import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';
import { buildTesseraSchema } from '../../src/api/server/build-schema';
import { runGateway } from '../../src/api/server/run-gateway';
import type { BuiltApp } from '../../src/app';
import { closeApp } from '../../src/process/build-app';
import { type HttpTown, openTownApp, townToken } from './http-town';
import { openPlainHandler } from './plain-handler';

/** The servers that are compared; each runs in a process of its own. */
export type ServedKind = 'gateway' | 'bare node:http' | 'bare fastify' | 'plain handler';

export interface ServeOrders {
  readonly kind: ServedKind;
  readonly town: HttpTown;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Of a server's process, after a garbage collection. */
export interface ServerState {
  /** Bytes. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** CPU milliseconds, user and system. */
  readonly cpuMs: number;
  readonly postings: number;
  readonly batches: number;
}

interface Served {
  readonly port: number;
  close(): Promise<void>;
}

const KINDS: Readonly<Record<ServedKind, (app: BuiltApp, town: HttpTown) => Promise<Served>>> = {
  gateway: (app) => runGateway(app, { check: async () => undefined, depths: async () => [] }),
  'bare node:http': serveBareNode,
  'bare fastify': serveBareFastify,
  'plain handler': async (app, town) => {
    const { handler, close } = openPlainHandler(app, town);
    const served = await listening(createServer(handler));
    return { port: served.port, close: async () => Promise.all([served.close(), close()]).then(() => undefined) };
  },
};

async function main(): Promise<void> {
  const { kind, town, variables } = JSON.parse(process.argv[2] ?? '') as ServeOrders;
  const app = await openTownApp(town, variables);
  const served = await KINDS[kind](app, town);
  process.on('message', (asked: 'token' | 'state' | 'stop') => void answer(asked));
  process.send?.({ port: served.port });

  async function answer(asked: 'token' | 'state' | 'stop'): Promise<void> {
    if (asked === 'token') process.send?.(await townToken(app, town));
    if (asked === 'state') process.send?.(state(app));
    if (asked === 'stop') {
      await served.close();
      await closeApp(app);
      process.disconnect();
    }
  }
}

function state(app: BuiltApp): ServerState {
  // Twice: what the first finds unreachable may keep other things until the second.
  global.gc?.();
  global.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { postings, batches } = app.ledger.stats;
  return { heapUsed, external, rss, cpuMs: (user + system) / 1_000, postings, batches };
}

function listening(server: Server): Promise<Served> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () =>
      done({
        port: (server.address() as AddressInfo).port,
        close: () => new Promise((closed) => server.close(() => closed()).closeAllConnections()),
      }),
    );
  });
}

/** Apollo Server with our schema and nothing else of ours. */
async function bareApollo(): Promise<ApolloServer> {
  const apollo = new ApolloServer({ schema: buildTesseraSchema(), persistedQueries: false, stopOnTerminationSignals: false });
  await apollo.start();
  return apollo;
}

async function serveBareNode(): Promise<Served> {
  const apollo = await bareApollo();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const headers = new HeaderMap();
      for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, String(value));
      const answered = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: request.method ?? '', headers, search: '', body: JSON.parse(Buffer.concat(chunks).toString()) },
        context: async () => ({}),
      });
      for (const [name, value] of answered.headers) response.setHeader(name, value);
      response.statusCode = answered.status ?? 200;
      response.end(answered.body.kind === 'complete' ? answered.body.string : '');
    });
  });
  return listening(server);
}

async function serveBareFastify(): Promise<Served> {
  const apollo = await bareApollo();
  const server = fastify();
  server.post('/graphql', fastifyApolloHandler(apollo as never));
  await server.listen({ port: 0, host: '127.0.0.1' });
  return { port: (server.server.address() as AddressInfo).port, close: () => server.close() };
}

void main();
