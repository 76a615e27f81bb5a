import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type GraphQLUnionType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql';

/** What of a value a selection asks for; throws anything at all where the value is not as its type says. */
export type Complete = (value: unknown) => unknown;

/** The selection asks for something that has to be worked out. */
export class NotPlain extends Error {}

/**
 * Reads plain data as a selection asks for it, by functions made once for each document: fields without arguments, directives and resolvers of their
 * own. graphql-js works out arguments, place and kind of each field of each entry of a list; where this throws, it is to do so.
 */
export class QuickCompletion {
  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  ) {}

  /** Throws NotPlain. */
  of(type: GraphQLOutputType, selections: readonly SelectionSetNode[]): Complete {
    if (isNonNullType(type)) {
      const complete = this.of(type.ofType, selections);
      return (value) => (value === null || value === undefined ? irregular() : complete(value));
    }
    const complete = this.ofPresent(type, selections);
    return (value) => (value === null || value === undefined ? null : complete(value));
  }

  private ofPresent(type: GraphQLOutputType, selections: readonly SelectionSetNode[]): Complete {
    if (isLeafType(type)) return (value) => type.serialize(value) ?? irregular();
    if (isListType(type)) {
      const complete = this.of(type.ofType, selections);
      return (value) => (Array.isArray(value) ? value.map((each) => complete(each)) : irregular());
    }
    if (isObjectType(type)) return this.ofObject(type, selections);
    if (isUnionType(type)) return this.ofUnion(type, selections);
    throw new NotPlain();
  }

  private ofObject(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): Complete {
    if (type.isTypeOf) throw new NotPlain();
    const asked = new Map<string, FieldNode[]>();
    for (const each of selections) this.collect(type, each, asked, new Set());
    const fields = [...asked].map(([key, nodes]) => {
      const name = nodes[0].name.value;
      if (name === '__typename') return { key, name, complete: () => type.name };
      const field = type.getFields()[name];
      if (!field || field.resolve || field.args.length > 0) throw new NotPlain();
      const complete = this.of(
        field.type,
        nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
      );
      return { key, name, complete };
    });
    return (value) => {
      if (typeof value !== 'object' || value instanceof Error || 'then' in (value as object)) return irregular();
      const source = value as Readonly<Record<string, unknown>>;
      const made: Record<string, unknown> = {};
      for (const { key, name, complete } of fields) {
        const one = source[name];
        made[key] = typeof one === 'function' ? irregular() : complete(one);
      }
      return made;
    };
  }

  /** Which types a union's values are of shows in the values: each is looked at when the first of it comes. */
  private ofUnion(type: GraphQLUnionType, selections: readonly SelectionSetNode[]): Complete {
    const { resolveType } = type;
    if (!resolveType) throw new NotPlain();
    const completes = new Map<string, Complete>();
    return (value) => {
      const name = resolveType(value, undefined, undefined as never, type);
      if (typeof name !== 'string') return irregular();
      let complete = completes.get(name);
      if (!complete) completes.set(name, (complete = this.ofMember(type, name, selections)));
      return complete(value);
    };
  }

  private ofMember(union: GraphQLUnionType, name: string, selections: readonly SelectionSetNode[]): Complete {
    const type = this.schema.getType(name);
    if (!isObjectType(type) || !this.schema.isSubType(union, type)) return irregular;
    try {
      return this.ofObject(type, selections);
    } catch (error) {
      if (error instanceof NotPlain) return irregular;
      throw error;
    }
  }

  /** As the specification's CollectFields. */
  private collect(type: GraphQLObjectType, { selections }: SelectionSetNode, fields: Map<string, FieldNode[]>, visited: Set<string>): void {
    for (const selection of selections) {
      if (selection.directives && selection.directives.length > 0) throw new NotPlain();
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const nodes = fields.get(key);
        if (nodes) nodes.push(selection);
        else fields.set(key, [selection]);
        continue;
      }
      const named = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : null;
      if (named !== null && visited.has(named)) continue;
      if (named !== null) visited.add(named);
      const fragment = named === null ? selection : this.fragments.get(named);
      if (!fragment || fragment.kind === Kind.FRAGMENT_SPREAD) throw new NotPlain();
      const condition = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
      if (!condition || condition === type || (isAbstractType(condition) && this.schema.isSubType(condition, type)))
        this.collect(type, fragment.selectionSet, fields, visited);
    }
  }
}

function irregular(): never {
  throw new TypeError('a value is not as its type says');
}
