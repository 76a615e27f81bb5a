import type { Declaration } from './disclosure';

/**
 * The fields that a refusal tells beside its message, by what they mean; how they are sent is the API's affair.
 * `Given` is what an operation hands over, `Kept` what is stored with the refusal, which is JSON.
 */
export interface RefusalField<Given, Kept> {
  readonly keep: (given: Given) => Kept;
  readonly shown: ShownField;
}

/** What the API needs to know of a field. */
export interface ShownField {
  readonly is: 'points' | 'count' | 'text' | 'oneOf' | 'decimal' | 'instant' | 'day' | 'id' | 'list' | 'unshown';
  readonly description: string;
  readonly nullable?: boolean;
  /** Under which name it is stored, where that is another one. */
  readonly storedAs?: string;
  /** The field that stands for it in refusals that were stored before there was this one. */
  readonly otherwise?: string;
  /** Of an id: its kind, or the field that has the kind in capitals. */
  readonly idOf?: string | { readonly field: string };
  /** Of a value that is one of several: the name of the enum in the API. */
  readonly enumName?: string;
  /** Of a list: what an entry is. */
  readonly entry?: Entry<RefusalFieldsOf>;
}

/** What an entry of a list is, and who gets each of its fields. */
interface Entry<Fields extends RefusalFieldsOf> {
  readonly name: string;
  readonly description: string;
  readonly fields: Fields;
  readonly discloses: Declaration<keyof NoInfer<Fields> & string>;
}

export type RefusalFieldsOf = Readonly<Record<string, RefusalField<never, unknown>>>;

const same = <Value>(value: Value): Value => value;

/** Points in the currency's smallest unit. */
export function points(description: string, more: Pick<ShownField, 'otherwise'> = {}): RefusalField<number | bigint, number> {
  return { keep: Number, shown: { is: 'points', description, ...more } };
}

/** A whole number of anything else. */
export function count(description: string): RefusalField<number, number> {
  return { keep: same, shown: { is: 'count', description } };
}

/** Anything in words: a code, a name. */
export function text(description: string): RefusalField<string, string> {
  return { keep: same, shown: { is: 'text', description } };
}

/** One of several words, which the API knows as an enum of that name. */
export function oneOf(enumName: string, description: string): RefusalField<string, string> {
  return { keep: same, shown: { is: 'oneOf', description, enumName } };
}

/** A number that is no whole one, as text. */
export function decimal(description: string): RefusalField<string, string> {
  return { keep: same, shown: { is: 'decimal', description } };
}

/** A moment, stored as ISO 8601 in UTC. */
export function instant(description: string): RefusalField<Date | string, string> {
  return { keep: (at) => (typeof at === 'string' ? at : at.toISOString()), shown: { is: 'instant', description } };
}

/** A calendar day, "2026-01-31". */
export function day(description: string): RefusalField<string, string> {
  return { keep: same, shown: { is: 'day', description } };
}

/** A uuid, shown as every id of its kind is. */
export function idOf(kind: NonNullable<ShownField['idOf']>, description: string, more: Pick<ShownField, 'storedAs'> = {}): RefusalField<string, string> {
  return { keep: same, shown: { is: 'id', description, idOf: kind, ...more } };
}

/** Entries of a type of their own. */
export function listOf<Fields extends RefusalFieldsOf>(
  entry: Entry<Fields>,
  description: string,
): RefusalField<readonly GivenOf<Fields>[], readonly KeptOf<Fields>[]> {
  return { keep: (entries) => entries.map((each) => keepFields(entry.fields, each)), shown: { is: 'list', description, entry } };
}

/** Stored for whoever reads the journal, or for another field; not shown. */
export function unshown<Value extends string | number = string | number>(): RefusalField<Value, Value> {
  return { keep: same, shown: { is: 'unshown', description: '' } };
}

/** Absent or null where it does not apply. */
export function optional<Given, Kept>({ keep, shown }: RefusalField<Given, Kept>): RefusalField<Given | null | undefined, Kept | null | undefined> {
  return { keep: (given) => (given === null || given === undefined ? (given as null | undefined) : keep(given)), shown: { ...shown, nullable: true } };
}

type OptionalNames<Values> = { [Name in keyof Values]: undefined extends Values[Name] ? Name : never }[keyof Values];
type AbsentAllowed<Values> = Omit<Values, OptionalNames<Values>> & Partial<Pick<Values, OptionalNames<Values>>>;
type Given<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends RefusalField<infer Value, unknown> ? Value : never };

/** What an operation hands over for these fields. */
export type GivenOf<Fields> = AbsentAllowed<Given<Fields>>;
/** What is stored of them. */
export type KeptOf<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends RefusalField<never, infer Value> ? Value : never };

/** The fields as they are stored; those that are undefined are left out. */
export function keepFields<Fields extends RefusalFieldsOf>(fields: Fields, given: object): KeptOf<Fields> {
  const kept: Record<string, unknown> = {};
  for (const [name, { keep, shown }] of Object.entries(fields)) {
    const value = keep((given as Record<string, never>)[name] as never);
    if (value !== undefined) kept[shown.storedAs ?? name] = value;
  }
  return kept as KeptOf<Fields>;
}
