import type { ClientBase } from 'pg';
import { type Prepared, runTogether } from './run-together';

/** A row in the server's own text. */
export type RawRow = readonly (string | null)[];

/** A statement that reads, and what its rows come to. */
export interface Reading<Read> extends Prepared {
  readonly take: (rows: readonly RawRow[]) => Read;
}

/** What each of the readings came to. */
export type ReadOf<Readings> = { -readonly [At in keyof Readings]: Readings[At] extends Reading<infer Read> ? Read : never };

/** Reads in order, in one trip; see runTogether. */
export async function readTogether<const Readings extends readonly Reading<unknown>[]>(client: ClientBase, readings: Readings): Promise<ReadOf<Readings>> {
  const ran = await runTogether(client, readings);
  return readings.map(({ take }, at) => take(ran[at].rows)) as ReadOf<Readings>;
}

/** A uuid[] as an argument: nothing in a UUID needs quotes. */
export function uuidArray(ids: readonly string[]): string {
  return `{${ids.join(',')}}`;
}

/** A bytea[] as an argument, of texts in hexadecimal digits. */
export function byteaArray(hex: readonly string[]): string {
  return hex.length === 0 ? '{}' : `{"\\\\x${hex.join('","\\\\x')}"}`;
}
