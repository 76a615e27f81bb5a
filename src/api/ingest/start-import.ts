import { z } from 'zod';
import type { App } from '../../app';
import { actorOf, databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, idempotencyKeySchema } from '../../coalition/access/record-change';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, optionalText } from '../../ledger/ledger/request-fields';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { type FileImport, IMPORT_KINDS, readImport, requireImporter } from './file-import';
import { openingRefusals, requireOpeningTerms } from './opening-terms';

/** What is refused where a file is announced. */
export const startImportRefusals = refusals(keyRefusals, openingRefusals);

const MOST_BYTES = 2n ** 53n;

export const startImportSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  kind: z.enum(IMPORT_KINDS),
  currency: currencyCode.nullish().transform((code) => code ?? null),
  /** SHA-256 of the file's first lines, in hexadecimal digits. */
  beginning: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'A SHA-256 has 64 hexadecimal digits.')
    .nullish()
    .transform((hash) => hash ?? null),
  dryRun: z.boolean().default(false),
  fileName: optionalText(255),
  bytesTotal: z
    .bigint()
    .refine((bytes) => bytes >= 0n && bytes < MOST_BYTES, 'A file has 0 bytes or more.')
    .nullish()
    .transform((bytes) => bytes ?? null),
});
export type StartImport = z.output<typeof startImportSchema>;

/** How long references of an import that nobody finished are kept. */
const ABANDONED_DAYS = 30;

/** Lines that may be sent again after the end of the file keep what they are known by. */
const NOT_SENT_AGAIN = 'NOT EXISTS (SELECT FROM file_import_retry a WHERE a.import_id = r.import_id AND a.line = r.line)';

/**
 * Begins the import of a file, or finds it again: the same idempotency key goes on where it was. Throws
 * OPENINGS_NOT_AGREED, TERMS_NOT_ACTIVE for opening balances that the terms in force do not provide for; InvalidInput
 * (currency), IDEMPOTENCY_CONFLICT.
 */
export async function startImport(app: App, principal: Principal, command: StartImport): Promise<FileImport> {
  const brandId = requireImporter(principal, command.kind);
  const { idempotencyKey, fileName, beginning, ...asked } = command;
  const { kind, dryRun } = asked;
  if ((kind === 'MEMBERS') !== (asked.currency === null))
    throw new InvalidInput(
      'input.currency',
      kind === 'MEMBERS' ? 'Members are of no points currency: leave it out.' : 'Give the points currency of lines that name none.',
    );
  const content = { ...asked, currency: asked.currency ?? undefined };
  const { target } = await createOnce(app, principal, { operation: 'startImport', idempotencyKey, content, details: { kind, dryRun } }, async ({ client }) => {
    const snapshot = await app.coalition.snapshot(client);
    const currency = command.currency === null ? null : requireCurrency(snapshot, command.currency, 'input.currency');
    const now = app.clock.now();
    if (kind === 'OPENINGS' && currency) requireOpeningTerms(snapshot, brandId, currency, now);
    await client.query(
      `DELETE FROM file_import_reference r USING file_import i WHERE i.id = r.import_id AND i.brand_id = $1 AND i.updated_at < $2::timestamptz - make_interval(days => $3)
         AND ${NOT_SENT_AGAIN}`,
      [brandId, now, ABANDONED_DAYS],
    );
    const id = newUuid();
    await client.query(
      `INSERT INTO file_import (id, brand_id, kind, dry_run, file_name, currency_id, started_by, started_at, updated_at, bytes_total, beginning)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)`,
      [id, brandId, kind, dryRun, fileName, currency?.id ?? null, actorOf(principal), now, command.bytesTotal?.toString() ?? null, beginning],
    );
    return id;
  });
  return app.database.transaction(databasePrincipal(principal), ({ client }) => readImport(client, target));
}

export interface FinishImport {
  readonly importId: string;
}

/** Says that the file has come to its end. Saying it again changes nothing. */
export async function finishImport(app: App, principal: Principal, { importId }: FinishImport): Promise<FileImport> {
  const database = databasePrincipal(principal);
  const { kind } = await app.database.transaction(database, ({ client }) => readImport(client, importId));
  const brandId = requireImporter(principal, kind);
  return app.database.transaction(database, async ({ client }) => {
    await client.query('UPDATE file_import SET finished_at = coalesce(finished_at, $3) WHERE id = $1 AND brand_id = $2', [importId, brandId, app.clock.now()]);
    await client.query(`DELETE FROM file_import_reference r WHERE r.import_id = $1 AND ${NOT_SENT_AGAIN}`, [importId]);
    return readImport(client, importId);
  });
}
