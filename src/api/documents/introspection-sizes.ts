import { type GraphQLSchema, type GraphQLType, isEnumType, isInputObjectType, isInterfaceType, isObjectType, isUnionType, isWrappingType } from 'graphql';

/** A list of the schema's description of itself. */
interface Size {
  /** Among everything that has such a list, each once. */
  readonly mean: number;
  readonly most: number;
}

/**
 * How long the lists are in which this schema describes itself. Below `__schema { types }` each type comes once, so
 * means are exact there. Anywhere else the longest is taken.
 */
export class IntrospectionSizes {
  private readonly sizes: Readonly<Record<string, Size>>;
  private readonly types: number;
  /** Of a field, an argument or an input field: how many lists and non-nulls are around its named type. */
  readonly mostWrappers: number;

  constructor(schema: GraphQLSchema) {
    const types = Object.values(schema.getTypeMap());
    this.types = types.length;
    const fields = types.map((type) => (isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []));
    const inputFields = types.flatMap((type) => (isInputObjectType(type) ? Object.values(type.getFields()) : []));
    const typed = [...fields.flat(), ...inputFields, ...fields.flat().flatMap((field) => field.args)];
    this.mostWrappers = Math.max(0, ...typed.map(({ type }) => wrappersOf(type)));
    const args = [...fields.flat(), ...schema.getDirectives()].map((each) => each.args.length);
    this.sizes = {
      fields: sizeOf(fields.map(({ length }) => length)),
      inputFields: sizeOf(types.map((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0))),
      interfaces: sizeOf(types.map((type) => (isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0))),
      possibleTypes: sizeOf(types.map((type) => (isInterfaceType(type) || isUnionType(type) ? schema.getPossibleTypes(type).length : 0))),
      enumValues: sizeOf(types.map((type) => (isEnumType(type) ? type.getValues().length : 0))),
      args: sizeOf(args),
      locations: sizeOf(schema.getDirectives().map(({ locations }) => locations.length)),
      directives: { mean: schema.getDirectives().length, most: schema.getDirectives().length },
    };
  }

  /** `everyOne`: the list is of each type, or of each field, once. */
  of(field: string, everyOne: boolean): number {
    if (field === 'types') return this.types;
    const size = this.sizes[field];
    return size ? (everyOne ? size.mean : size.most) : 1;
  }
}

/** Whether what is below a field of the description is still each thing once. */
export function staysEveryOne(field: string, everyOne: boolean): boolean {
  return field === 'types' || (everyOne && (field === 'fields' || field === 'inputFields' || field === 'enumValues'));
}

function wrappersOf(type: GraphQLType): number {
  return isWrappingType(type) ? 1 + wrappersOf(type.ofType) : 0;
}

function sizeOf(lengths: readonly number[]): Size {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return { mean: lengths.length === 0 ? 0 : total / lengths.length, most: Math.max(0, ...lengths) };
}
