import { type ApolloServerPlugin, type GraphQLRequestContextDidResolveOperation, HeaderMap } from '@apollo/server';
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { actorOf } from '../access/principal';
import type { App } from '../app';
import type { Context, Executed } from './context';
import { OperationMeasurer } from './operation-cost';
import { type Allowance, RateLimiter } from './rate-limit';

/** Operations and their cost, of each client, on this gateway. */
export function createOperationLimiter(app: App): RateLimiter {
  const { operationsPerMinute, costPerMinute } = app.config.limits;
  return new RateLimiter(
    [
      { name: 'operations', perMinute: operationsPerMinute },
      { name: 'cost', perMinute: costPerMinute },
    ],
    app.clock,
  );
}

/** What to count a request under: its principal, or where it comes from. */
export function countedAs({ principal, address }: Pick<Context, 'principal' | 'address'>): string {
  return principal ? actorOf(principal) : `address:${address}`;
}

/** Too many operations, or too much of their cost, within the minute. */
export function rateLimited(allowance: Allowance): GraphQLError {
  const headers = allowance.headers();
  return new GraphQLError(`Too many requests. Try again in ${headers['retry-after']} seconds.`, {
    extensions: { code: 'RATE_LIMITED', http: { status: 429, headers: new HeaderMap(Object.entries(headers)) } },
  });
}

/**
 * Counts a valid operation's cost against the client, and gives the headers of its allowance. Throws a GraphQLError for one that is too deep, has too
 * many aliases or costs too much.
 */
export type Allow = (
  ctx: Context,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => Executed['headers'];

export function allowOperations({ config }: App, schema: GraphQLSchema, limiter: RateLimiter): Allow {
  const { queryDepth, queryAliases, queryCost } = config.limits;
  const measurer = new OperationMeasurer(schema);
  return (ctx, document, operation, variables) => {
    const measure = measurer.measure(document, operation, variables);
    if (measure.depth > queryDepth) throw beyond(`is ${measure.depth} levels deep; at most ${queryDepth} are allowed`);
    if (measure.aliases > queryAliases) throw beyond(`has ${measure.aliases} aliases; at most ${queryAliases} are allowed`);
    if (measure.cost > queryCost) throw beyond(`costs ${measure.cost}; at most ${queryCost} is allowed. Ask for fewer fields or smaller pages`);
    const allowance = limiter.take(countedAs(ctx), [0, measure.cost]);
    if (!allowance.allowed) throw rateLimited(allowance);
    return allowance.headers();
  };
}

/** Has Apollo Server refuse, before it is run, what is not allowed. */
export function limitsPlugin(allow: Allow): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, document, request, contextValue, response }: GraphQLRequestContextDidResolveOperation<Context>) {
          if (!operation) return;
          const headers = contextValue.executed?.headers ?? allow(contextValue, document, operation, request.variables ?? {});
          for (const [name, value] of Object.entries(headers)) response.http.headers.set(name, value);
        },
      };
    },
  };
}

function beyond(what: string): GraphQLError {
  return new GraphQLError(`This operation ${what}.`, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}
