import { type GraphQLInterfaceType, type GraphQLObjectType, type GraphQLSchema, getNamedType, isInterfaceType, isLeafType, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import type { Disclosure } from '../../platform/disclosure';
import { declaredOf } from './discloses';
import { ROOT_DISCLOSURES } from './root-disclosures';

/** Who gets each field of each output type, by "Type.field". */
export type DisclosureMap = ReadonlyMap<string, Disclosure>;

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;
type Declared = ReturnType<typeof declaredOf>;

/** Collects what the types declare. Throws for a field without a declaration, and for a declaration without a field. */
export function disclosureMap(schema: GraphQLSchema): DisclosureMap {
  const { objectTypes, interfaceTypes } = getMetadataStorage();
  const classes = new Map<string, object>([...objectTypes, ...interfaceTypes].map(({ name, target }) => [name, target]));
  const roots = new Set<FieldsType | null | undefined>([schema.getQueryType(), schema.getMutationType()]);
  const map = new Map<string, Disclosure>();
  const wrong: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(isObjectType(type) || isInterfaceType(type)) || type.name.startsWith('__')) continue;
    const declared = roots.has(type) ? declaredAtRoot(type) : declaredOf(classes.get(type.name) ?? {});
    const fields = type.getFields();
    for (const field of Object.keys(fields)) {
      const disclosure = declared.named.get(field) ?? declared.rest;
      if (disclosure) map.set(`${type.name}.${field}`, disclosure);
      else wrong.push(`${type.name}.${field} does not say who gets it: see @Discloses`);
    }
    for (const field of declared.named.keys()) if (!fields[field]) wrong.push(`${type.name} has no field ${field}, of which it says who gets it`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return map;
}

/** A query or mutation tells nothing by itself, if its answer is a type that declares its own fields. */
function declaredAtRoot(type: FieldsType): Declared {
  const named = new Map<string, Disclosure>(Object.entries(ROOT_DISCLOSURES[type.name] ?? {}));
  for (const [field, { type: answer }] of Object.entries(type.getFields()))
    if (!named.has(field) && !isLeafType(getNamedType(answer))) named.set(field, 'NOBODY');
  return { named, rest: null };
}
