import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import type { FileImport } from './file-import';
import { requireImportReader } from './find-imports';

/** How many lines of an import may be sent again as they are. */
export async function countLinesToSendAgain(app: App, principal: Principal, importId: Uuid): Promise<number> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<{ lines: number }>('SELECT count(*)::int AS lines FROM file_import_retry WHERE import_id = $1', [importId]);
    return only(rows).lines;
  });
}

/** Those lines, in their order, after a line: of each entry the first. */
export async function listLinesToSendAgain(
  app: App,
  principal: Principal,
  importId: Uuid,
  { limit, after }: { readonly limit: number; readonly after: number | null },
): Promise<number[]> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<{ line: string }>({
      name: 'list-lines-to-send-again',
      text: 'SELECT line FROM file_import_retry WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3',
      values: [importId, after ?? 0, limit],
    });
    return rows.map((row) => Number(row.line));
  });
}

/** Those of the lines that may be sent again. */
export async function whichToSendAgain(client: PoolClient, importId: Uuid, lines: readonly number[]): Promise<Set<number>> {
  const { rows } = await client.query<{ line: string }>('SELECT line FROM file_import_retry WHERE import_id = $1 AND line = ANY ($2::bigint[])', [
    importId,
    lines,
  ]);
  return new Set(rows.map((row) => Number(row.line)));
}

/** Writes down that these lines may be sent again. */
export async function noteToSendAgain(client: PoolClient, { id, brandId }: Pick<FileImport, 'id' | 'brandId'>, lines: readonly number[]): Promise<void> {
  if (lines.length === 0) return;
  await client.query('INSERT INTO file_import_retry (import_id, brand_id, line) SELECT $1, $2, * FROM unnest($3::bigint[]) ON CONFLICT DO NOTHING', [
    id,
    brandId,
    lines,
  ]);
}

/** Takes those of the lines that were to be sent again: each is taken by one sender. */
export async function takeSentAgain(client: PoolClient, importId: Uuid, lines: readonly number[]): Promise<Set<number>> {
  const { rows } = await client.query<{ line: string }>('DELETE FROM file_import_retry WHERE import_id = $1 AND line = ANY ($2::bigint[]) RETURNING line', [
    importId,
    lines,
  ]);
  return new Set(rows.map((row) => Number(row.line)));
}
