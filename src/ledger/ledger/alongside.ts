/**
 * Rows that other modules write together with a posting, in the same transaction: one statement a table for the whole
 * batch. They must not be able to violate a constraint. What could (a second use, a taken name) is decided by a counter
 * in the plan.
 */
export type ColumnType = 'uuid' | 'int8' | 'int4' | 'int2' | 'text' | 'bytea' | 'timestamptz' | 'date' | 'numeric' | 'bool';

/**
 * A table that rows are written to. Values by type: uuid, text, numeric, date: string; int*: number; timestamptz: ms
 * since 1970; bytea: Buffer.
 */
export interface AlongsideTable<Column extends string = string> {
  readonly name: string;
  readonly columns: Readonly<Record<Column, ColumnType>>;
}

export type ColumnValue = string | number | boolean | Buffer | null;

export interface AlongsideRow {
  readonly table: AlongsideTable;
  readonly values: Readonly<Record<string, ColumnValue>>;
}

/** One row for a table, with every column named. */
export function alongside<Column extends string>(table: AlongsideTable<Column>, values: Readonly<Record<Column, ColumnValue>>): AlongsideRow {
  return { table, values };
}
