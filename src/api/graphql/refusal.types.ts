import { type GraphQLInterfaceType, type GraphQLObjectType, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { createUnionType, Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { suspension } from '../../coalition/coalition/terms-in-force';
import type { RefusalDefinition, Refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { isRefusal, type Refusal } from '../../platform/refusal';
import type { RefusalFieldsOf, ShownField } from '../../platform/refusal-fields';
import { type Context, requirePrincipal } from './context';
import { Discloses, declareDisclosure } from './discloses';
import { enumNamed } from './enum-of';
import { type IdKind, showId } from './pairwise-ids';
import { DateScalar, DateTimeScalar, DecimalScalar, PointsScalar } from './scalars';

/** A refusal as GraphQL shows it. */
@InterfaceType('Refusal', {
  description:
    'A "no" given on purpose: nothing was written. What the ledger has decided (retrySafe: false) is kept under the idempotency key, and a repetition gets it again; what else is refused is not kept.',
})
// That a wallet is locked, or how many points are missing, is told by the code and the message.
@Discloses<RefusalAnswer>({ code: 'PROGRAMME', message: 'PROGRAMME', retrySafe: 'NOBODY' })
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

/** The GraphQL types of refusals, by code, with the fields that are shown of each. */
const types = new Map<string, { readonly type: RefusalClass; readonly definition: RefusalDefinition }>();

/** The GraphQL type of a refusal, made from its definition when it is first asked for. */
function typeOfRefusal(definition: RefusalDefinition): RefusalClass {
  const { code, typeName, description, fields, discloses } = definition;
  const known = types.get(code);
  if (known && known.definition !== definition) throw new Error(`the refusal ${code} is declared twice`);
  if (known) return known.type;
  const type = class extends RefusalAnswer {};
  Object.defineProperty(type, 'name', { value: typeName });
  addFields(type, fields);
  declareDisclosure(type, discloses);
  ObjectType(typeName, { implements: RefusalAnswer, simpleResolvers: true, description })(type);
  types.set(code, { type, definition });
  return type;
}

function addFields(type: new () => object, fields: RefusalFieldsOf): void {
  for (const [name, { shown }] of Object.entries(fields)) {
    if (shown.is === 'unshown') continue;
    // Found when the schema is built: an enum may be declared after the refusal that tells one of its values.
    const entry = shown.entry && entryType(shown.entry);
    Field(() => fieldType(shown, entry), { description: shown.description, nullable: shown.nullable === true, simple: true })(type.prototype, name);
  }
}

const SCALARS = { points: PointsScalar, count: Int, text: String, decimal: DecimalScalar, instant: DateTimeScalar, day: DateScalar, id: ID } as const;

function fieldType({ is, enumName = '' }: ShownField, entry: (new () => object) | undefined) {
  if (is === 'oneOf') return enumNamed(enumName);
  if (is in SCALARS) return SCALARS[is as keyof typeof SCALARS];
  if (!entry) throw new Error('a list says what its entries are');
  return [entry];
}

function entryType({ name, description, fields, discloses }: NonNullable<ShownField['entry']>): new () => object {
  const type = class {};
  Object.defineProperty(type, 'name', { value: name });
  addFields(type, fields);
  declareDisclosure(type, discloses);
  ObjectType(name, { description, simpleResolvers: true })(type);
  return type;
}

function codeOf(type: GraphQLObjectType | GraphQLInterfaceType) {
  const { code } = type.getFields();
  if (!code) throw new Error(`${type.name} has no code`);
  return code;
}

/** Says of the field `code` of each refusal, and of the interface, what stands in it. */
export function describeCodes(schema: GraphQLSchema): void {
  for (const [code, { definition }] of types) {
    const type = schema.getType(definition.typeName);
    if (isObjectType(type)) codeOf(type).description = `Always ${code}.`;
  }
  const refusal = schema.getType('Refusal');
  if (!isInterfaceType(refusal)) throw new Error('the schema has no interface Refusal');
  codeOf(refusal).description =
    `Stable code to act on; the types that implement Refusal say what each means. New ones may be added. One of ${[...types.keys()].sort().join(', ')}.`;
}

/**
 * The answer of a mutation: the thing itself (class instance or plain object), or one of what its operation refuses.
 * BRAND_SUSPENDED and UNAVAILABLE, which every mutation may meet, are always among them.
 */
export function answerUnion<Thing extends object>(
  name: string,
  description: string,
  thing: () => abstract new (...args: never[]) => Thing,
  { definitions }: Refusals,
) {
  const always = notNow.definitions.filter(({ code }) => code === 'UNAVAILABLE');
  const answers = [...new Set<RefusalDefinition>([...definitions, ...always, ...suspension.definitions])].map(typeOfRefusal);
  return createUnionType({
    name,
    description,
    // A thunk: the type of the thing may stand below in its file. type-graphql wants a tuple of classes.
    types: (() => [thing(), ...answers]) as never,
    resolveType: (value: object) => (value instanceof RefusalAnswer ? value.constructor : thing()) as never,
  });
}

/** A refusal as its GraphQL type. One that no operation lists is a fault of ours. */
export function toRefusalAnswer(ctx: Context, { code, message, retrySafe, fields }: Refusal): RefusalAnswer {
  const declared = types.get(code);
  if (!declared) throw new Error(`no operation lists the refusal ${code}`);
  const shown = showFields(ctx, declared.definition.fields, fields);
  return Object.assign(new declared.type(), shown, { code, message, retrySafe });
}

type KeptFields = Readonly<Record<string, unknown>>;

function showFields(ctx: Context, fields: RefusalFieldsOf, kept: KeptFields): object {
  const shown: Record<string, unknown> = {};
  for (const [name, { shown: field }] of Object.entries(fields)) {
    const value = kept[field.storedAs ?? name] ?? (field.otherwise && kept[field.otherwise]);
    shown[name] = value === undefined || value === null ? null : showValue(ctx, field, value, kept);
  }
  return shown;
}

function showValue(ctx: Context, { is, idOf, entry }: ShownField, value: unknown, kept: KeptFields): unknown {
  if (is === 'list') return (value as readonly KeptFields[]).map((each) => showFields(ctx, entry?.fields ?? {}, each));
  if (is !== 'id') return value;
  const kind = typeof idOf === 'object' ? String(kept[idOf.field]).toLowerCase() : idOf;
  return showId(ctx, kind as IdKind, value as Uuid);
}

/** Runs an operation for whoever asks, and gives its answer or the refusal that it threw; other errors pass. */
export function answerOrRefusal<Answer>(ctx: Context, operation: (app: App, principal: Principal) => Promise<Answer>): Promise<Answer | RefusalAnswer> {
  return answerAnyone(ctx, async (app) => operation(app, requirePrincipal(ctx)));
}

/** The same, also for whoever asks without a token of the API. */
export async function answerAnyone<Answer>(ctx: Context, operation: (app: App) => Promise<Answer>): Promise<Answer | RefusalAnswer> {
  try {
    return await operation(ctx.app);
  } catch (error) {
    if (isRefusal(error)) return toRefusalAnswer(ctx, error);
    throw error;
  }
}
