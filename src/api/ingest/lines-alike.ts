import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { type FoundPosting, findPostings } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { dayToIso } from '../../ledger/points/calendar';
import type { CommandOfLine, LineToBook } from './book-lines';
import type { FileImport } from './file-import';
import { dayOfLine, type OpenImport } from './import-batch';
import { referenceId } from './once-in-file';

/** A line that has no name of its own, and what it says. */
export interface NamelessLine {
  readonly line: number;
  readonly content: string;
}

/**
 * Numbers each line among those of the file that say the same: 1 is the first. Lines without a reference are booked
 * under what they say and that number. So they count once in however many files they stand, and as often as they stand
 * in one. The numbers are written down before anything is booked: a batch that is sent again finds the same ones.
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
    const { rows } = await client.query<{ line: string; nth: number }>(
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

/** How lines of a kind are told apart. */
interface Told<Row> {
  /** What a line says; null: it is told apart by itself alone. */
  readonly contentOf: (row: Row) => string | null;
  /**
   * Whether nothing else tells lines apart that say the same: then they are numbered. Left out: all that contentOf
   * tells of.
   */
  readonly isNameless?: (row: Row) => boolean;
  /** What a version before booked a line under. */
  readonly before?: (row: Row) => string;
}

interface Keys {
  readonly ofLine: string;
  /** As ofLine where contentOf tells nothing. */
  readonly ofContent: string;
  readonly before: string | null;
}

/** The keys that lines of a file may be booked under, and what is booked there. */
export async function keysOfLines<Row extends { readonly line: number }>(
  app: App,
  principal: Principal,
  found: FileImport,
  rows: readonly Row[],
  { contentOf, isNameless = () => true, before }: Told<Row>,
): Promise<KeysOfLines<Row> & { readonly keysOf: (row: Row) => Keys; readonly storedUnder: StoredUnder }> {
  const contents = new Map(rows.map((row) => [row, contentOf(row)]));
  const nameless = rows.filter(isNameless).flatMap((row) => {
    const content = contents.get(row);
    return content == null ? [] : { line: row.line, content };
  });
  const nth = await numberAlike(app, principal, found, nameless);
  const keysOf = (row: Row): Keys => {
    const content = contents.get(row);
    const ofLine = `line ${found.id} ${row.line}`;
    return { ofLine, ofContent: content == null ? ofLine : keyOfContent(content, nth(row.line)), before: before?.(row) ?? null };
  };
  const idOf = (key: string) => postingId(found.brandId, key);
  const ids = rows.flatMap((row) => Object.values(keysOf(row)).filter((key) => key !== null)).map(idOf);
  const stored = await app.database.transaction(databasePrincipal(principal), ({ client }) => findPostings(client, ids));
  const storedUnder: StoredUnder = (key) => stored.get(idOf(key));
  const keyOf = (row: Row) => keyOfNameless(keysOf(row), storedUnder);
  return { keyOf, storedFor: (row) => storedUnder(keyOf(row)), keysOf, storedUnder };
}

/** What a purchase or a redemption of a file says, with the day of the import if it says no time: a hash of it. */
export function contentOfLine(found: OpenImport, operation: 'FILE_PURCHASE' | 'FILE_REDEMPTION', row: LineToBook<CommandOfLine>): string {
  const { idempotencyKey: _key, dryRun: _dryRun, ...content } = row.command({ currency: row.currency ?? found.own, idempotencyKey: '', dryRun: false });
  const day = row.occurredAt === null ? dayToIso(dayOfLine(found, row.currency, found.startedAt)) : undefined;
  return contentHash(operation, { ...content, day }).toString('hex');
}

/** What an import booked itself before it was interrupted is its own. */
export function wasThereBefore(posting: FoundPosting | undefined, { startedAt }: Pick<FileImport, 'startedAt'>): boolean {
  return posting !== undefined && posting.outcome.recordedAt < startedAt.getTime();
}
