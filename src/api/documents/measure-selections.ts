import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  typeFromAST,
  type ValueNode,
} from 'graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../graphql/connection';
import { type IntrospectionSizes, staysEveryOne } from './introspection-sizes';
import { lengthOf, type SentEntries } from './sent-entries';
import { type CountEntries, plain, type SentValues } from './sent-values';

/** What selections ask for, apart from the entries of lists that are sent. */
export interface Measure {
  readonly cost: number;
  readonly depth: number;
  readonly aliases: number;
  readonly sent: readonly SentValue[];
}

/** A value whose entries are counted, and how many times it is worked on. */
export interface SentValue {
  readonly value: ValueNode;
  readonly count: CountEntries;
  readonly times: number;
}

/** What of the values that are sent now decides on a measure: the size of a page, or the length of a list. */
export type SizeOf = (values: SentValues) => unknown;

export interface Measuring {
  readonly schema: GraphQLSchema;
  readonly introspection: IntrospectionSizes;
  readonly entries: SentEntries;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly values: SentValues;
  /**
   * A fragment is measured once, however often it is spread: spreads of spreads could otherwise double at each level.
   */
  readonly measured: Map<string, Measure>;
  /** All that the measure hangs on besides the document. */
  readonly sized: Map<ValueNode, SizeOf>;
  /**
   * Selections and sent values that may yet be looked at. A fragment is measured anew for each size of page and list
   * that it is spread in. So a short document could keep us busy for its length squared. One that does costs more than
   * anybody may ask for.
   */
  stepsLeft: number;
}

/** What selections stand in. */
interface Around {
  /** The `first` of the connection that they are of. */
  readonly pageSize: number | null;
  /** The rows that were sent to the mutation that they are the answer of. */
  readonly rows: number | null;
  /** They are of everything that the schema has, each once. */
  readonly everyOne: boolean;
  /** How many lists and non-nulls the type that they describe can have around it. */
  readonly wrappers: number;
}

/** Entries that a list is taken to have when nothing says how many: see the extension `listSize`. */
const ASSUMED_LIST_SIZE = 5;
const MUTATION_COST = 10;
/** What the schema says of itself is in memory: no more work than this, nor is a type's name. */
const DESCRIPTION_COST = 0.1;
/** A name as long as this is paid for as another field: it is repeated with each entry of a list. */
const LONG_NAME = 32;
/** Past every limit; keeps sums finite. */
const BEYOND = 1e12;

export const NOTHING: Measure = { cost: 0, depth: 0, aliases: 0, sent: [] };
const TOO_MUCH: Measure = { ...NOTHING, cost: BEYOND };
export const ANYWHERE: Around = { pageSize: null, rows: null, everyOne: false, wrappers: 0 };

/**
 * Measures what may well be invalid: a field that there is not counts as one, a cycle of fragments as nothing. `parent`
 * null: nobody knows.
 */
export function measureSelections(measuring: Measuring, parent: GraphQLCompositeType | null, selections: SelectionSetNode, around: Around): Measure {
  measuring.stepsLeft -= selections.selections.length;
  if (measuring.stepsLeft < 0) return TOO_MUCH;
  const measures = selections.selections.map((selection) => {
    if (selection.kind === Kind.FIELD) return measureField(measuring, parent, selection, around);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(measuring, parent, selection.name.value, around);
    return measureSelections(measuring, conditionOf(measuring, selection.typeCondition, parent), selection.selectionSet, around);
  });
  return together(measuring, measures);
}

function measureFragment(measuring: Measuring, parent: GraphQLCompositeType | null, name: string, around: Around): Measure {
  const fragment = measuring.fragments.get(name);
  if (!fragment) return NOTHING;
  const key = `${name} ${around.pageSize} ${around.rows} ${around.everyOne} ${around.wrappers}`;
  let measure = measuring.measured.get(key);
  if (!measure) {
    measuring.measured.set(key, NOTHING);
    measure = measureSelections(measuring, conditionOf(measuring, fragment.typeCondition, parent), fragment.selectionSet, around);
    measuring.measured.set(key, measure);
  }
  return measure;
}

function measureField(measuring: Measuring, parent: GraphQLCompositeType | null, field: FieldNode, around: Around): Measure {
  const aliases = field.alias ? 1 : 0;
  const name = field.name.value;
  const long = Math.floor((field.alias ?? field.name).value.length / LONG_NAME);
  if (name === '__typename') return { cost: DESCRIPTION_COST * (1 + long), depth: 1, aliases, sent: [] };
  const definition = definitionOf(measuring.schema, parent, name);
  if (!parent || !definition) return measureUnknown(measuring, field, 1 + long, aliases);
  const described = isIntrospectionType(parent) || name.startsWith('__');
  const { rows, rowsSent, sent } = measureArguments(measuring, field, definition);
  const type = getNamedType(definition.type);
  const list = isListType(getNullableType(definition.type));
  const inside: Around = {
    pageSize: definition.args.some((argument) => argument.name === 'first') ? pageSizeOf(measuring, field, definition) : null,
    rows: rowsSent && !list ? rows : null,
    everyOne: described && staysEveryOne(name, around.everyOne),
    wrappers: !described ? 0 : name === 'type' ? measuring.introspection.mostWrappers : name === 'ofType' ? around.wrappers - 1 : 0,
  };
  const below = field.selectionSet ? measureSelections(measuring, isCompositeType(type) ? type : null, field.selectionSet, inside) : NOTHING;
  const size = described ? describedSize(measuring, name, list, around) : list ? listSize(parent, field, definition, around, rows) : 1;
  const own = described ? DESCRIPTION_COST : ownCost(measuring, parent, definition);
  return {
    // Each entry of a list that is sent is worked on, whatever is asked back of it.
    cost: Math.min(BEYOND, own * rows + long + size * below.cost),
    depth: 1 + below.depth,
    aliases: aliases + below.aliases,
    sent: below.sent.length === 0 ? sent : [...sent, ...below.sent.map((each) => ({ ...each, times: Math.min(BEYOND, each.times * Math.max(1, size)) }))],
  };
}

