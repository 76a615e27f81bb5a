import { type ClientBase, type Connection, Query } from 'pg';
import { itemAt } from '../one-of';

/**
 * A statement and its arguments: as text, or as bytes in the type's binary format. Each connection prepares it once, by
 * its text.
 */
export interface Prepared {
  readonly text: string;
  readonly values?: readonly (string | Buffer | null)[];
}

/** A row in the server's own text. */
export type RawRow = readonly (string | null)[];

/** What one of the statements came to. */
export interface Ran {
  readonly rows: readonly RawRow[];
  /** Rows that were read or written; 0 for a statement that does neither. */
  readonly affected: number;
  /** As the server names it: SELECT, INSERT, COMMIT ... */
  readonly command: string;
}

/**
 * Runs statements in order in one round trip: they go out in one write, and the server answers when it is through,
 * instead of once a statement. After the first that fails the rest are skipped, and its error is the answer. So this is
 * for statements of one transaction.
 */
export function pipeline(client: ClientBase, statements: readonly Prepared[]): Promise<Ran[]> {
  if (statements.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    client.query(new Pipeline(statements, (error, ran) => (error ? reject(error) : resolve(ran ?? []))));
  });
}

/** A statement that reads, and what its rows come to. */
export interface Reading<Read> extends Prepared {
  /** Its implementation names the columns that the statement selects. */
  take(rows: readonly RawRow[]): Read;
}

/** What each of the readings came to. */
export type ReadOf<Readings> = { -readonly [At in keyof Readings]: Readings[At] extends Reading<infer Read> ? Read : never };

/** A pipeline of readings: what each came to. */
export async function pipelineReads<const Readings extends readonly Reading<unknown>[]>(client: ClientBase, readings: Readings): Promise<ReadOf<Readings>> {
  const ran = await pipeline(client, readings);
  return readings.map((reading, at) => reading.take(itemAt(ran, at).rows)) as ReadOf<Readings>;
}

/** A statement whose rows have these columns. */
export interface Select<Row extends RawRow> extends Prepared {
  /** Never there: it bears the type. */
  readonly row?: Row;
}

/** The rows of each of the statements, by its name. */
export type RowsOf<Statements> = {
  readonly [Name in keyof Statements]: readonly (NonNullable<Statements[Name]> extends Select<infer Row> ? Row : never)[];
};

/** A pipeline of those of the statements that are not null: the rows of each, and none of what is null. */
export async function pipelineRows<Statements extends Readonly<Record<string, Select<RawRow> | null>>>(
  client: ClientBase,
  statements: Statements,
): Promise<RowsOf<Statements>> {
  // Once or twice a batch of postings: entries, flatMap and fromEntries take ten times as long.
  const sent: Prepared[] = [];
  for (const name in statements) if (statements[name]) sent.push(statements[name]);
  const ran = await pipeline(client, sent);
  const rows: Record<string, Ran['rows']> = {};
  let at = 0;
  for (const name in statements) rows[name] = statements[name] ? itemAt(ran, at++).rows : [];
  return rows as RowsOf<Statements>;
}

declare module 'pg' {
  /** What pg's own queries use of a connection; its declared types ask for more arguments. */
  interface Connection {
    parse(message: { readonly name: string; readonly text: string }): void;
    bind(message: { readonly statement: string; readonly values: readonly unknown[] }): void;
    execute(): void;
  }
}

/** The statements that a connection has prepared, or is about to: their names there by their texts. */
const preparedOn = new WeakMap<Connection, PreparedNames>();

interface PreparedNames {
  readonly names: Map<string, string>;
  made: number;
}

/**
 * pg lets a query of another class speak the protocol itself; in pipeline mode only if it is a Query. It asks for no
 * description of the rows: whoever wrote the statement knows its columns.
 */
class Pipeline extends Query {
  private readonly ran: Ran[] = [];
  private read: RawRow[] = [];
  private prepared: PreparedNames | undefined;
  /** Places of the statements that are prepared with this run. */
  private readonly firsts: number[] = [];

  constructor(
    private readonly statements: readonly Prepared[],
    /** pg replaces it when an answer takes too long. */
    readonly callback: (error: Error | null, ran?: Ran[]) => void,
  ) {
    super('');
  }

  override submit = (connection: Connection): Error | null => {
    let prepared = preparedOn.get(connection);
    if (!prepared) preparedOn.set(connection, (prepared = { names: new Map(), made: 0 }));
    this.prepared = prepared;
    connection.stream.cork();
    try {
      this.send(connection, prepared);
    } catch (error) {
      // Half a message went out: nobody could use the connection any more.
      connection.stream.destroy();
      return error as Error;
    } finally {
      connection.stream.uncork();
    }
    return null;
  };

  private send(wire: Connection, prepared: PreparedNames): void {
    for (const [at, { text, values = [] }] of this.statements.entries()) {
      let name = prepared.names.get(text);
      if (!name) {
        prepared.names.set(text, (name = `pipeline-${prepared.made++}`));
        this.firsts.push(at);
        wire.parse({ name, text });
      }
      wire.bind({ statement: name, values });
      wire.execute();
    }
    wire.sync();
  }

  handleDataRow({ fields }: { readonly fields: RawRow }): void {
    this.read.push(fields);
  }

  /** `text`: 'INSERT 0 5', 'UPDATE 5', 'COMMIT', 'CREATE TABLE'. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    const words = text.split(' ');
    this.ran.push({ rows: this.read, affected: Number(words[words.length - 1]) || 0, command: words[0] ?? '' });
    this.read = [];
  }

  /**
   * What was not run, was perhaps not prepared. What the server no longer knows as it is must be prepared anew, under
   * another name.
   */
  handleError(error: Error & { readonly code?: string }): void {
    for (const at of this.firsts) if (at >= this.ran.length) this.forget(at);
    if (error.code === '26000' || error.code === '0A000') this.forget(this.ran.length);
    this.callback(error);
  }

  handleReadyForQuery(): void {
    if (this.ran.length !== this.statements.length) this.callback(new Error(`${this.ran.length} of ${this.statements.length} statements were answered`));
    else this.callback(null, this.ran);
  }

  private forget(at: number): void {
    const statement = this.statements[at];
    if (statement) this.prepared?.names.delete(statement.text);
  }
}
