import { type ApolloServerPlugin, type GraphQLRequestContextDidResolveOperation, HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { actorOf } from '../access/principal';
import type { App } from '../app';
import type { Context } from './context';
import { measureOperation } from './operation-cost';
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
export function countedAs(ctx: Pick<Context, 'principal'>, address: string): string {
  return ctx.principal ? actorOf(ctx.principal) : `address:${address}`;
}

/** Too many operations, or too much of their cost, within the minute. */
export function rateLimited(allowance: Allowance): GraphQLError {
  return new GraphQLError(`Too many requests. Try again in ${allowance.headers['retry-after']} seconds.`, {
    extensions: { code: 'RATE_LIMITED', http: { status: 429, headers: new HeaderMap(Object.entries(allowance.headers)) } },
  });
}

/** Refuses, before it is run, an operation that is too deep, has too many aliases or costs too much, and counts its cost against the client. */
export function limitsPlugin(app: App, limiter: RateLimiter, addressOf: (ctx: Context) => string): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation(request: GraphQLRequestContextDidResolveOperation<Context>) {
          if (!request.operation) return;
          const measure = measureOperation(request.schema, request.document, request.operation, request.request.variables ?? {});
          const { queryDepth, queryAliases, queryCost } = app.config.limits;
          if (measure.depth > queryDepth) throw beyond(`is ${measure.depth} levels deep; at most ${queryDepth} are allowed`);
          if (measure.aliases > queryAliases) throw beyond(`has ${measure.aliases} aliases; at most ${queryAliases} are allowed`);
          if (measure.cost > queryCost) throw beyond(`costs ${measure.cost}; at most ${queryCost} is allowed. Ask for fewer fields or smaller pages`);
          const allowance = limiter.take(countedAs(request.contextValue, addressOf(request.contextValue)), [0, measure.cost]);
          if (!allowance.allowed) throw rateLimited(allowance);
          for (const [name, value] of Object.entries(allowance.headers)) request.response.http.headers.set(name, value);
        },
      };
    },
  };
}

function beyond(what: string): GraphQLError {
  return new GraphQLError(`This operation ${what}.`, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}
