import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
  valueFromASTUntyped,
} from 'graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './connection';

/** What an operation asks for, before anything of it is run. */
export interface OperationMeasure {
  /** 1 a field (10 a mutation), times the size of the lists that it is in. */
  readonly cost: number;
  readonly depth: number;
  readonly aliases: number;
}

/** Entries that a list is taken to have when nothing says how many: see the extension `listSize`. */
const ASSUMED_LIST_SIZE = 5;
const MUTATION_COST = 10;
// The schema's description of itself: always the same size, bounded by a validation rule of GraphQL's own.
const INTROSPECTION_COST = 100;
/** Past every limit; keeps sums finite. */
const BEYOND = 1e12;

const NOTHING: OperationMeasure = { cost: 0, depth: 0, aliases: 0 };

interface Measuring {
  readonly schema: GraphQLSchema;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** A fragment is measured once, however often it is spread: spreads of spreads could otherwise double at each level. */
  readonly measured: Map<string, OperationMeasure>;
  /** Variables whose size counts; the same whatever their values are. */
  readonly sized: Set<string>;
}

/** More combinations of sizes than anybody sends again and again. */
const MOST_REMEMBERED = 100;

/** Measures valid operations (fragments without cycles, known fields): each once for the sizes of what is sent with it. */
export class OperationMeasurer {
  private readonly known = new WeakMap<OperationDefinitionNode, { readonly sized: readonly string[]; readonly measures: Map<string, OperationMeasure> }>();

  constructor(private readonly schema: GraphQLSchema) {}

  measure(document: DocumentNode, operation: OperationDefinitionNode, variables: Readonly<Record<string, unknown>>): OperationMeasure {
    const known = this.known.get(operation);
    const remembered = known?.measures.get(sizesOf(known.sized, variables));
    if (remembered) return remembered;
    const fragments = new Map(document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])));
    const root = this.schema.getRootType(operation.operation);
    if (!root) return NOTHING;
    const given: Measuring['variables'] = Object.assign(Object.create(null), defaultsOf(operation), variables);
    const measuring: Measuring = { schema: this.schema, variables: given, fragments, measured: new Map(), sized: new Set() };
    const measure = measureSelections(measuring, root, operation.selectionSet, null);
    const { sized, measures } = known ?? { sized: [...measuring.sized], measures: new Map<string, OperationMeasure>() };
    if (measures.size >= MOST_REMEMBERED) measures.clear();
    measures.set(sizesOf(sized, variables), measure);
    if (!known) this.known.set(operation, { sized, measures });
    return measure;
  }
}

function sizesOf(names: readonly string[], variables: Readonly<Record<string, unknown>>): string {
  let sizes = '';
  for (const name of names) {
    // Its own only: what is left out has no value, whatever its name.
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    // A list counts by its length, the size of a page by itself; what is left out may have a default.
    sizes += Array.isArray(value) ? `[${value.length} ` : typeof value === 'number' || value === undefined || value === null ? `${value} ` : '? ';
  }
  return sizes;
}

function defaultsOf(operation: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}

/** `pageSize` is the `first` of the connection that the selections are of. */
function measureSelections(measuring: Measuring, parent: GraphQLCompositeType, selections: SelectionSetNode, pageSize: number | null): OperationMeasure {
  let total = NOTHING;
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) total = join(total, measureField(measuring, parent, selection, pageSize));
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      total = join(total, measureSelections(measuring, conditionOf(measuring, selection.typeCondition, parent), selection.selectionSet, pageSize));
    else total = join(total, measureFragment(measuring, parent, selection.name.value, pageSize));
  }
  return total;
}

