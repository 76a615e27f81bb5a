import 'pg';

/**
 * By pg's own types the rows of every query are any. Here nothing is known of rows where the query names no columns.
 */
declare module 'pg' {
  interface ClientBase {
    query<Row = unknown>(query: string | QueryConfig, values?: readonly unknown[]): Promise<Answered<Row>>;
  }
  interface Pool {
    query<Row = unknown>(query: string | QueryConfig, values?: readonly unknown[]): Promise<Answered<Row>>;
  }
  interface Answered<Row> {
    readonly rows: Row[];
    readonly rowCount: number | null;
    readonly command: string;
  }
}
