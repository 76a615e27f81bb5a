import { type GraphQLOutputType, type GraphQLSchema, getNamedType, getNullableType, isListType, isUnionType } from 'graphql';
import { requireAllowedWhileSuspended } from '../../coalition/sign-in/while-suspended';
import { isRefusal, type Refusal } from '../../platform/refusal';
import type { Context } from '../graphql/context';
import { toRefusalAnswer } from '../graphql/refusal.types';

/**
 * Asked before anything is begun for a principal of a suspended brand: of every query and mutation, also of those still
 * to be written.
 */
export function refuseSuspended(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const { name, resolve } = field;
      if (!resolve) throw new Error(`${type?.name}.${name} has no resolver`);
      field.resolve = (root, args, ctx: Context, info) => {
        if (ctx.principal?.suspended) {
          const refusal = refusalFor(ctx, name);
          if (refusal) return answerOf(ctx, refusal, field.type, args.input);
        }
        return resolve(root, args, ctx, info);
      };
    }
  }
}

function refusalFor({ app, principal }: Context, operation: string): Refusal | null {
  try {
    if (principal) requireAllowedWhileSuspended(principal, operation, app.clock.now());
    return null;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** An answer where the type has refusals, of each entry of a bulk; else an error with the code. */
function answerOf(ctx: Context, refusal: Refusal, type: GraphQLOutputType, input: unknown) {
  if (!isUnionType(getNamedType(type))) throw refusal;
  if (!isListType(getNullableType(type))) return toRefusalAnswer(ctx, refusal);
  return (input as readonly unknown[]).map(() => toRefusalAnswer(ctx, refusal));
}
