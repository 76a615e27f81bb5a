import { createServer } from 'node:net';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../../platform/config';
import { DirectRoutes, rememberDirectRoutes, requestIdOf } from './direct-route';

/** The address is taken or not ours; the message says what to do. */
export class CannotListen extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CannotListen';
  }
}

/** An HTTP server with what every answer has: a request id, security headers, a bound on the body, masked errors. */
export function createHttpServer(config: Config, log: Logger): FastifyInstance {
  const direct = new DirectRoutes(config);
  const server = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.http.bodyLimitBytes,
    // Whose address a request comes from, DirectRoutes.addressOf says alone: fastify's own reading takes a port for a
    // part of it.
    trustProxy: false,
    serverFactory: (handler) =>
      direct.createServer(handler, {
        requestTimeout: 60_000,
        // Longer than the usual 60 s of a load balancer, so that it is never us who closes a connection it is about to
        // use.
        keepAliveTimeout: 65_000,
      }),
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
  });
  rememberDirectRoutes(server, direct);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(direct.headersFor(request.id));
  });
  let closing = false;
  server.addHook('preClose', async () => {
    closing = true;
    direct.close();
  });
  server.addHook('onSend', async (_request, reply) => {
    // Asked before the closing began, answered after it.
    if (closing) reply.header('connection', 'close');
  });
  server.addHook('onResponse', async (request, reply) =>
    direct.answered({ requestId: request.id, method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }),
  );
  direct.whenAnswered(({ requestId, method, route, status, ms }) => {
    const level = status >= 500 ? 'error' : status >= 400 ? 'info' : 'debug';
    if (!log.isLevelEnabled(level)) return;
    const outcome = status >= 500 ? 'request failed' : status >= 400 ? 'request refused' : 'request answered';
    log[level]({ reqId: requestId, method, route, status, ms: Math.round(ms) }, outcome);
  });
  server.setNotFoundHandler((request, reply) => {
    const [url = ''] = request.url.split('?');
    const allowed = server.supportedMethods.filter((method) => server.hasRoute({ method, url }));
    if (allowed.length === 0) return reply.code(404).send({ error: 'not_found' });
    // Preflights too: nothing here is for other sites' pages, and an answer without their headers says so.
    return reply.code(405).header('allow', allowed.join(', ')).send({ error: 'method_not_allowed' });
  });
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.code?.toLowerCase() ?? 'bad_request', message: error.message });
    log.error({ err: error, reqId: request.id }, 'unexpected error in a request');
    return reply.code(status).send({ error: 'internal', id: request.id });
  });
  return server;
}

/** Starts listening; answers with the port. `port` null: `otherwise`, or a free one if that is taken. */
export async function listen(server: FastifyInstance, host: string, port: number | null, otherwise: number, variable: string): Promise<number> {
  try {
    await server.listen({ host, port: port ?? otherwise, listenTextResolver: (address) => `listening at ${address}` });
  } catch (error) {
    if (port === null && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return listen(server, host, 0, 0, variable);
    throw explainListening(error as NodeJS.ErrnoException, host, port ?? otherwise, variable);
  }
  const address = server.server.address();
  return address && typeof address === 'object' ? address.port : otherwise;
}

/** The port that will be listened on: the one asked for if nobody has it, a free one for 0. Throws CannotListen. */
export function findPort(host: string, port: number, variable: string): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', (error) => failed(explainListening(error, host, port, variable)));
    probe.listen({ host, port }, () => {
      const address = probe.address();
      probe.close(() => found(address && typeof address === 'object' ? address.port : port));
    });
  });
}

function explainListening(error: NodeJS.ErrnoException, host: string, port: number, variable: string): Error {
  if (error.code === 'EADDRINUSE')
    return new CannotListen(
      `Port ${port} of ${host} is taken by another program. Stop it, or choose another with ${variable}=${port + 1} (0 takes a free one).`,
    );
  if (error.code === 'EACCES') return new CannotListen(`Port ${port} may not be used by this user: choose one above 1023 in ${variable}.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new CannotListen(`${host} is no address of this machine: correct TESSERA_HOST (127.0.0.1 for this machine only, 0.0.0.0 for all).`);
  return error;
}
