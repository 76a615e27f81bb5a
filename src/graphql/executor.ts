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
    const common = { operationName, variableValues: variables, contextValue: context };
    const result = execute({ ...common, schema: quick.schema, document: quick.documentFor(document) });
    // Without data nothing was run: what is wrong with the variables is said in graphql-js's own words.
    return 'errors' in result && result.data === undefined ? execute({ ...common, schema, document }) : result;
  };
}
