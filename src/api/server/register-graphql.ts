import type { IncomingHttpHeaders } from 'node:http';
import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { Unauthenticated } from '../../coalition/access/unauthenticated';
import { authenticate } from '../../coalition/sign-in/authenticate';
import { isProviderAway } from '../../coalition/sign-in/provider-keys';
import { isRefusal } from '../../platform/refusal';
import { judgeDocuments, takeAsJudged } from '../documents/judge-document';
import { KnownDocuments } from '../documents/known-documents';
import { allowOperations, costOfBytes, rateLimited } from '../documents/query-limits';
import { OperationQuotas } from '../documents/quotas';
import { runOperation } from '../documents/run-operation';
import type { Context } from '../graphql/context';
import { createErrorFormatter } from '../graphql/errors';
import { directRoutes } from '../http/direct-route';
import { askForToken } from './ask-for-token';
import { buildTesseraSchema } from './build-schema';
import { registerExplorer } from './explorer';
import type { ExplorerDemo } from './explorer-tabs';
import { graphqlEndpoint } from './graphql-endpoint';
import { registerOAuth } from './oauth-routes';

export interface GraphqlOptions {
  /** Fills the explorer's tabs; null where there is no demo. */
  readonly explorerDemo?: ExplorerDemo | null;
}

/** Mounts the GraphQL API at /graphql, the token endpoint and its documents, and the explorer where it is on. */
export async function registerGraphql(server: FastifyInstance, app: App, options: GraphqlOptions = {}): Promise<void> {
  const quotas = new OperationQuotas(app);
  const requestIds = new WeakMap<object, string>();
  const schema = buildTesseraSchema();
  const documents = new KnownDocuments();
  const allow = allowOperations(app, schema, quotas);
  const formatError = createErrorFormatter(app.log, (error) => requestIds.get(error as object));
  const apollo = new ApolloServer<Context>({
    gateway: runOnce(schema),
    // Documents come judged, known or not.
    documentStore: null,
    plugins: [
      takeAsJudged(formatError),
      rememberRequests(requestIds),
      askForToken(),
      // Its landing page loads from a CDN; the explorer is our own. The others are for a service that we do not use.
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
    ],
    formatError,
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

  const endpoint = graphqlEndpoint(apollo, {
    documents,
    allow,
    judge: judgeDocuments(app, schema, documents, quotas, allow),
    schema,
    bodyLimitBytes: app.config.http.bodyLimitBytes,
    answerLimitBytes: app.config.http.answerLimitBytes,
    log: app.log,
    contextOf: async (sent, { requestId, address }, bytes) => {
      const cost = costOfBytes(bytes);
      const context: Context = { app, principal: await identify(app, quotas, sent, address, cost), requestId, address };
      const allowance = quotas.take(context, 1, cost);
      if (!allowance.allowed) throw rateLimited(allowance);
      return { context, headers: allowance.headers, charge: (more) => void quotas.take(context, 0, costOfBytes(more)) };
    },
  });
  await directRoutes(server).add(server, '/graphql', endpoint);
  await registerOAuth(server, app);
  if (app.config.explorer) await registerExplorer(server, app, options.explorerDemo ?? null);
}

/**
 * An operation that has been run already: Apollo Server takes it from what it calls a gateway, and only shows what came
 * of it.
 */
function runOnce(schema: GraphQLSchema): ApolloServerOptionsWithGateway<Context>['gateway'] {
  return {
    onSchemaLoadOrUpdate(loaded) {
      loaded({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ document, request: { operationName, variables }, context }) =>
        (context as Context).executed?.result ?? runOperation(schema, document, { operationName, variables, context: context as Context }),
    }),
    stop: async () => undefined,
  };
}

/** The principal; a bad token is an answer of its own (401), and is counted against the address that it came from. */
async function identify(app: App, quotas: OperationQuotas, sent: IncomingHttpHeaders, address: string, cost: number): Promise<Principal | null> {
  try {
    return await authenticate(app, sent.authorization, sent['tessera-act-as'] as string | undefined);
  } catch (error) {
    const unavailable = (away: Error) => new GraphQLError(away.message, { originalError: away, extensions: { http: { status: 503 } } });
    // The database is away: nobody can be recognised, which is nobody's fault that asks.
    if (isRefusal(error, 'UNAVAILABLE') && !isProviderAway(error)) throw unavailable(error);
    if (!(error instanceof Unauthenticated || isProviderAway(error))) throw error;
    const allowance = quotas.take({ principal: null, address }, 1, cost);
    if (!allowance.allowed) throw rateLimited(allowance);
    if (isProviderAway(error)) throw unavailable(error);
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
