import { BinaryArray, type ElementType } from './binary-array';

/** An array of a batch, as one that takes values of its type only. */
export type Column<Type extends ElementType = ElementType> = Pick<BinaryArray, Type>;

/** A set-based write: what it says, and how a row goes into its columns. */
export interface Statement<Row, Types extends readonly ElementType[] = readonly ElementType[]> {
  readonly name: string;
  readonly text: string;
  readonly types: Types;
  /** Puts one value into each column. */
  put(columns: { readonly [At in keyof Types]: Column<Types[At]> }, row: Row): void;
}

/** The statement as it is given: there are as many columns to put into as it names types. */
export function statement<Row, const Types extends readonly ElementType[]>(given: Statement<Row, Types>): Statement<Row> {
  return given;
}

/** A statement with its arguments, ready to be sent. */
export interface Write {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Buffer[];
  /** Rows that must be affected: see requireRowCount. */
  readonly rows: number;
}

/**
 * The columns of a lane's writes: filled in one pass over the rows, into buffers that live as long as the lane.
 * A batch's arguments are valid until the next batch on the same lane is encoded.
 */
export class WriteBuffers {
  private readonly columns = new Map<string, readonly BinaryArray[]>();

  /** Nothing where nothing is to be written. */
  encode<Row>(statement: Statement<Row>, rows: readonly Row[]): Write[] {
    if (rows.length === 0) return [];
    const { name, text } = statement;
    let columns = this.columns.get(name);
    if (!columns) this.columns.set(name, (columns = statement.types.map((type) => new BinaryArray(type))));
    for (const column of columns) column.clear();
    for (const row of rows) statement.put(columns, row);
    return [{ name, text, values: columns.map((column) => column.bytes()), rows: rows.length }];
  }
}
