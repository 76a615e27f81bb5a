import type { PoolClient } from 'pg';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import type { RowOf } from '../../platform/database/row-of';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { NotFound } from '../../platform/refusal';

/** What is refused of a part of a file. */
export const importRefusals = refusals(
  notNow,
  defineRefusal('IMPORT_FINISHED', {
    description: 'The import is finished: start a new one for what is left.',
    retrySafe: false,
    message: 'This import is finished. Start a new one for what is left.',
  }),
);

export const IMPORT_KINDS = ['OPENINGS', 'PURCHASES', 'REDEMPTIONS', 'MEMBERS'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

/** Most entries in one batch; see also the bound on a request's body. */
export const MOST_ROWS = 500;

/** A file of a brand that is imported line by line, and how far that has come. */
export interface FileImport {
  readonly id: Uuid;
  readonly brandId: Uuid;
  readonly kind: ImportKind;
  /** Everything is checked and nothing is booked. */
  readonly dryRun: boolean;
  readonly fileName: string | null;
  /** Of lines that name no currency of their own; null: members are of none. */
  readonly currencyId: number | null;
  readonly startedAt: Date;
  readonly updatedAt: Date;
  readonly finishedAt: Date | null;
  /** The last line that is done: send what comes after it. */
  readonly lastLine: number;
  /**
   * Balances or purchases so far: those imported now, those imported before under the same reference, and those that
   * were wrong.
   */
  readonly entries: number;
  readonly imported: number;
  readonly repeated: number;
  readonly rejected: number;
  /** Members that the import has enrolled. */
  readonly enrolled: number;
  /** Sum of the points imported, in smallest units; over all currencies if the file has several. */
  readonly points: bigint;
  readonly bytesDone: bigint;
  readonly bytesTotal: bigint | null;
  /** SHA-256 of its first lines, in hexadecimal digits; null: not said. */
  readonly beginning: string | null;
}

/**
 * The brand whose file it is. Opening balances make members and cost the brand the price agreed for them: an API client
 * needs the scopes admin and members. Purchases ask for the scope purchases, redemptions for redemptions, members for
 * members, as their mutations do. Staff: programme managers, for openings and members.
 */
export function requireImporter(principal: Principal, kind: ImportKind): Uuid {
  if (kind === 'PURCHASES') return requireBrand(principal, { scope: 'purchases' });
  if (kind === 'REDEMPTIONS') return requireBrand(principal, { scope: 'redemptions' });
  if (kind === 'MEMBERS') return requireBrand(principal, { scope: 'members', roles: ['PROGRAMME_MANAGER'] });
  requireBrand(principal, { scope: 'members', roles: ['PROGRAMME_MANAGER'] });
  return requireBrand(principal, { scope: 'admin', roles: ['PROGRAMME_MANAGER'] });
}

/** An import that the transaction's principal may see; throws NotFound. */
export async function readImport(client: PoolClient, id: Uuid): Promise<FileImport> {
  const { rows } = await client.query<ImportRow>({ name: 'read-import', text: 'SELECT * FROM file_import WHERE id = $1', values: [id] });
  const [row] = rows;
  if (!row) throw new NotFound('Import');
  return toFileImport(row);
}

type Counts = 'lastLine' | 'entries' | 'imported' | 'repeated' | 'rejected' | 'enrolled';

export type ImportRow = RowOf<FileImport, Counts>;

export function toFileImport(row: ImportRow): FileImport {
  return {
    id: row.id,
    brandId: row.brand_id,
    kind: row.kind,
    dryRun: row.dry_run,
    fileName: row.file_name,
    currencyId: row.currency_id,
    startedAt: row.started_at,
    updatedAt: row.updated_at,
    finishedAt: row.finished_at,
    lastLine: Number(row.last_line),
    entries: Number(row.entries),
    imported: Number(row.imported),
    repeated: Number(row.repeated),
    rejected: Number(row.rejected),
    enrolled: Number(row.enrolled),
    points: BigInt(row.points),
    bytesDone: BigInt(row.bytes_done),
    bytesTotal: row.bytes_total === null ? null : BigInt(row.bytes_total),
    beginning: row.beginning,
  };
}

/** Entries a second from start to last batch, and the seconds that the rest of the file would take at that pace. */
export function paceOf({ startedAt, updatedAt, finishedAt, entries, bytesDone, bytesTotal }: FileImport): { perSecond: number; secondsLeft: number | null } {
  const ms = updatedAt.getTime() - startedAt.getTime();
  const perSecond = ms > 0 ? Math.round((entries * 1_000) / ms) : 0;
  if (finishedAt !== null) return { perSecond, secondsLeft: 0 };
  if (bytesTotal === null || bytesDone === 0n || ms <= 0) return { perSecond, secondsLeft: null };
  const left = bytesTotal > bytesDone ? bytesTotal - bytesDone : 0n;
  return { perSecond, secondsLeft: Math.min(2_147_483_647, Number((left * BigInt(ms)) / (bytesDone * 1_000n))) };
}
