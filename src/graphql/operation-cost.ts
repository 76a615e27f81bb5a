import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode, type ValueNode, valueFromASTUntyped } from 'graphql';
import { IntrospectionSizes } from './introspection-sizes';
import { ANYWHERE, type Measure, type Measuring, measureSelections, type ReadValue, type SizeOf } from './measure-selections';
import { SentEntries } from './sent-entries';

/** What an operation asks for, before anything of it is run. */
export interface OperationMeasure {
  /** 1 a field (10 a mutation), times the size of the lists that it is in, and 1 for each entry of a list that is sent. */
  readonly cost: number;
  /** Entries that are sent, each once however often the operation uses them: what the size of a request bounds already. */
  readonly sentOnce: number;
  readonly depth: number;
  readonly aliases: number;
}

type Variables = Readonly<Record<string, unknown>>;

/** An operation that was measured before, with its measure for each combination of the sizes that it hangs on. */
interface Known {
  readonly sized: readonly SizeOf[];
  readonly defaults: Variables | null;
  readonly measures: Map<string, Measure>;
}

/** More combinations of sizes than anybody sends again and again. */
const MOST_REMEMBERED = 100;

/** Measures operations, valid or not: each once for the sizes of what is sent with it. */
export class OperationMeasurer {
  private readonly known = new WeakMap<OperationDefinitionNode, Known>();
  private readonly introspection: IntrospectionSizes;
  private readonly entries = new SentEntries();

  constructor(private readonly schema: GraphQLSchema) {
    this.introspection = new IntrospectionSizes(schema);
  }

  measure(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): OperationMeasure {
    let known = this.known.get(operation);
    const readValue = valuesIn(known ? known.defaults : defaultsOf(operation), variables);
    let measure = known?.measures.get(sizesNow(known.sized, readValue));
    if (!measure) {
      const fragments = new Map(document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));
      const { schema, introspection, entries } = this;
      const measuring: Measuring = { schema, introspection, entries, fragments, readValue, measured: new Map(), sized: new Map() };
      measure = measureSelections(measuring, schema.getRootType(operation.operation) ?? null, operation.selectionSet, ANYWHERE);
      if (!known) this.known.set(operation, (known = { sized: [...measuring.sized.values()], defaults: defaultsOf(operation), measures: new Map() }));
      if (known.measures.size >= MOST_REMEMBERED) known.measures.clear();
      known.measures.set(sizesNow(known.sized, readValue), measure);
    }
    return withSent(measure, readValue);
  }
}

function withSent({ cost, depth, aliases, sent }: Measure, readValue: ReadValue): OperationMeasure {
  let all = cost;
  let sentOnce = 0;
  let counted: Map<unknown, number> | null = null;
  for (const { value, count, times } of sent) {
    const entries = count(readValue(value));
    all += times * entries;
    if (sent.length === 1) sentOnce = entries;
    else if (entries > 0) {
      counted ??= new Map();
      const key = value.kind === Kind.VARIABLE ? value.name.value : value;
      counted.set(key, Math.max(entries, counted.get(key) ?? 0));
    }
  }
  if (counted) for (const entries of counted.values()) sentOnce += entries;
  return { cost: all, sentOnce, depth, aliases };
}

/** A list counts by its length, the size of a page by itself. */
function sizesNow(sized: readonly SizeOf[], readValue: ReadValue): string {
  let sizes = '';
  for (const sizeOf of sized) {
    const size = sizeOf(readValue);
    sizes += typeof size === 'number' || size === undefined || size === null ? `${size} ` : '? ';
  }
  return sizes;
}

function valuesIn(defaults: Variables | null, variables: Variables): ReadValue {
  // Their own only: what is left out has its default or no value, whatever its name.
  const valueOfVariable = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : defaults?.[name]);
  return (node: ValueNode) =>
    node.kind === Kind.VARIABLE
      ? valueOfVariable(node.name.value)
      : valueFromASTUntyped(node, Object.assign(Object.create(null), defaults, variables) as Record<string, unknown>);
}

function defaultsOf({ variableDefinitions }: OperationDefinitionNode): Variables | null {
  let defaults: Record<string, unknown> | null = null;
  for (const { variable, defaultValue } of variableDefinitions ?? []) {
    if (!defaultValue) continue;
    defaults ??= Object.create(null) as Record<string, unknown>;
    defaults[variable.name.value] = valueFromASTUntyped(defaultValue);
  }
  return defaults;
}
