import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import type { Context } from './context';
import { QuickVariables } from './quick-variables';

/** What is to be run: of a document that is valid. */
export interface Executable {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly context: Context;
}

export type Executor = (executable: Executable) => ExecutionResult | Promise<ExecutionResult>;

/** Runs operations as graphql-js does, with its errors. */
export function createExecutor(schema: GraphQLSchema): Executor {
  const quick = new QuickVariables(schema);
  return ({ document, operationName, variables, context }) => {
    const result = execute({ schema: quick.schema, document: quick.documentFor(document), operationName, variableValues: variables, contextValue: context });
    if (!('errors' in result) || result.data !== undefined) return result;
    // Without data nothing was run: what is wrong with the variables is said in graphql-js's own words.
    return execute({ schema, document, operationName, variableValues: variables, contextValue: context });
  };
}