function measureUnknown(measuring: Measuring, field: FieldNode, own: number, aliases: number): Measure {
  const below = field.selectionSet ? measureSelections(measuring, null, field.selectionSet, ANYWHERE) : NOTHING;
  return { ...below, cost: Math.min(BEYOND, own + below.cost), depth: 1 + below.depth, aliases: aliases + below.aliases };
}

function definitionOf(schema: GraphQLSchema, parent: GraphQLCompositeType | null, name: string): GraphQLField<unknown, unknown> | undefined {
  if (!parent || isUnionType(parent)) return undefined;
  if (parent === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return parent.getFields()[name];
}

function ownCost(measuring: Measuring, parent: GraphQLCompositeType, { extensions }: GraphQLField<unknown, unknown>): number {
  if (typeof extensions.cost === 'number') return extensions.cost;
  return parent === measuring.schema.getMutationType() ? MUTATION_COST : 1;
}

function describedSize({ introspection }: Measuring, name: string, list: boolean, { everyOne, wrappers }: Around): number {
  if (name === 'ofType' && wrappers <= 0) return 0;
  return list ? introspection.of(name, everyOne) : 1;
}

function listSize(parent: GraphQLCompositeType, field: FieldNode, definition: GraphQLField<unknown, unknown>, around: Around, rows: number): number {
  if (around.pageSize !== null && field.name.value === 'edges' && isObjectType(parent)) return around.pageSize;
  if (typeof definition.extensions.listSize === 'number') return definition.extensions.listSize;
  return rows > 1 ? rows : (around.rows ?? ASSUMED_LIST_SIZE);
}

/**
 * `rows`: how many entries the longest list of operations among the arguments has, at least 1; `sent`: what else of
 * them has lists.
 */
function measureArguments(measuring: Measuring, field: FieldNode, definition: GraphQLField<unknown, unknown>) {
  let rows = 1;
  let rowsSent = false;
  const sent: SentValue[] = [];
  for (const { name, type } of definition.args) {
    const value = field.arguments?.find((argument) => argument.name.value === name)?.value;
    if (!value) continue;
    const { rowsOf, count } = measuring.entries.of(type);
    if (rowsOf) {
      rowsSent = true;
      rows = Math.max(rows, Number(sizeNow(measuring, value, (values) => lengthOf(rowsOf(values.of(value))))));
    }
    if (count) sent.push({ value, count, times: 1 });
  }
  return { rows, rowsSent, sent };
}

function pageSizeOf(measuring: Measuring, field: FieldNode, definition: GraphQLField<unknown, unknown>): number {
  const node = field.arguments?.find((argument) => argument.name.value === 'first')?.value;
  const otherwise = definition.args.find((argument) => argument.name === 'first')?.defaultValue ?? DEFAULT_PAGE_SIZE;
  const asked = node ? (sizeNow(measuring, node, (values) => plain(values.of(node))) ?? otherwise) : otherwise;
  // A size out of range is refused by the list itself; until then it counts as the largest.
  return typeof asked === 'number' && asked >= 0 && asked <= MAX_PAGE_SIZE ? asked : MAX_PAGE_SIZE;
}

function sizeNow(measuring: Measuring, node: ValueNode, sizeOf: SizeOf): unknown {
  if (node.kind === Kind.VARIABLE || node.kind === Kind.OBJECT || node.kind === Kind.LIST) measuring.sized.set(node, sizeOf);
  return sizeOf(measuring.values);
}

function conditionOf(measuring: Measuring, condition: FragmentDefinitionNode['typeCondition'] | undefined, parent: GraphQLCompositeType | null) {
  const type = condition && typeFromAST(measuring.schema, condition);
  return isCompositeType(type) ? type : parent;
}

function together(measuring: Measuring, measures: readonly Measure[]): Measure {
  let cost = 0;
  let depth = 0;
  let aliases = 0;
  let values = 0;
  for (const each of measures) {
    cost += each.cost;
    depth = Math.max(depth, each.depth);
    aliases += each.aliases;
    values += each.sent.length;
  }
  measuring.stepsLeft -= values;
  if (measuring.stepsLeft < 0) return TOO_MUCH;
  return { cost: Math.min(BEYOND, cost), depth, aliases: Math.min(BEYOND, aliases), sent: eachOnce(measures, values) };
}

/** Each value once, so that there are never more than the document has. */
function eachOnce(measures: readonly Measure[], values: number): readonly SentValue[] {
  if (values < 2) return measures.find((each) => each.sent.length > 0)?.sent ?? [];
  const byValue = new Map<ValueNode, SentValue>();
  for (const { sent } of measures)
    for (const each of sent) {
      const known = byValue.get(each.value);
      byValue.set(each.value, known ? { ...known, times: Math.min(BEYOND, known.times + each.times) } : each);
    }
  return [...byValue.values()];
}
