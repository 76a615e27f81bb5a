import type { Declaration } from './disclosure';
import type { RefusalData, RefusalFields } from './refusal';
import { type GivenOf, type KeptOf, keepFields, type RefusalFieldsOf } from './refusal-fields';
import { Refusal } from './thrown-refusal';

/** What a definition says of every refusal with its code. */
interface Meaning<Fields extends RefusalFieldsOf> {
  /** What it means, for whoever reads the API's schema. */
  readonly description: string;
  /** See RefusalData: whether the same request is judged anew, or the code stands for its key for ever. */
  readonly retrySafe: boolean;
  readonly fields?: Fields;
  /** Who gets each of the fields that are shown: to be said wherever there are any. */
  readonly discloses?: Declaration<keyof NoInfer<Fields> & string>;
  /** The name of its GraphQL type, where it is not the code's. */
  readonly typeName?: string;
}

/** What may be said beside the facts, where one code is given for several reasons. */
interface Words {
  readonly message?: string;
  readonly retrySafe?: boolean;
  /** The error behind it, for the log. */
  readonly cause?: unknown;
}

type OptionalIfEmpty<Told> = Record<never, never> extends Told ? [told?: Told] : [told: Told];

/** One kind of refusal: declared once, beside what refuses; its GraphQL type follows from it. */
export interface RefusalDefinition<Code extends string = string, Arguments extends readonly unknown[] = never> {
  readonly code: Code;
  readonly typeName: string;
  readonly description: string;
  readonly retrySafe: boolean;
  readonly fields: RefusalFieldsOf;
  readonly discloses: Declaration;
  readonly make: (...told: Arguments) => RefusalData;
}

/**
 * Declares a refusal by its code. `message` is one sentence that names what is wrong and what to do next. It gets the
 * fields as they are stored, and whatever else it asks for beside them. Without one, each `refuse` brings its own.
 *
 *     const shareExceeded = defineRefusal('SHARE_EXCEEDED', {
 *       description: 'The points would pay a larger share of the purchase than the rule allows.',
 *       retrySafe: true,
 *       fields: { maximum: points('Most points that may pay for a purchase of this amount.') },
 *       discloses: 'NOBODY',
 *       message: ({ maximum }) => `At most ${maximum} points may pay for a purchase of this amount.`,
 *     });
 */
export function defineRefusal<const Code extends string, Fields extends RefusalFieldsOf = Record<never, never>, More = unknown>(
  code: Code,
  definition: Meaning<Fields> & { readonly message: string | ((fields: NoInfer<KeptOf<Fields>>, more: More) => string) },
): RefusalDefinition<Code, OptionalIfEmpty<GivenOf<Fields> & More & Words>>;
export function defineRefusal<const Code extends string, Fields extends RefusalFieldsOf = Record<never, never>>(
  code: Code,
  definition: Meaning<Fields>,
): RefusalDefinition<Code, [told: GivenOf<Fields> & Words & { readonly message: string }]>;
export function defineRefusal(
  code: string,
  {
    description,
    retrySafe,
    fields = {},
    discloses = {},
    typeName = nameOf(code),
    message,
  }: Meaning<RefusalFieldsOf> & { message?: string | ((fields: never, more: never) => string) },
): RefusalDefinition<string, [told?: Words]> {
  return {
    code,
    typeName,
    description,
    retrySafe,
    fields,
    discloses,
    make(told = {}) {
      const kept = keepFields(fields, told) as RefusalFields;
      const said = told.message ?? (typeof message === 'function' ? message(kept as never, told as never) : message);
      if (said === undefined) throw new Error(`${code} is refused without a message`);
      return { code, message: said, retrySafe: told.retrySafe ?? retrySafe, fields: kept };
    },
  };
}

function nameOf(code: string): string {
  return code.toLowerCase().replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

type AnyRefusal = RefusalDefinition<string, never>;
type ArgumentsOf<Definition, Code> = Definition extends RefusalDefinition<infer Its, infer Arguments> ? (Code extends Its ? Arguments : never) : never;

/** The refusals that an operation, or a part of several, may give. */
export interface Refusals<Definition extends AnyRefusal = AnyRefusal> {
  readonly definitions: readonly Definition[];
  /** One of these, to be thrown. */
  readonly refuse: <Code extends Definition['code']>(code: Code, ...told: ArgumentsOf<Definition, Code>) => Refusal;
  /** One of these as data, for a plan whose outcome the ledger keeps. */
  readonly refused: <Code extends Definition['code']>(code: Code, ...told: ArgumentsOf<Definition, Code>) => { readonly refused: RefusalData };
}

type Listed<Part> = Part extends Refusals<infer Definition> ? Definition : Part extends AnyRefusal ? Part : never;

/** The list of what an operation may refuse: its own definitions, and the lists of the parts that it is made of. */
export function refusals<Parts extends readonly (AnyRefusal | Refusals)[]>(...parts: Parts): Refusals<Listed<Parts[number]>> {
  const definitions = [...new Set(parts.flatMap((part) => ('definitions' in part ? part.definitions : [part])))];
  const byCode = new Map(definitions.map((each) => [each.code, each]));
  if (byCode.size < definitions.length) throw new Error(`a code is defined twice among ${definitions.map(({ code }) => code).join(', ')}`);
  const make = (code: string, told: readonly unknown[]) => {
    const definition = byCode.get(code);
    if (!definition) throw new Error(`the refusal ${code} is not listed`);
    return definition.make(...(told as never));
  };
  return {
    definitions: definitions as Listed<Parts[number]>[],
    refuse: (code, ...told) => Refusal.of(make(code, told), (told[0] as Words | undefined)?.cause),
    refused: (code, ...told) => ({ refused: make(code, told) }),
  };
}
