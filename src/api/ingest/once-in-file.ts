import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { dayToIso } from '../../ledger/points/calendar';
import { bareText } from '../../platform/bare-text';
import { type Uuid, uuidFromBytes } from '../../platform/ids';
import type { CommandOfLine, LineToBook } from './book-lines';
import type { FileImport } from './file-import';
import { dayOfLine, type EntryResult, type OpenImport } from './import-batch';
import { type LineError, lineError } from './line-error';

/** By what a reference is known in a file: it is one of a points currency, as in the ledger. */
export function nameInFile(currency: string, reference: string): string {
  return `${currency}\n${bareText(reference)}`;
}

/** A line whose reference another line of the file brought first. */
interface DuplicateLine {
  readonly first: number;
  readonly error: LineError;
}

/**
 * Writes down which line brought which reference, and gives those that another line brought first, by their own. They
 * are written before anything is booked: a batch that is sent again finds its own lines.
 */
export async function claimReferences(
  app: App,
  principal: Principal,
  found: FileImport,
  entries: readonly { readonly line: number; readonly reference: string | null }[],
): Promise<Map<number, DuplicateLine>> {
  const named = entries.flatMap(({ line, reference }) => (reference === null ? [] : [{ line, reference: referenceId(app, found, reference) }]));
  if (named.length === 0) return new Map();
  const firsts = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const values = [found.id, named.map(({ reference }) => reference), named.map(({ line }) => line), found.brandId];
    await client.query(
      `INSERT INTO file_import_reference (import_id, reference, line, brand_id)
       SELECT $1, reference, line, $4 FROM unnest($2::uuid[], $3::bigint[]) AS new (reference, line) ORDER BY line ON CONFLICT DO NOTHING`,
      values,
    );
    const { rows } = await client.query<{ reference: Uuid; line: string }>(
      'SELECT reference, line FROM file_import_reference WHERE import_id = $1 AND reference = ANY ($2::uuid[])',
      [found.id, values[1]],
    );
    return new Map<Uuid, number>(rows.map(({ reference, line }) => [reference, Number(line)]));
  });
  return new Map(
    named.flatMap(({ line, reference }) => {
      const first = firsts.get(reference) ?? line;
      if (first === line) return [];
      const message = `Line ${first} has the same reference. Give each entry a reference of its own, or none.`;
      return [[line, { first, error: lineError(line, 'reference', 'DUPLICATE_REFERENCE', message) }]];
    }),
  );
}

/** Those names of purchases (nameInFile) that lines of the file have brought so far. */
export async function namedInFile(app: App, principal: Principal, found: FileImport, names: readonly string[]): Promise<ReadonlySet<string>> {
  const byId = new Map(names.map((name) => [referenceId(app, found, name), name]));
  const { rows: named } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<{ reference: Uuid }>('SELECT reference FROM file_import_reference WHERE import_id = $1 AND reference = ANY ($2::uuid[])', [
      found.id,
      [...byId.keys()],
    ]),
  );
  return new Set(named.map(({ reference }) => byId.get(reference) ?? ''));
}

/** A keyed hash: what stays of a reference must not let anyone test a guess. */
export function referenceId(app: App, { brandId }: FileImport, reference: string): Uuid {
  return uuidFromBytes(app.keys.identifierHash(`import-reference/${brandId}`, reference).subarray(0, 16));
}

/**
 * What may stand in the file once: a reference that does not repeat, or, if it does so daily, that of each local day.
 * null: nothing.
 */
export function nameOnce(found: OpenImport, { currency, reference, occurredAt }: LineToBook<CommandOfLine>, now: Date): string | null {
  if (reference === null || found.referencesRepeat === 'ANY') return null;
  const name = nameInFile(currency ?? found.own, reference);
  return found.referencesRepeat === 'NEVER' ? name : `${name}\n${dayToIso(dayOfLine(found, currency, occurredAt ?? now))}`;
}

interface OnceInFile<Row> {
  readonly nameOf: (row: Row) => string | null;
  readonly book: (rows: readonly Row[]) => Promise<void>;
  readonly decided: Map<unknown, EntryResult>;
}

/**
 * Books lines of a batch, of which each name may stand in the file once; `nameOf` null: as often as it likes. A line
 * that is refused holds its name no longer, so that a later one, corrected, may bring it. Writes down what became of
 * each.
 */
export async function bookOnceInFile<Row extends { readonly line: number }>(
  app: App,
  principal: Principal,
  found: FileImport,
  rows: readonly Row[],
  { nameOf, book, decided }: OnceInFile<Row>,
): Promise<void> {
  let left = rows;
  while (left.length > 0) {
    const duplicates = await claimReferences(
      app,
      principal,
      found,
      left.map((row) => ({ line: row.line, reference: nameOf(row) })),
    );
    const firsts = left.filter(({ line }) => !duplicates.has(line));
    await book(firsts);
    const refused = firsts.filter((row) => decided.get(row)?.is === 'rejected');
    await freeNames(
      app,
      principal,
      found,
      refused.map((row) => ({ line: row.line, name: nameOf(row) })),
    );
    const freed = new Set(refused.map(({ line }) => line));
    const again: Row[] = [];
    for (const row of left) {
      const duplicate = duplicates.get(row.line);
      if (duplicate && freed.has(duplicate.first)) again.push(row);
      else if (duplicate) decided.set(row, { is: 'rejected', error: duplicate.error });
    }
    left = again;
  }
}

async function freeNames(
  app: App,
  principal: Principal,
  found: FileImport,
  refused: readonly { readonly line: number; readonly name: string | null }[],
): Promise<void> {
  const named = refused.flatMap(({ line, name }) => (name === null ? [] : { line, id: referenceId(app, found, name) }));
  if (named.length === 0) return;
  await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query(
      `DELETE FROM file_import_reference r USING unnest($2::uuid[], $3::bigint[]) AS refused (reference, line)
       WHERE r.import_id = $1 AND r.reference = refused.reference AND r.line = refused.line`,
      [found.id, named.map(({ id }) => id), named.map(({ line }) => line)],
    ),
  );
}
