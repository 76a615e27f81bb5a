import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { requireReader } from '../../members/identification/asking-member';
import type { Uuid } from '../../platform/ids';
import { PermissionDenied } from '../../platform/refusal';
import { type FileImport, type ImportRow, readImport, toFileImport } from './file-import';
import { type ErrorRow, type LineError, toLineError } from './line-error';

/** Who may look at imports: whoever may import something, programme managers and support, the operator. */
export function requireImportReader(principal: Principal): void {
  if (principal.kind === 'member') throw new PermissionDenied();
  if (principal.kind === 'client' && principal.scopes.has('admin')) return;
  requireReader(principal, { scope: 'purchases', roles: ['PROGRAMME_MANAGER', 'SUPPORT'] });
}

/** One import; throws NotFound for another brand's. */
export function findImport(app: App, principal: Principal, id: Uuid): Promise<FileImport> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), ({ client }) => readImport(client, id));
}

/**
 * The brand's imports (for the operator: everybody's), newest first, `limit` of them below the one with id `before`.
 */
export function listImports(app: App, principal: Principal, { limit, before }: { limit: number; before: Uuid | null }): Promise<FileImport[]> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ImportRow>({
      name: 'list-imports',
      text: 'SELECT * FROM file_import WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2',
      values: [before, limit],
    });
    return rows.map(toFileImport);
  });
}

/** What was wrong with an import's lines, in their order, after a line. The first 10,000 are kept. */
export function listImportErrors(
  app: App,
  principal: Principal,
  importId: Uuid,
  { limit, after }: { limit: number; after: number | null },
): Promise<LineError[]> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<ErrorRow>({
      name: 'list-import-errors',
      text: 'SELECT line, field, code, message, retry_safe FROM file_import_error WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3',
      values: [importId, after ?? 0, limit],
    });
    return rows.map(toLineError);
  });
}

/**
 * The brand's latest finished import of the same kind that began with the same lines and is another file; null: there
 * is none.
 */
export function findAlike(app: App, principal: Principal, { id, brandId, kind, beginning, dryRun }: FileImport): Promise<FileImport | null> {
  requireImportReader(principal);
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    if (beginning === null) return null;
    const { rows } = await client.query<ImportRow>({
      name: 'import-alike',
      text: `SELECT * FROM file_import WHERE brand_id = $1 AND beginning = $2 AND kind = $3 AND id < $4 AND dry_run = $5 AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1`,
      values: [brandId, beginning, kind, id, dryRun],
    });
    const [row] = rows;
    return row ? toFileImport(row) : null;
  });
}
