import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode, valueFromASTUntyped } from 'graphql';
import { IntrospectionSizes } from './introspection-sizes';
import { ANYWHERE, type Measure, type Measuring, measureSelections, type SizeOf } from './measure-selections';
import { SentEntries } from './sent-entries';
import { SentValues, type Variables } from './sent-values';

/** What an operation asks for, before anything of it is run. */
export interface OperationMeasure {
  /**
   * 1 a field (10 a mutation), times the size of the lists that it is in, and 1 for each entry of a list that is sent.
   */
  readonly cost: number;
  /**
   * Entries that are sent, each once however often the operation uses them: what the size of a request bounds already.
   */
  readonly sentOnce: number;
  readonly depth: number;
  readonly aliases: number;
}

/** An operation that was measured before, with its measure for each combination of the sizes that it hangs on. */
interface Known {
  readonly sized: readonly SizeOf[];
  readonly defaults: Variables | null;
  readonly measures: Map<string, Measure>;
}

/**
 * How many selections and sent values are looked at, for each token that a document may have: those of any sensible
 * document several times.
 */
const STEPS_A_TOKEN = 4;

/** More combinations of sizes than anybody sends again and again. */
const MOST_REMEMBERED = 100;

/** Measures operations, valid or not: each once for the sizes of what is sent with it. */
export class OperationMeasurer {
  private readonly known = new WeakMap<OperationDefinitionNode, Known>();
  private readonly introspection: IntrospectionSizes;
  private readonly entries = new SentEntries();

  /** `tokens`: how many a document may have. */
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly tokens: number,
  ) {
    this.introspection = new IntrospectionSizes(schema);
  }

  measure(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): OperationMeasure {
    let known = this.known.get(operation);
    const values = new SentValues(known ? known.defaults : defaultsOf(operation), variables);
    let measure = known?.measures.get(sizesNow(known.sized, values));
    if (!measure) {
      const fragments = new Map(document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));
      const { schema, introspection, entries } = this;
      const stepsLeft = this.tokens * STEPS_A_TOKEN;
      const measuring: Measuring = { schema, introspection, entries, fragments, values, measured: new Map(), sized: new Map(), stepsLeft };
      measure = measureSelections(measuring, schema.getRootType(operation.operation) ?? null, operation.selectionSet, ANYWHERE);
      if (!known) this.known.set(operation, (known = { sized: [...measuring.sized.values()], defaults: defaultsOf(operation), measures: new Map() }));
      if (known.measures.size >= MOST_REMEMBERED) known.measures.clear();
      known.measures.set(sizesNow(known.sized, values), measure);
    }
    return withSent(measure, values);
  }
}

function withSent({ cost, depth, aliases, sent }: Measure, values: SentValues): OperationMeasure {
  let all = cost;
  let inLiterals = 0;
  for (const { value, count, times } of sent) {
    const inVariables = values.countedInVariables;
    const entries = count(values.of(value));
    all += times * entries;
    inLiterals += entries - (values.countedInVariables - inVariables);
  }
  return { cost: all, sentOnce: inLiterals + values.ofVariablesOnce(), depth, aliases };
}

/** A list counts by its length, the size of a page by itself. */
function sizesNow(sized: readonly SizeOf[], values: SentValues): string {
  let sizes = '';
  for (const sizeOf of sized) {
    const size = sizeOf(values);
    sizes += typeof size === 'number' || size === undefined || size === null ? `${size} ` : '? ';
  }
  return sizes;
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
