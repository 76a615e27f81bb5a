import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { Context } from '../graphql/context';

/** Wrong places in the variables that are named. */
const MOST_WRONG_VALUES = 9;

interface Run {
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly context: Context;
}

/** Runs an operation of a document that was judged. */
export function runOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables, context }: Run,
): ExecutionResult | Promise<ExecutionResult> {
  const options = { maxCoercionErrors: MOST_WRONG_VALUES };
  return execute({ schema, document, operationName, variableValues: variables, contextValue: context, options });
}
