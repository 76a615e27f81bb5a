import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { type CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { type ReferencesRepeat } from '../../coalition/coalition/references-repeat';
import { type Day, dayOf } from '../../ledger/points/calendar';
import type { ResolvedMember } from '../../members/identification/resolve-members';
import type { Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { type FileImport, type ImportKind, importRefusals, readImport, requireImporter } from './file-import';
import { type ErrorRow, isWrong, type LineError, toLineError } from './line-error';
import { noteToSendAgain, takeSentAgain, whichToSendAgain } from './lines-to-send-again';

/** Errors of an import that are kept to be asked for; how many there were is counted beyond it. */
export const MOST_ERRORS_KEPT = 10_000;

/** Whose ids an entry tells; null: none was made, as in a dry run, or it is not told. */
export interface MadeOfEntry {
  readonly purchaseId: Uuid | null;
  readonly memberId: Uuid | null;
}

/** What became of an entry of a batch. */
export type EntryResult =
  | { readonly is: 'imported'; readonly points: number; readonly made?: MadeOfEntry }
  /** Booked before, by another import or request. */
  | { readonly is: 'repeated'; readonly made?: MadeOfEntry }
  | { readonly is: 'rejected'; readonly error: LineError };

/** The entry's result with the member whose it is. */
export function tellingMember(result: EntryResult, member: Pick<ResolvedMember, 'memberId'> | undefined): EntryResult {
  return member && result.is !== 'rejected' ? { ...result, made: { purchaseId: null, memberId: member.memberId } } : result;
}

/** What became of a line: what is wrong with it as it stands, or what was decided of it. */
export function resultOf<Row extends { readonly line: number }>(read: Row | LineError, decided: ReadonlyMap<unknown, EntryResult>): EntryResult {
  if (isWrong(read)) return { is: 'rejected', error: read };
  const result = decided.get(read);
  if (!result) throw new Error(`line ${read.line} was neither imported nor refused`);
  return result;
}

/** What a batch came to. */
export interface ImportedBatch {
  readonly import: FileImport;
  /**
   * Of this batch's lines, in their order; also those beyond what is kept. Of lines that were done before, what is
   * kept: their answer may have been lost.
   */
  readonly errors: readonly LineError[];
  /** Of this batch's entries that are booked, by their first lines. */
  readonly made: readonly (MadeOfEntry & { readonly line: number; readonly repeated: boolean })[];
}

/** Something of a file: it stands in the lines from `line` to `lastLine`. */
interface Entry {
  readonly line: number;
  readonly lastLine: number;
}

/** Entries of a file as they were sent, in its order; at most MOST_ROWS. */
export interface SentBatch<Sent> {
  readonly importId: Uuid;
  readonly rows: readonly Sent[];
  /** How far into the file its sender is; null: not said. */
  readonly bytesDone: bigint | null;
}

/** An import, and by what its lines are read. */
export interface OpenImport extends FileImport {
  readonly snapshot: CoalitionSnapshot;
  /** Code of the points currency of lines that name none; '' where there is none. */
  readonly own: string;
  /** How often the brand uses a reference for purchases, and for redemptions. */
  readonly referencesRepeat: ReferencesRepeat;
}

/** Local day of a line's points currency; `currency` null: the import's. */
export function dayOfLine({ snapshot, own }: OpenImport, currency: string | null, instant: Date): Day {
  return dayOf(instant, snapshot.currenciesByCode.get(currency ?? own)?.timeZone ?? 'UTC');
}

/**
 * The import that a batch belongs to, and those of its entries that are not done yet. What was sent before is passed
 * over, so that a batch may be sent again. Of a finished import those that may be sent again are not done. Throws
 * NotFound, PermissionDenied, IMPORT_FINISHED, InvalidInput (lines out of order).
 */
export async function beginBatch<Sent extends Entry>(
  app: App,
  principal: Principal,
  kind: ImportKind,
  importId: Uuid,
  entries: readonly Sent[],
): Promise<{ found: OpenImport; fresh: Sent[] }> {
  const brandId = requireImporter(principal, kind);
  const { found, again, snapshot } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const read = await readImport(client, importId);
    const lines = read.finishedAt === null ? [] : entries.map(({ line }) => line);
    return { found: read, again: await whichToSendAgain(client, importId, lines), snapshot: await app.coalition.snapshot(client) };
  });
  if (found.kind !== kind || found.brandId !== brandId) throw new InvalidInput('input.importId', `This is no import of ${kind.toLowerCase()} of yours.`);
  if (found.finishedAt !== null && entries.some(({ line }) => line > found.lastLine)) throw importRefusals.refuse('IMPORT_FINISHED');
  let before = 0;
  entries.forEach(({ line, lastLine }, at) => {
    if (line <= before || lastLine < line) throw new InvalidInput(`input.rows.${at}.line`, 'Send the lines of a file in their order, each once.');
    before = lastLine;
  });
  const own = snapshot.currenciesById.get(found.currencyId ?? 0)?.code ?? '';
  const { referencesRepeat = 'NEVER' } = snapshot.brandsById.get(brandId) ?? {};
  const fresh = entries.filter(({ line }) => line > found.lastLine || again.has(line));
  return { found: { ...found, snapshot, own, referencesRepeat }, fresh };
}

