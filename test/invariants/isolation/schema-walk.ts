import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** A field of Query or Mutation. */
export interface RootField {
  /** "Query.member", "Mutation.redeem". */
  readonly name: string;
  readonly kind: 'query' | 'mutation';
  readonly field: GraphQLField<unknown, unknown>;
}

/** Every query and mutation that there is. */
export function rootFields(schema: GraphQLSchema): RootField[] {
  return (['query', 'mutation'] as const).flatMap((kind) => {
    const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(type?.getFields() ?? {}).map((field) => ({ name: `${type?.name}.${field.name}`, kind, field }));
  });
}

/** A place in the arguments that takes a value, lists as ".0": "input.lines.0.sku". */
export interface InputPlace {
  readonly path: string;
  /** The field of an input type that it is, wherever that is used: "MoneyInput.amount"; of an argument, its path. */
  readonly of: string;
  readonly type: GraphQLNamedType;
  /** Type with its list and non-null wrappers. */
  readonly wrapped: GraphQLInputType;
  readonly required: boolean;
}

/** All places of a field's arguments: leaves, and the lists and objects around them. */
export function inputPlaces(field: GraphQLField<unknown, unknown>): InputPlace[] {
  return field.args.flatMap((argument) => placesOf(argument.type, argument.name, argument.defaultValue === undefined));
}

function placesOf(wrapped: GraphQLInputType, path: string, withoutDefault: boolean, of = path): InputPlace[] {
  const required = isNonNullType(wrapped) && withoutDefault;
  const bare = isNonNullType(wrapped) ? wrapped.ofType : wrapped;
  const type = getNamedType(wrapped);
  const here = { path, of, type, wrapped, required };
  if (isListType(bare)) return [here, ...placesOf(bare.ofType, `${path}.0`, true, `${of}.0`)];
  if (!isInputObjectType(type)) return [here];
  const fields = Object.values(type.getFields());
  return [here, ...fields.flatMap((each) => placesOf(each.type, `${path}.${each.name}`, each.defaultValue === undefined, `${type.name}.${each.name}`))];
}

/** Places that name something by its id: every ID, and every string that is called an id. */
export function idPlaces(field: GraphQLField<unknown, unknown>): string[] {
  return inputPlaces(field)
    .filter(({ path, type }) => type.name === 'ID' || (type.name === 'String' && /(^|\.)\w*[iI]d$/.test(path)) || type.name === 'IdentifierInput')
    .filter(({ wrapped }) => !isListType(isNonNullType(wrapped) ? wrapped.ofType : wrapped))
    .map(({ path }) => path);
}

/**
 * Values for arguments of fields below the root that must be given; a new one without a value here fails the selection.
 */
export type NestedArguments = Readonly<Record<string, string>>;

/**
 * A selection of everything below a type, down to `depth`: what a new field shows is asked for without anybody
 * remembering to. A type is not entered again below itself.
 */
export function selectAll(schema: GraphQLSchema, type: GraphQLOutputType, nested: NestedArguments, depth = 10): string {
  return select(schema, getNamedType(type), nested, depth, []);
}

function select(schema: GraphQLSchema, type: GraphQLNamedType, nested: NestedArguments, depth: number, within: readonly string[]): string {
  if (isLeafType(type)) return '';
  if (isAbstractType(type)) return selectUnion(schema, schema.getPossibleTypes(type), nested, depth, within);
  if (!isObjectType(type)) throw new Error(`${type.name} cannot be selected`);
  return `{ __typename ${fieldsOf(schema, type, nested, depth, within).join(' ')} }`;
}

/** What all refusals have is asked for once and not of each: a mutation has thirty of them. */
function selectUnion(schema: GraphQLSchema, types: readonly GraphQLObjectType[], nested: NestedArguments, depth: number, within: readonly string[]): string {
  const refusal = schema.getType('Refusal');
  const parts = types.flatMap((each) => {
    const shared = isInterfaceType(refusal) && each.getInterfaces().includes(refusal) ? refusal.getFields() : {};
    const own = fieldsOf(schema, each, nested, depth, within, shared);
    return own.length > 0 ? `... on ${each.name} { ${own.join(' ')} }` : [];
  });
  const refusals = isInterfaceType(refusal) && types.some((each) => each.getInterfaces().includes(refusal));
  if (refusals)
    parts.push(
      `... on Refusal { ${Object.keys(refusal.getFields())
        .map((name) => `Refusal_${name}: ${name}`)
        .join(' ')} }`,
    );
  return `{ __typename ${parts.join(' ')} }`;
}

function fieldsOf(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  nested: NestedArguments,
  depth: number,
  within: readonly string[],
  except: Readonly<Record<string, unknown>> = {},
): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const of = getNamedType(field.type);
    if (field.name in except || (!isLeafType(of) && (depth <= 1 || within.includes(of.name)))) return [];
    // Members of a union may give one name to fields of different types: each gets an alias of its own.
    const alias = `${type.name}_${field.name}: ${field.name}`;
    return [`${alias}${argumentsOf(type.name, field, nested)} ${select(schema, of, nested, depth - 1, [...within, type.name])}`];
  });
}

function argumentsOf(type: string, field: GraphQLField<unknown, unknown>, nested: NestedArguments): string {
  const given = field.args.flatMap(({ name, type: argument, defaultValue }) => {
    const value = nested[`${type}.${field.name}.${name}`];
    if (value === undefined && isNonNullType(argument) && defaultValue === undefined)
      throw new Error(`no value for the argument ${type}.${field.name}.${name}: add one to NESTED`);
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  return given.length > 0 ? `(${given.join(', ')})` : '';
}

/**
 * The operation that calls a root field with these arguments as variables, and asks for everything back, down to
 * `depth`.
 */
export function operationFor(schema: GraphQLSchema, { kind, field }: RootField, given: readonly string[], nested: NestedArguments, depth?: number): string {
  const passed = field.args.filter(({ name }) => given.includes(name));
  const declared = passed.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const variables = passed.map(({ name }) => `${name}: $${name}`).join(', ');
  return `${kind} ${declared && `(${declared})`} { result: ${field.name}${variables && `(${variables})`} ${selectAll(schema, field.type, nested, depth)} }`;
}

/** Names of the types that a refusal can have. */
export function refusalTypes(schema: GraphQLSchema): ReadonlySet<string> {
  const refusal = schema.getType('Refusal');
  return new Set(refusal && isAbstractType(refusal) ? schema.getPossibleTypes(refusal).map(({ name }) => name) : []);
}
