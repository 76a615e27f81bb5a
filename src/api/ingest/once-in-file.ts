import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { bareText } from '../../platform/bare-text';
import type { FileImport } from './file-import';
import { claimReferences, type EntryResult, referenceId } from './import-batch';

/** By what a reference is known in a file: it is one of a points currency, as in the ledger. */
export function nameInFile(currency: string, reference: string): string {
  return `${currency}\n${bareText(reference)}`;
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
  { nameOf, book }: { readonly nameOf: (row: Row) => string | null; readonly book: (rows: readonly Row[]) => Promise<void> },
  decided: Map<unknown, EntryResult>,
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
