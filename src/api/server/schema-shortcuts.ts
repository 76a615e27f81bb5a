import { type GraphQLInputFieldMap, type GraphQLSchema, isInputObjectType, isUnionType } from 'graphql';
import { EarningResolver } from '../earning/earning.resolver';
import type { Context } from '../graphql/context';
import { RefusalAnswer } from '../graphql/refusal.types';
import { RedemptionResolver } from '../redemption/redemption.resolver';

/** What has the mutation `name` as a method of the context and the argument `input`. */
type Resolver<Name extends string> = { readonly [name in Name]: (ctx: Context, input: never) => unknown };

/**
 * What tills and shops send all day is resolved without type-graphql. That makes an instance of its class from each
 * input object that graphql-js has read, and looks among all input types for the class of each field: several times as
 * long as all else that it does.
 */
export function callDirectly(schema: GraphQLSchema): void {
  direct(schema, new EarningResolver(), ['recordPurchase', 'recordPurchases', 'recordReturn']);
  direct(schema, new RedemptionResolver(), ['redeem', 'hold', 'captureHold', 'voidHold', 'refundRedemption']);
}

function direct<Name extends string>(schema: GraphQLSchema, resolver: Resolver<Name>, names: readonly Name[]): void {
  const mutations = schema.getMutationType()?.getFields() ?? {};
  for (const name of names) {
    const mutation = mutations[name];
    if (!mutation) throw new Error(`the schema has no mutation ${name}`);
    mutation.resolve = (_root, { input }, ctx: Context) => resolver[name](ctx, input as never);
  }
}

/**
 * graphql-js keeps the fields of a type in an object without a prototype, which V8 looks through as slowly as through a
 * table. It goes through those of an input for each that is sent: several times as fast over an object that only
 * inherits from one without a prototype.
 */
export function keepInputFieldsReady(schema: GraphQLSchema): void {
  const nothing = Object.freeze(Object.create(null));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    const fields: GraphQLInputFieldMap = Object.assign(Object.create(nothing), type.getFields());
    type.getFields = () => fields;
  }
}

/**
 * Which type of a union (see answerUnion) an answer has hangs on its class alone; type-graphql would find it out each
 * time, and asynchronously. A refusal that the operation does not list is a fault of ours: an internal error.
 */
export function rememberAnswerTypes(schema: GraphQLSchema): void {
  for (const union of Object.values(schema.getTypeMap())) {
    const find = isUnionType(union) && union.resolveType;
    if (!find) continue;
    const names = new Map<unknown, string>();
    const listed = new Set(union.getTypes().map(({ name }) => name));
    union.resolveType = (answer, ...rest) => {
      const of = answer instanceof RefusalAnswer ? answer.constructor : null;
      const known = names.get(of);
      if (known !== undefined) return known;
      return Promise.resolve(find(answer, ...rest)).then((name) => {
        if (answer instanceof RefusalAnswer && !listed.has(String(name))) throw new Error(`${union.name} does not list the refusal ${answer.code}`);
        if (name !== undefined) names.set(of, name);
        return name;
      });
    };
  }
}
