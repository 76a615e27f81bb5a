import type { z } from 'zod';
import type { PointCurrency } from '../coalition/coalition-snapshot';

/** A row as pg reads it: bigints are text. */
export type Row = Readonly<Record<string, unknown>>;

/** Names to choose from, each with its meaning. */
export interface Choice<Name extends string = string> {
  readonly name: string;
  readonly says: string;
  readonly values: Readonly<Record<Name, string>>;
}

/** Several things in one; the name is that of the type that shows it. */
export interface Group {
  readonly name: string;
  readonly says: string;
  readonly parts: Readonly<Record<string, Described>>;
}

/** What a field looks like to whoever sends and reads it: plain data, from which its types are made. */
export type Shape = 'POINTS' | 'INT' | 'DECIMAL' | 'RATIO' | 'TEXT' | 'DATE' | 'DATE_TIME' | { readonly list: 'TEXT' } | IdShape | Choice | Group;

/** The id of something, as whoever asks sees it. */
export interface IdShape {
  readonly id: 'brand' | 'rule';
}

/** What is said of a field, or of a part of one. */
export interface Described {
  readonly shape: Shape;
  /** What it is: a sentence without its full stop. */
  readonly says: string;
  /** What whoever sends it has to know beside that, such as what holds when it is left out. */
  readonly sending?: string;
  /** What null means; without it there always is one. */
  readonly none?: string;
}

/** Where a field stands. */
export interface FieldPlace {
  /** Its name, as columns are written. */
  readonly column: string;
  /** The points currency that the rule is for. */
  readonly currency: PointCurrency;
  readonly effectiveFrom: Date;
}

/**
 * One field of a rule: how it is sent, kept and shown. `Sent` is what the schema makes of what was sent, and part of
 * the request's content.
 */
export interface RuleField<Sent = unknown, Value = unknown> extends Described {
  /** Checks what was sent; a field without a schema is only shown. */
  readonly schema?: z.ZodType<Sent>;
  /**
   * The kind of rule had versions before it had this field. Its default, said or left out, is not in the content of a
   * request: that of earlier ones stays as it was, and their idempotency keys go on. The default never changes.
   */
  readonly addedLater?: boolean;
  /** The columns to write; by default one that is named as the field. Throws InvalidInput. */
  columns?(sent: Sent, place: FieldPlace): Row;
  /** What the columns say. */
  value(row: Row, column: string): Value;
  /** The value in its shape; by default as it is. */
  show?(value: Value): unknown;
}

/** The fields of a kind of rule, by name. */
export type RuleFields = Readonly<Record<string, RuleField>>;

/** What a version holds of such fields. */
export type ValuesOf<Fields extends RuleFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends RuleField<infer _Sent, infer Value> ? Value : never;
};

/** What the schemas make of such fields. */
export type SentOf<Fields extends RuleFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends RuleField<infer Sent, infer _Value> ? Sent : never;
};

/** The name of a field as columns are written: dailyMaximum is daily_maximum. */
export function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