export interface BatchEnd {
  /** All of the batch, those too that were done before. */
  readonly sent: readonly Entry[];
  /** Of those that were not. */
  readonly results: ReadonlyMap<Entry, EntryResult>;
  readonly enrolled: number;
  /** How far into the file its sender is; null: not said. */
  readonly bytesDone: bigint | null;
}

/**
 * Counts a batch and keeps its errors, in one transaction. Lines that somebody else has counted meanwhile are not
 * counted twice: what became of them was done once, and is the same. Two senders may have cut the file into other
 * batches: each line beyond the last that is counted, counts.
 */
export async function endBatch(app: App, principal: Principal, { id }: FileImport, { sent, results, enrolled, bytesDone }: BatchEnd): Promise<ImportedBatch> {
  const fresh = new Set([...results.keys()].map(({ line }) => line));
  const passed = sent.filter(({ line }) => !fresh.has(line));
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    if (results.size > 0) {
      await client.query('SELECT FROM file_import WHERE id = $1 FOR NO KEY UPDATE', [id]);
      const found = await readImport(client, id);
      const now = app.clock.now();
      const uncounted = [...results].filter(([{ line }]) => line > found.lastLine);
      if (found.finishedAt === null) await count(client, found, { results: uncounted, enrolled, bytesDone, now });
      else await countAgain(client, found, { results: [...results], enrolled, now });
    }
    const errors = [...errorsOf([...results]), ...(await keptErrors(client, id, passed))].sort((a, b) => a.line - b.line);
    return { import: await readImport(client, id), errors, made: madeOf([...results]) };
  });
}

function madeOf(results: readonly (readonly [Entry, EntryResult])[]): ImportedBatch['made'] {
  return results.flatMap(([{ line }, result]) => (result.is !== 'rejected' && result.made ? { line, repeated: result.is === 'repeated', ...result.made } : []));
}

function errorsOf(results: readonly (readonly [Entry, EntryResult])[]): LineError[] {
  return results.flatMap(([, result]) => (result.is === 'rejected' ? [result.error] : []));
}