function measureFragment(measuring: Measuring, parent: GraphQLCompositeType, name: string, pageSize: number | null): OperationMeasure {
  const key = `${name} ${pageSize}`;
  const fragment = measuring.fragments.get(name);
  if (!fragment) return NOTHING;
  let measure = measuring.measured.get(key);
  if (!measure) {
    measure = measureSelections(measuring, conditionOf(measuring, fragment.typeCondition, parent), fragment.selectionSet, pageSize);
    measuring.measured.set(key, measure);
  }
  return measure;
}

function measureField(measuring: Measuring, parent: GraphQLCompositeType, field: FieldNode, pageSize: number | null): OperationMeasure {
  const aliases = field.alias ? 1 : 0;
  const name = field.name.value;
  if (name === '__typename') return { cost: 0, depth: 1, aliases };
  if (name.startsWith('__')) return { cost: INTROSPECTION_COST, depth: 1, aliases };
  const definition = isUnionType(parent) ? undefined : parent.getFields()[name];
  if (!definition) return NOTHING;
  const own = typeof definition.extensions.cost === 'number' ? definition.extensions.cost : parent === measuring.schema.getMutationType() ? MUTATION_COST : 1;
  const type = getNamedType(definition.type);
  const first = definition.args.some((argument) => argument.name === 'first') ? pageSizeOf(measuring, field, definition) : null;
  const below = field.selectionSet && isCompositeType(type) ? measureSelections(measuring, type, field.selectionSet, first) : NOTHING;
  const size = isListType(getNullableType(definition.type)) ? listSize(measuring, parent, field, definition, pageSize) : 1;
  // Each entry of a list that is sent is worked on, whatever is asked back of it.
  const cost = Math.min(BEYOND, own * sentEntries(measuring, field, definition) + size * below.cost);
  return { cost, depth: 1 + below.depth, aliases: aliases + below.aliases };
}

function listSize(
  measuring: Measuring,
  parent: GraphQLCompositeType,
  field: FieldNode,
  definition: GraphQLField<unknown, unknown>,
  pageSize: number | null,
): number {
  if (pageSize !== null && field.name.value === 'edges' && isObjectType(parent)) return pageSize;
  if (typeof definition.extensions.listSize === 'number') return definition.extensions.listSize;
  const sent = sentEntries(measuring, field, definition);
  return sent > 1 ? sent : ASSUMED_LIST_SIZE;
}

/** How many entries the longest list among the field's arguments has; at least 1. */
function sentEntries(measuring: Measuring, field: FieldNode, definition: GraphQLField<unknown, unknown>): number {
  const lists = definition.args.filter((argument) => isListType(getNullableType(argument.type))).map((argument) => argumentOf(measuring, field, argument.name));
  return Math.max(1, ...lists.map((list) => (Array.isArray(list) ? list.length : 1)));
}

function pageSizeOf(measuring: Measuring, field: FieldNode, definition: GraphQLField<unknown, unknown>): number {
  const asked = argumentOf(measuring, field, 'first') ?? definition.args.find((argument) => argument.name === 'first')?.defaultValue ?? DEFAULT_PAGE_SIZE;
  // A size out of range is refused by the list itself; until then it counts as the largest.
  return typeof asked === 'number' && asked >= 0 && asked <= MAX_PAGE_SIZE ? asked : MAX_PAGE_SIZE;
}

function argumentOf(measuring: Measuring, field: FieldNode, name: string): unknown {
  const node = field.arguments?.find((argument) => argument.name.value === name);
  if (node?.value.kind === Kind.VARIABLE) measuring.sized.add(node.value.name.value);
  return node && valueFromASTUntyped(node.value, measuring.variables);
}

function conditionOf(measuring: Measuring, condition: FragmentDefinitionNode['typeCondition'] | undefined, parent: GraphQLCompositeType): GraphQLCompositeType {
  const type = condition && typeFromAST(measuring.schema, condition);
  return isCompositeType(type) ? type : parent;
}

function join(a: OperationMeasure, b: OperationMeasure): OperationMeasure {
  return { cost: Math.min(BEYOND, a.cost + b.cost), depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases };
}
