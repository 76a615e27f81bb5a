import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../platform/config';
import { newUuid } from '../../platform/ids';
import { clientAddress, type TrustsProxy, trustedProxies } from './client-address';
import { UnreadAnswers } from './unread-answers';

/** What a handler of a direct route gets besides node's own request and response. */
export interface Direct {
  readonly requestId: string;
  /** Of the client, as far as the deployment's proxies are trusted. */
  readonly address: string;
  /** Every answer's, to be sent with the handler's own; asked for when the answer is sent. */
  readonly headers: () => Readonly<Record<string, string>>;
  /**
   * The same as names and values by turns, in a list of the handler's own: for one whose own headers replace none of
   * them.
   */
  readonly headerList: () => string[];
}

/** Answers a request on node's own objects; must always answer, and never reject. */
export type DirectHandler = (request: IncomingMessage, response: ServerResponse, direct: Direct) => void;

/** A request that has been answered, or whose connection was lost. */
export interface Answered {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the URL: what a caller writes into a URL is not ours to keep. */
  readonly route: string | undefined;
  readonly status: number;
  readonly ms: number;
}

/**
 * The routes that go past fastify's router, hooks and replies, which cost as much as a small query itself. They have
 * what every answer of the server has: request id, security headers, log line, metrics. Both ways come here for it.
 */
export class DirectRoutes {
  private readonly handlers = new Map<string, DirectHandler>();
  private readonly observers: ((answered: Answered) => void)[] = [];
  private readonly headers: Readonly<Record<string, string>>;
  private readonly headerList: readonly string[];
  private readonly trusts: TrustsProxy | null;
  private closing = false;

  constructor(private readonly config: Config) {
    this.trusts = trustedProxies(config.http.trustProxy);
    this.headers = {
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      // Pages that need more set their own.
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cache-control': 'no-store',
      ...(config.http.publicUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
    };
    this.headerList = Object.entries(this.headers).flat();
  }

  /** Called once for every answer of the server, direct or not. */
  whenAnswered(observe: (answered: Answered) => void): void {
    this.observers.push(observe);
  }

  answered(answered: Answered): void {
    for (const observe of this.observers) observe(answered);
  }

  /** Every answer's headers. */
  headersFor(requestId: string): Record<string, string> {
    // A connection that stays open after the last answer would hold up the end until its keep-alive is over.
    return { 'x-request-id': requestId, ...this.headers, ...(this.closing && { connection: 'close' }) };
  }

  private headerListFor(requestId: string): string[] {
    const list = ['x-request-id', requestId, ...this.headerList];
    if (this.closing) list.push('connection', 'close');
    return list;
  }

  /** From now on connections end with their answer. */
  close(): void {
    this.closing = true;
  }

  /**
   * Registers GET and POST of a path. Fastify knows the path too: it is asked without a socket there, and listed among
   * the routes.
   */
  async add(server: FastifyInstance, path: string, handler: DirectHandler): Promise<void> {
    this.handlers.set(path, handler);
    await server.register(async (scope) => {
      // The handler reads the body itself.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, done) => done(null));
      scope.route({
        method: ['GET', 'POST'],
        url: path,
        handler: (request, reply) => {
          reply.hijack();
          handler(request.raw, reply.raw, this.direct(request.id, this.addressOf(request.raw)));
        },
      });
    });
  }

  /** Node's server, whose requests go to a direct route, or else to fastify. */
  createServer(fastify: (request: IncomingMessage, response: ServerResponse) => void, options: { requestTimeout: number; keepAliveTimeout: number }): Server {
    const unread = new UnreadAnswers(this.config.http.answerMs);
    const server = createServer({ ...options, connectionsCheckingInterval: 5_000 }, (request, response) => {
      unread.watch(response);
      const url = request.url ?? '';
      const queryAt = url.indexOf('?');
      const path = queryAt < 0 ? url : url.slice(0, queryAt);
      const handler = this.handlers.get(path);
      if (!handler || (request.method !== 'POST' && request.method !== 'GET')) {
        response.once('close', () => unread.forget(response));
        return fastify(request, response);
      }
      const began = performance.now();
      const requestId = requestIdOf(request.headers['x-request-id']);
      response.once('close', () => {
        unread.forget(response);
        this.answered({ requestId, method: request.method ?? '', route: path, status: response.statusCode, ms: performance.now() - began });
      });
      handler(request, response, this.direct(requestId, this.addressOf(request)));
    });
    server.once('close', () => unread.close());
    return server;
  }

  private direct(requestId: string, address: string): Direct {
    return { requestId, address, headers: () => this.headersFor(requestId), headerList: () => this.headerListFor(requestId) };
  }

  /** Of the client, as far as the deployment's proxies are trusted. */
  addressOf(request: IncomingMessage): string {
    return clientAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'], this.trusts);
  }
}

/** The caller's own id for the request where it is harmless, else a new one. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.-]{8,64}$/.test(given) ? given : newUuid();
}

const routesOf = new WeakMap<FastifyInstance, DirectRoutes>();

/** Those of a server of createHttpServer. */
export function directRoutes(server: FastifyInstance): DirectRoutes {
  const routes = routesOf.get(server);
  if (!routes) throw new Error('this server was not made by createHttpServer');
  return routes;
}

export function rememberDirectRoutes(server: FastifyInstance, routes: DirectRoutes): void {
  routesOf.set(server, routes);
}
