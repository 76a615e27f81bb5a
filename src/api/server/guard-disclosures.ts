import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { isBrand } from '../../coalition/access/principal';
import type { Disclosure } from '../../platform/disclosure';
import { PermissionDenied } from '../../platform/refusal';
import { EMPTY_PAGE } from '../graphql/connection';
import type { Context } from '../graphql/context';
import type { DisclosureMap } from '../graphql/disclosure-map';

/** What brands get as it is. All else is null for them, or an empty list. */
const FOR_BRANDS = new Set<Disclosure | undefined>(['NOBODY', 'OWN', 'PROGRAMME']);

type Field = GraphQLField<unknown, Context>;
type Withhold = () => unknown;

/**
 * Keeps from brands, their staff and the sessions that they minted what is not for them. Only those fields are wrapped
 * that a brand can reach: the others cost nothing. Throws for one that could not be withheld: it must be nullable.
 */
export function guardDisclosures(schema: GraphQLSchema, disclosures: DisclosureMap): void {
  const roots = [schema.getQueryType(), schema.getMutationType()].filter((type) => type != null);
  const isWithheld = (type: GraphQLNamedType, field: string) => !FOR_BRANDS.has(disclosures.get(`${type.name}.${field}`));
  const wrong: string[] = [];
  for (const type of reachedByBrands(schema, roots, isWithheld)) {
    const isRoot = roots.includes(type);
    for (const field of Object.values(type.getFields())) {
      if (!isWithheld(type, field.name)) continue;
      const withhold = howToWithhold(field.type) ?? (isRoot ? deny : null);
      if (!withhold) wrong.push(`${type.name}.${field.name} is not for brands, and must be nullable`);
      else if (isRoot) answerFirst(field, withhold);
      else guard(field, withhold);
    }
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/** The types that a brand can come to without a field that is withheld from it. */
function reachedByBrands(schema: GraphQLSchema, roots: readonly GraphQLObjectType[], isWithheld: (type: GraphQLNamedType, field: string) => boolean) {
  const reached = new Set<GraphQLObjectType>(roots);
  // A set goes on to what is added while it is gone through.
  for (const type of reached)
    for (const field of Object.values(type.getFields()))
      if (!isWithheld(type, field.name)) for (const next of objectsOf(schema, getNamedType(field.type))) reached.add(next);
  return reached;
}

function objectsOf(schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isUnionType(type) || isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
}

/** null: nothing can stand for it. */
function howToWithhold(type: GraphQLOutputType): Withhold | null {
  if (!isNonNullType(type)) return () => null;
  if (isListType(type.ofType)) return () => [];
  return getNamedType(type).name.endsWith('Connection') ? () => EMPTY_PAGE : null;
}

function deny(): never {
  throw new PermissionDenied();
}

/** What a brand may not have is not looked for. */
function guard(field: Field, withhold: Withhold): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = (source, args, ctx, info) => (getsAll(ctx) ? resolve(source, args, ctx, info) : withhold());
}

/** An operation says itself who may ask, and what is wrong with the arguments. This wall stands behind it. */
function answerFirst(field: Field, withhold: Withhold): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = async (source, args, ctx, info) => {
    const answer: unknown = await resolve(source, args, ctx, info);
    return getsAll(ctx) ? answer : withhold();
  };
}

/** The member with a login of an identity provider, and the operator's staff. */
function getsAll({ principal }: Context): boolean {
  return principal !== null && !isBrand(principal);
}
