import { HeaderMap } from '@apollo/server';
import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { App } from '../../app';
import type { Context, Executed } from '../graphql/context';
import { limitExceeded } from './document-bounds';
import { OperationMeasurer } from './operation-cost';
import type { OperationQuotas } from './quotas';
import type { Allowance } from './rate-limit';

const BYTES_A_UNIT = 100;

/** What a request costs by its size alone, before anything is known of it. */
export function costOfBytes(bytes: number): number {
  return 1 + bytes / BYTES_A_UNIT;
}

/** Too many operations, or too much of their cost, within the minute. */
export function rateLimited(allowance: Allowance): GraphQLError {
  const headers = allowance.headers();
  return new GraphQLError(`Too many requests. Try again in ${headers['retry-after']} seconds.`, {
    extensions: { code: 'RATE_LIMITED', http: { status: 429, headers: new HeaderMap(Object.entries(headers)) } },
  });
}

/**
 * Counts an operation's cost against whoever asks, and gives the headers of the allowance. Throws a GraphQLError for
 * one that is too deep, has too many aliases or costs too much.
 */
export type Allow = (
  ctx: Context,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) => Executed['headers'];

export function allowOperations({ config }: App, schema: GraphQLSchema, quotas: OperationQuotas): Allow {
  const { queryDepth, queryAliases, queryTokens, queryCost } = config.limits;
  const measurer = new OperationMeasurer(schema, queryTokens);
  return (ctx, document, operation, variables) => {
    const { depth, aliases, cost, sentOnce } = measurer.measure(document, operation, variables);
    if (depth > queryDepth) throw beyond(`is ${depth} levels deep; at most ${queryDepth} are allowed`);
    if (aliases > queryAliases) throw beyond(`has ${aliases} aliases; at most ${queryAliases} are allowed`);
    // The size of a request bounds what it brings; what it asks to be done with that, and to be answered, is bounded
    // here.
    const asked = cost - sentOnce;
    if (asked > queryCost) throw beyond(`costs ${Math.ceil(asked)}; at most ${queryCost} is allowed. Ask for fewer fields or smaller pages`);
    const allowance = quotas.take(ctx, 0, cost);
    if (!allowance.allowed) throw rateLimited(allowance);
    return allowance.headers();
  };
}

function beyond(what: string): GraphQLError {
  return limitExceeded(`This operation ${what}.`);
}
