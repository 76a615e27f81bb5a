import {
  type DocumentNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
  valueFromAST,
} from 'graphql';

/** A value as its type reads it; throws anything at all when it is not of the type. */
type Read = (value: unknown) => unknown;

/** No name of GraphQL's begins with it. */
const MARK = ' ';

/**
 * Input objects in variables, read in one pass by functions made once for each type. graphql-js asks of each value anew what kind of type it has
 * and notes where the value is, in case that it is wrong; it is asked again when something is wrong here, so errors are its own.
 *
 * To execute a document of `documentFor` against `schema` gives what the document itself gives, or an error before anything is run.
 */
export class QuickVariables {
  /** The schema, with a stand-in for each input object under a marked name. */
  readonly schema: GraphQLSchema;
  private readonly standIns = new Map<string, GraphQLScalarType>();
  private readonly readers = new Map<GraphQLInputObjectType, Read>();
  private readonly documents = new WeakMap<DocumentNode, DocumentNode>();

  constructor(schema: GraphQLSchema) {
    for (const type of Object.values(schema.getTypeMap()))
      if (isInputObjectType(type)) {
        const parseLiteral: GraphQLScalarType['parseLiteral'] = (node, variables) => valueFromAST(node, type, variables);
        this.standIns.set(MARK + type.name, new GraphQLScalarType({ name: type.name, parseValue: this.objectReader(type), parseLiteral }));
      }
    this.schema = Object.create(schema, { getType: { value: (name: string) => this.standIns.get(name) ?? schema.getType(name) } });
  }

  /** The document with the stand-ins as its variables' types. */
  documentFor(document: DocumentNode): DocumentNode {
    let made = this.documents.get(document);
    if (!made) {
      const definitions = document.definitions.map((each) => (each.kind === Kind.OPERATION_DEFINITION ? this.operationFor(each) : each));
      this.documents.set(document, (made = { ...document, definitions }));
    }
    return made;
  }

  private operationFor(operation: OperationDefinitionNode): OperationDefinitionNode {
    return { ...operation, variableDefinitions: operation.variableDefinitions?.map((each) => ({ ...each, type: this.typeFor(each.type) })) };
  }

  private typeFor<Node extends TypeNode>(node: Node): Node {
    if (node.kind !== Kind.NAMED_TYPE) return { ...node, type: this.typeFor(node.type) };
    const marked = MARK + node.name.value;
    return this.standIns.has(marked) ? { ...node, name: { ...node.name, value: marked } } : node;
  }

  private reader(type: GraphQLInputType): Read {
    if (isNonNullType(type)) {
      const read = this.reader(type.ofType);
      return (value) => (value === null || value === undefined ? wrong() : read(value));
    }
    const read = isListType(type) ? this.listReader(type.ofType) : isInputObjectType(type) ? this.objectReader(type) : leafReader(type);
    return (value) => (value === null || value === undefined ? null : read(value));
  }

  private listReader(type: GraphQLInputType): Read {
    const read = this.reader(type);
    // One thing is a list of one.
    return (value) => (Array.isArray(value) ? value.map((each) => read(each)) : [read(value)]);
  }

  /** Types can be in each other, so what an object's fields are is found out when the first is read. */
  private objectReader(type: GraphQLInputObjectType): Read {
    let read = this.readers.get(type);
    if (!read) {
      let made: Read | undefined;
      read = (value) => (made ??= this.fieldsReader(type))(value);
      this.readers.set(type, read);
    }
    return read;
  }

  private fieldsReader(type: GraphQLInputObjectType): Read {
    const fields = Object.values(type.getFields()).map(({ name, type: of, defaultValue }) => ({
      name,
      read: this.reader(of),
      defaultValue,
      required: isNonNullType(of),
    }));
    return (value) => {
      if (typeof value !== 'object' || Array.isArray(value) || type.isOneOf) return wrong();
      const given = value as Readonly<Record<string, unknown>>;
      const made: Record<string, unknown> = {};
      let found = 0;
      for (const { name, read, defaultValue, required } of fields) {
        const one = given[name];
        if (one !== undefined) {
          found++;
          made[name] = read(one);
        } else if (defaultValue !== undefined) made[name] = defaultValue;
        else if (required) return wrong();
      }
      // Whatever else is there is of no field's name.
      return Object.keys(given).length === found ? made : wrong();
    };
  }
}

function leafReader(type: { parseValue(value: unknown): unknown }): Read {
  return (value) => {
    const read = type.parseValue(value);
    return read === undefined ? wrong() : read;
  };
}

function wrong(): never {
  throw new TypeError('a value is not of its type');
}
