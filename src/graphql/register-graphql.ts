import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import { authenticate } from '../access/authenticate';
import type { Principal } from '../access/principal';
import { Unauthenticated } from '../access/unauthenticated';
import type { App } from '../app';
import { buildTesseraSchema } from './build-schema';
import type { Context } from './context';
import { createErrorFormatter } from './errors';
import { registerExplorer } from './explorer';
import type { ExplorerDemo } from './explorer-tabs';
import { countedAs, createOperationLimiter, limitsPlugin, rateLimited } from './limits';
import { registerOAuth } from './oauth-routes';
import type { RateLimiter } from './rate-limit';

export interface GraphqlOptions {
  /** Fills the explorer's tabs; null where there is no demo. */
  readonly explorerDemo?: ExplorerDemo | null;
}

/** Mounts the GraphQL API at /graphql, the token endpoint and its documents, and the explorer where it is on. */
export async function registerGraphql(server: FastifyInstance, app: App, options: GraphqlOptions = {}): Promise<void> {
  const limiter = createOperationLimiter(app);
  const addresses = new WeakMap<Context, string>();
  const requestIds = new WeakMap<object, string>();
  const apollo = new ApolloServer<Context>({
    schema: buildTesseraSchema(),
    plugins: [
      limitsPlugin(app, limiter, (ctx) => addresses.get(ctx) ?? ''),
      rememberRequests(requestIds),
      // Its landing page loads from a CDN; the explorer is our own. The others are for a service that we do not use.
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
    parseOptions: { maxTokens: app.config.limits.queryTokens },
    formatError: createErrorFormatter(app.log, (error) => requestIds.get(error as object)),
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: app.log,
  });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());

  const handler = fastifyApolloHandler(apollo, {
    context: async (request: FastifyRequest, reply: FastifyReply) => {
      const ctx: Context = { app, principal: await identify(app, limiter, request), requestId: request.id, loaders: new Map() };
      addresses.set(ctx, request.ip);
      const allowance = limiter.take(countedAs(ctx, request.ip), [1, 0]);
      if (!allowance.allowed) throw rateLimited(allowance);
      void reply.headers(allowance.headers);
      return ctx;
    },
  });
  await server.register(async (scope) => {
    scope.setErrorHandler(answerInGraphql);
    scope.route({ method: ['GET', 'POST'], url: '/graphql', bodyLimit: app.config.http.bodyLimitBytes, handler });
  });
  await registerOAuth(server, app);
  if (app.config.explorer) await registerExplorer(server, app, options.explorerDemo ?? null);
}

/** The principal; a bad token is an answer of its own (401), and is counted against the address that it came from. */
async function identify(app: App, limiter: RateLimiter, request: FastifyRequest): Promise<Principal | null> {
  try {
    return await authenticate(app, request.headers.authorization);
  } catch (error) {
    if (!(error instanceof Unauthenticated)) throw error;
    const allowance = limiter.take(countedAs({ principal: null }, request.ip), [1, 0]);
    if (!allowance.allowed) throw rateLimited(allowance);
    throw new GraphQLError(error.message, {
      extensions: {
        code: 'UNAUTHENTICATED',
        http: { status: 401, headers: new HeaderMap([['www-authenticate', 'Bearer realm="tessera", error="invalid_token"']]) },
      },
    });
  }
}

/** So that an unexpected error is logged with its request. */
function rememberRequests(requestIds: WeakMap<object, string>): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) requestIds.set(error, contextValue.requestId);
        },
      };
    },
  };
}

/** What never reaches GraphQL (a body too large, or no JSON) is answered in GraphQL's form. */
function answerInGraphql(error: Error & { statusCode?: number }, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500;
  if (status >= 500) throw error;
  const code = status === 413 ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST';
  void reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [{ message: error.message, extensions: { code } }] }));
}
