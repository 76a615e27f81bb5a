import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { createUnionType, Field, InterfaceType, ObjectType } from 'type-graphql';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { Refusal, type RefusalData } from '../../platform/refusal';
import { type Context, requirePrincipal } from './context';
import { DateTimeScalar } from './scalars';

/** A refusal as GraphQL shows it. */
@InterfaceType('Refusal', {
  description:
    'A "no" given on purpose: nothing was written. What the ledger has decided (retrySafe: false) is kept under the idempotency key, and a repetition gets it again; what else is refused is not kept.',
})
export abstract class RefusalAnswer {
  // A text like every other `code`, so that one selection may ask for a brand's and a refusal's; describeCodes says
  // which there are.
  @Field(() => String, { simple: true, description: 'Stable code to act on.' })
  code!: string;

  @Field(() => String, { simple: true, description: 'One sentence for a developer or a log: what is wrong and what to do next.' })
  message!: string;

  @Field(() => Boolean, {
    simple: true,
    description:
      'True: nothing of this refusal is kept. The very same request, with the same idempotency key, is judged anew, and succeeds once what the message names has changed: a rule, terms, the clock, something that was to come first. OVERLOADED and UNAVAILABLE pass by themselves. False: a new request needs a new key.',
  })
  retrySafe!: boolean;
}

type RefusalClass = new () => RefusalAnswer;
const classes = new Map<string, RefusalClass>();

/**
 * Declares the GraphQL type of the refusals with a code. The class extends RefusalAnswer and may add fields
 * (RefusalData.fields has their values):
 *
 *     @RefusalType('INSUFFICIENT_POINTS', 'The wallet holds fewer points that can be spent than were asked for.')
 *     export class InsufficientPointsAnswer extends RefusalAnswer {
 *       @Field(() => PointsScalar, { description: 'Points that could be spent.' })
 *       available!: number;
 *     }
 *
 * The type's name is the class's without "Answer".
 */
export function RefusalType(code: string, description: string): (target: RefusalClass) => void {
  return (target) => {
    if (classes.has(code)) throw new Error(`the refusal ${code} is declared twice`);
    classes.set(code, target);
    ObjectType(target.name.replace(/Answer$/, ''), { implements: RefusalAnswer, simpleResolvers: true, description })(target);
  };
}

/** Says of the field `code` of each refusal, and of the interface, what stands in it. */
export function describeCodes(schema: GraphQLSchema): void {
  for (const [code, { name }] of classes) {
    const type = schema.getType(name.replace(/Answer$/, ''));
    if (isObjectType(type)) type.getFields().code.description = `Always ${code}.`;
  }
  const refusal = schema.getType('Refusal');
  if (!isInterfaceType(refusal)) throw new Error('the schema has no interface Refusal');
  refusal.getFields().code.description = `Stable code to act on; the types that implement Refusal say what each means. New ones may be added. One of ${[...classes.keys()].sort().join(', ')}.`;
}

/**
 * The answer of a mutation: the thing itself (class instance or plain object), one of the declared refusals, or
 * BRAND_SUSPENDED and UNAVAILABLE, which every mutation may meet.
 */
export function answerUnion<Thing extends object>(
  name: string,
  description: string,
  thing: () => abstract new (...args: never[]) => Thing,
  refusals: () => readonly RefusalClass[],
) {
  // The list is only known when all modules are loaded; type-graphql wants a tuple of classes.
  const types = () => [thing(), ...refusals(), BrandSuspendedAnswer, UnavailableAnswer] as unknown as readonly [abstract new () => Thing, ...RefusalClass[]];
  return createUnionType({
    name,
    description,
    types: types as never,
    resolveType: (value: object) => (value instanceof RefusalAnswer ? value.constructor : thing()) as never,
  });
}

/**
 * A refusal, thrown or stored, as its declared GraphQL type; throws it as it is when no type is declared for its code.
 */
export function toRefusalAnswer(refusal: Refusal | RefusalData): RefusalAnswer {
  const declared = classes.get(refusal.code);
  if (!declared) throw refusal instanceof Refusal ? refusal : new Refusal(refusal);
  const { code, message, retrySafe, fields } = refusal;
  return Object.assign(new declared(), fields, { code, message, retrySafe });
}

/** Runs an operation for whoever asks, and gives its answer or the refusal that it threw; other errors pass. */
export async function answerOrRefusal<Answer>(ctx: Context, operation: (app: App, principal: Principal) => Promise<Answer>): Promise<Answer | RefusalAnswer> {
  try {
    return await operation(ctx.app, requirePrincipal(ctx));
  } catch (error) {
    if (error instanceof Refusal) return toRefusalAnswer(error);
    throw error;
  }
}

@RefusalType('IDEMPOTENCY_CONFLICT', 'The idempotency key was used before with other content. Send a new key for a new request.')
export class IdempotencyConflictAnswer extends RefusalAnswer {}

@RefusalType('OVERLOADED', 'Too much is being posted at this moment and nothing was written. Send the same request again shortly.')
export class OverloadedAnswer extends RefusalAnswer {}

@RefusalType('UNAVAILABLE', 'The database could not be reached long enough to know the outcome. Send the same request again: it counts once.')
export class UnavailableAnswer extends RefusalAnswer {}

@RefusalType(
  'BRAND_SUSPENDED',
  'The brand was suspended at that moment, or is now, and this is not done meanwhile. For some days its API clients may still tell what happened before.',
)
export class BrandSuspendedAnswer extends RefusalAnswer {
  @Field(() => DateTimeScalar, { description: 'When it was suspended.' })
  since!: string;
}
