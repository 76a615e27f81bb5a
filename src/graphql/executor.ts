import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
} from 'graphql';
import type { Context } from './context';
import { type Complete, NotPlain, QuickCompletion } from './quick-completion';
import { QuickVariables } from './quick-variables';

/** What is to be run: of a document that is valid. */
export interface Executable {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly context: Context;
}

export type Executor = (executable: Executable) => ExecutionResult | Promise<ExecutionResult>;

/** What a field's extension `call` is: a mutation that is resolved by its context and its argument `input` alone. */
export type Call = (ctx: Context, input: unknown) => unknown;

/** An operation that is one call whose answer is plain data. */
interface Plan {
  readonly key: string;
  readonly call: Call;
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly variables: readonly VariableDefinitionNode[];
  readonly complete: Complete;
}

/** Runs operations as graphql-js does, with its errors. */
export function createExecutor(schema: GraphQLSchema): Executor {
  const quick = new QuickVariables(schema);
  const plans = new WeakMap<OperationDefinitionNode, Plan | null>();

  function planOf({ document, operationName }: Executable): Plan | null {
    const operation = getOperationAST(document, operationName);
    if (!operation) return null;
    let plan = plans.get(operation);
    if (plan === undefined) plans.set(operation, (plan = makePlan(schema, quick.documentFor(document), operationName)));
    return plan;
  }

  function executeWith({ document, operationName, variables }: Executable, context: Context): ReturnType<Executor> {
    const result = execute({ schema: quick.schema, document: quick.documentFor(document), operationName, variableValues: variables, contextValue: context });
    if (!('errors' in result) || result.data !== undefined) return result;
    // Without data nothing was run: what is wrong with the variables is said in graphql-js's own words.
    return execute({ schema, document, operationName, variableValues: variables, contextValue: context });
  }

  return (executable) => {
    const { variables, context } = executable;
    const plan = planOf(executable);
    const coerced = plan && getVariableValues(quick.schema, plan.variables, variables ?? {}, { maxErrors: 0 }).coerced;
    if (!plan || !coerced) return executeWith(executable, context);
    // What came of the call, good or bad, is all that is left for graphql-js to look at where it is not plain data.
    const showing = (outcome: () => unknown) => executeWith(executable, { ...context, outcome });
    let input: unknown;
    try {
      ({ input } = getArgumentValues(plan.field, plan.node, coerced));
    } catch {
      return executeWith(executable, context);
    }
    return called(plan.call, context, input).then(
      (value) => {
        try {
          return { data: { [plan.key]: plan.complete(value) } };
        } catch {
          return showing(() => value);
        }
      },
      (error) =>
        showing(() => {
          throw error;
        }),
    );
  };
}

/** What it throws at once is a rejection like any other. */
async function called(call: Call, context: Context, input: unknown): Promise<unknown> {
  return call(context, input);
}

function makePlan(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined): Plan | null {
  const operation = getOperationAST(document, operationName);
  const [node, ...others] = operation?.selectionSet.selections ?? [];
  if (!operation || others.length > 0 || node?.kind !== Kind.FIELD || node.directives?.length) return null;
  const field = schema.getRootType(operation.operation)?.getFields()[node.name.value];
  const call = field?.extensions.call as Call | undefined;
  if (!field || !call) return null;
  const fragments = new Map(document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));
  try {
    const complete = new QuickCompletion(schema, fragments).of(field.type, node.selectionSet ? [node.selectionSet] : []);
    return { key: (node.alias ?? node.name).value, call, field, node, variables: operation.variableDefinitions ?? [], complete };
  } catch (error) {
    if (error instanceof NotPlain) return null;
    throw error;
  }
}
