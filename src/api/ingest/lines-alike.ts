import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { type FoundPosting, findPostings } from '../../ledger/ledger/find-posting';
import { postingId } from '../../ledger/ledger/idempotency';
import type { FileImport } from './file-import';
import { referenceId } from './import-batch';

/** A line that has no name of its own, and what it says. */
export interface NamelessLine {
  readonly line: number;
  readonly content: string;
}

/**
 * Numbers each line among those of the file that say the same: 1 is the first. Lines without a reference are booked
 * under what they say and that number, so that they count once in however many files they stand, and as often as they
 * stand in one. Written down before anything is booked: a batch that is sent again finds the same numbers.
 */
export async function numberAlike(app: App, principal: Principal, found: FileImport, lines: readonly NamelessLine[]): Promise<(line: number) => number> {
  if (lines.length === 0) return () => 1;
  const contents = lines.map(({ content }) => referenceId(app, found, `content\n${content}`));
  const values = [found.id, contents, lines.map(({ line }) => line)];
  const numbers = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    await client.query(
      `INSERT INTO file_import_reference (import_id, reference, nth, line, brand_id)
       SELECT $1, reference, coalesce(before.last, 0) + row_number() OVER (PARTITION BY reference ORDER BY new.line), new.line, $4
       FROM unnest($2::uuid[], $3::bigint[]) AS new (reference, line)
       LEFT JOIN (SELECT reference, max(nth) AS last FROM file_import_reference WHERE import_id = $1 AND reference = ANY ($2) GROUP BY reference) before
         USING (reference)
       WHERE NOT EXISTS (SELECT FROM file_import_reference own WHERE own.import_id = $1 AND own.reference = new.reference AND own.line = new.line)
       ON CONFLICT DO NOTHING`,
      [...values, found.brandId],
    );
    const { rows } = await client.query(
      'SELECT line, nth FROM file_import_reference WHERE import_id = $1 AND reference = ANY ($2::uuid[]) AND line = ANY ($3::bigint[])',
      values,
    );
    return new Map<number, number>(rows.map(({ line, nth }) => [Number(line), nth]));
  });
  return (line) => numbers.get(line) ?? 1;
}

/** The key of the n-th line that says this. */
export function keyOfContent(content: string, nth: number): string {
  return `content ${content}${nth === 1 ? '' : ` ${nth}`}`;
}

/**
 * The key that a nameless line is booked under: what it says, and its own where it was booked under that by a version
 * before. A refusal that is stored for what it says binds no other file.
 */
export function keyOfNameless({ ofLine, ofContent }: { readonly ofLine: string; readonly ofContent: string }, storedUnder: StoredUnder): string {
  const content = storedUnder(ofContent);
  return storedUnder(ofLine)?.outcome.answer || (content && !content.outcome.answer) ? ofLine : ofContent;
}

export type StoredUnder = (key: string) => FoundPosting | undefined;

/** Under which keys lines of a file are booked, and what is booked there. */
export interface KeysOfLines<Row> {
  readonly keyOf: (row: Row) => string;
  /** What is stored under it; undefined: nothing. */
  readonly storedFor: (row: Row) => FoundPosting | undefined;
}

/** The keys of lines: each by itself, those of which `contentOf` tells something by that. */
export async function keysOfLines<Row extends { readonly line: number }>(
  app: App,
  principal: Principal,
  found: FileImport,
  rows: readonly Row[],
  contentOf: (row: Row) => string | null,
): Promise<KeysOfLines<Row>> {
  const contents = new Map(rows.map((row) => [row, contentOf(row)]));
  const nameless = rows.flatMap((row) => {
    const content = contents.get(row);
    return content == null ? [] : { line: row.line, content };
  });
  const nth = await numberAlike(app, principal, found, nameless);
  const keysOf = (row: Row) => {
    const content = contents.get(row);
    const ofLine = `line ${found.id} ${row.line}`;
    return { ofLine, ofContent: content == null ? ofLine : keyOfContent(content, nth(row.line)) };
  };
  const ids = rows.flatMap((row) => Object.values(keysOf(row))).map((key) => postingId(found.brandId, key));
  const stored = await app.database.transaction(databasePrincipal(principal), ({ client }) => findPostings(client, ids));
  const storedUnder: StoredUnder = (key) => stored.get(postingId(found.brandId, key));
  const keyOf = (row: Row) => keyOfNameless(keysOf(row), storedUnder);
  return { keyOf, storedFor: (row) => storedUnder(keyOf(row)) };
}

/** What an import booked itself before it was interrupted is its own. */
export function wasThereBefore(posting: FoundPosting | undefined, { startedAt }: Pick<FileImport, 'startedAt'>): boolean {
  return posting !== undefined && posting.outcome.recordedAt < startedAt.getTime();
}