async function count(
  client: PoolClient,
  found: FileImport,
  {
    results,
    enrolled,
    bytesDone,
    now,
  }: Omit<BatchEnd, 'sent' | 'results'> & { readonly results: readonly (readonly [Entry, EntryResult])[]; readonly now: Date },
): Promise<void> {
  const errors = errorsOf(results);
  const imported = results.flatMap(([, result]) => (result.is === 'imported' ? [result.points] : []));
  await client.query(
    `UPDATE file_import SET updated_at = greatest(updated_at, $2), last_line = $3, entries = entries + $4, imported = imported + $5, repeated = repeated + $6,
       rejected = rejected + $7, enrolled = enrolled + $8, points = points + $9::bigint, bytes_done = greatest(bytes_done, $10::bigint)
     WHERE id = $1`,
    [
      found.id,
      now,
      results.at(-1)?.[0].lastLine ?? found.lastLine,
      results.length,
      imported.length,
      results.length - imported.length - errors.length,
      errors.length,
      // Whoever enrolled them counts them, whoever counts their lines.
      enrolled,
      imported.reduce((sum, points) => sum + BigInt(points), 0n).toString(),
      (bytesDone ?? 0n).toString(),
    ],
  );
  await keepErrors(client, found, errors.slice(0, Math.max(0, MOST_ERRORS_KEPT - found.rejected)));
  if (!found.dryRun) await noteToSendAgain(client, found, toSendAgain(results));
}

function toSendAgain(results: readonly (readonly [Entry, EntryResult])[]): number[] {
  return results.flatMap(([{ line }, result]) => (result.is === 'rejected' && result.error.retrySafe ? line : []));
}

/** Lines of a finished import that were sent again: what was wrong with them is what is wrong now. */
async function countAgain(
  client: PoolClient,
  found: FileImport,
  { results, enrolled, now }: { readonly results: readonly (readonly [Entry, EntryResult])[]; readonly enrolled: number; readonly now: Date },
): Promise<void> {
  const taken = await takeSentAgain(
    client,
    found.id,
    results.map(([{ line }]) => line),
  );
  const counted = results.filter(([{ line }]) => taken.has(line));
  const imported = counted.flatMap(([, result]) => (result.is === 'imported' ? [result.points] : []));
  const repeated = counted.filter(([, { is }]) => is === 'repeated').length;
  await client.query(
    `UPDATE file_import SET updated_at = greatest(updated_at, $2), imported = imported + $3, repeated = repeated + $4, rejected = rejected - $3 - $4,
       enrolled = enrolled + $5, points = points + $6::bigint
     WHERE id = $1`,
    [found.id, now, imported.length, repeated, enrolled, imported.reduce((sum, points) => sum + BigInt(points), 0n).toString()],
  );
  const [firsts, lasts] = [counted.map(([{ line }]) => line), counted.map(([{ lastLine }]) => lastLine)];
  // An error names the line of the entry that it is in.
  const { rowCount } = await client.query(
    `DELETE FROM file_import_error e USING unnest($2::bigint[], $3::bigint[]) AS entry (first, last)
     WHERE e.import_id = $1 AND e.line BETWEEN entry.first AND entry.last`,
    [found.id, firsts, lasts],
  );
  await keepErrors(client, found, errorsOf(counted).slice(0, rowCount ?? 0));
  await noteToSendAgain(client, found, toSendAgain(counted));
}

/** An error names the line of the entry that it is in. */
async function keptErrors(client: PoolClient, importId: Uuid, entries: readonly Entry[]): Promise<LineError[]> {
  if (entries.length === 0) return [];
  const { rows } = await client.query<ErrorRow>({
    name: 'kept-import-errors',
    text: `SELECT e.line, e.field, e.code, e.message, e.retry_safe FROM unnest($2::bigint[], $3::bigint[]) AS entry (first, last)
      JOIN file_import_error e ON e.import_id = $1 AND e.line BETWEEN entry.first AND entry.last`,
    values: [importId, entries.map(({ line }) => line), entries.map(({ lastLine }) => lastLine)],
  });
  return rows.map(toLineError);
}

async function keepErrors(client: PoolClient, { id, brandId }: FileImport, errors: readonly LineError[]): Promise<void> {
  if (errors.length === 0) return;
  await client.query(
    `INSERT INTO file_import_error (import_id, brand_id, line, field, code, message, retry_safe)
     SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[]) AS new (line, field, code, message, retry_safe)
     ON CONFLICT DO NOTHING`,
    [
      id,
      brandId,
      errors.map(({ line }) => line),
      errors.map(({ field }) => field),
      errors.map(({ code }) => code),
      errors.map(({ message }) => message),
      errors.map(({ retrySafe }) => retrySafe),
    ],
  );
}
