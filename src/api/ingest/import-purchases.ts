import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import type { ReferencesRepeat } from '../../coalition/coalition/references-repeat';
import { type FoundPosting, findPostings } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { type Day, dayOf, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import type { RecordPurchase } from '../../programme/earning/purchase-command';
import { purchaseHash, type RecordedPurchase, recordPurchases } from '../../programme/earning/record-purchases';
import { bookLines } from './book-lines';
import type { FileImport } from './file-import';
import { beginBatch, claimReferences, type EntryResult, endBatch, type ImportedBatch, resultOf } from './import-batch';
import { importReturns } from './import-returns';
import { type LineError, lineError, unknownCurrency } from './line-error';
import { keyOfContent, keyOfNameless, numberAlike, type StoredUnder, wasThereBefore } from './lines-alike';
import { bookOnceInFile, nameInFile } from './once-in-file';
import { type PurchaseRow, readPurchaseRow, type SentPurchase } from './purchase-row';
import { type ReturnRow, readReturnRow } from './return-row';

export interface ImportPurchases {
  readonly importId: Uuid;
  /** In the file's order, at most MOST_ROWS. */
  readonly rows: readonly SentPurchase[];
  readonly bytesDone: bigint | null;
}

/**
 * Records the next purchases of a file, and the returns among them: the same that recordPurchases and recordReturn
 * record, and may be sent again like them. Throws as importOpenings does.
 */
export async function importPurchases(app: App, principal: Principal, { importId, rows, bytesDone }: ImportPurchases): Promise<ImportedBatch> {
  const { brandId, found, fresh } = await beginBatch(app, principal, 'PURCHASES', importId, rows);
  const read = fresh.map((row) => (isReturn(row) ? readReturnRow(row) : readPurchaseRow(row)));
  const purchases = read.filter(isPurchase);
  const snapshot = await app.database.transaction(databasePrincipal(principal), ({ client }) => app.coalition.snapshot(client));
  const own = snapshot.currenciesById.get(found.currencyId ?? 0)?.code ?? '';
  const repeat = snapshot.brandsById.get(brandId)?.referencesRepeat ?? 'NEVER';
  const isNameless = ({ reference }: PurchaseRow) => reference === null || repeat === 'ANY';
  const contentOf = (row: PurchaseRow) => contentOfLine(found, snapshot, own, row);
  const nth = await numberAlike(
    app,
    principal,
    found,
    purchases.filter(isNameless).map((row) => ({ line: row.line, content: contentOf(row) })),
  );
  const keys = new Map(purchases.map((row) => [row, keysOf(importId, row, keyOfContent(contentOf(row), nth(row.line)))]));
  const keysOfRow = (row: PurchaseRow) => keys.get(row) as Keys;
  const stored = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    findPostings(
      client,
      [...keys.values()].flatMap((each) => Object.values(each)).map((key) => postingId(brandId, key)),
    ),
  );
  const storedUnder: StoredUnder = (key) => stored.get(postingId(brandId, key));
  const keyOf = (row: PurchaseRow) => {
    const { ofLine, ofContent, before } = keysOfRow(row);
    const booked = [ofLine, ofContent].find((key) => storedUnder(key)?.outcome.answer);
    if (booked !== undefined) return booked;
    const posting = storedUnder(before);
    if (posting?.outcome.answer && isOfLine(posting, row)) return before;
    return isNameless(row) ? keyOfNameless({ ofLine, ofContent }, storedUnder) : ofLine;
  };
  // Its number alone does not tell: what the version before booked under it may be another day's receipt.
  const isOfLine = ({ contentHash: booked, outcome }: FoundPosting, row: PurchaseRow) => {
    const command = row.command({ currency: row.currency ?? own, idempotencyKey: '', dryRun: false });
    if (!booked.equals(purchaseHash(app, brandId, command))) return false;
    return (
      repeat === 'NEVER' ||
      row.occurredAt !== null ||
      dayOfLine(snapshot, own, row, new Date(outcome.recordedAt)) >= dayOfLine(snapshot, own, row, found.startedAt)
    );
  };
  const decided = new Map<unknown, EntryResult>();
  const ask = (row: PurchaseRow): { row: PurchaseRow; command: RecordPurchase }[] => {
    if (row.currency !== null && !snapshot.currenciesByCode.has(row.currency)) decided.set(row, { is: 'rejected', error: unknownCurrency(row.line) });
    // A dry run asks for nothing that is stored.
    else if (found.dryRun && storedUnder(keyOf(row))?.outcome.answer) decided.set(row, { is: 'repeated' });
    else return [{ row, command: row.command({ currency: row.currency ?? own, idempotencyKey: keyOf(row), dryRun: found.dryRun }) }];
    return [];
  };
  const book = (commands: readonly RecordPurchase[]) => recordPurchases(app, principal, commands);
  const booked = (row: PurchaseRow, { byReference, dryRun, purchaseId, points }: RecordedPurchase): EntryResult => {
    const repeated = byReference || wasThereBefore(storedUnder(keyOf(row)), found);
    const made = { purchaseId: dryRun ? null : purchaseId, memberId: null };
    return repeated ? { is: 'repeated', made } : { is: 'imported', points, made };
  };
  const nameOf = (row: PurchaseRow) => nameOnce(snapshot, repeat, own, row, app.clock.now());
  const bookAll = (rows: readonly PurchaseRow[]) => bookLines(rows.flatMap(ask), { book, booked, inItsField }, decided);
  await bookOnceInFile(app, principal, found, purchases, { nameOf, book: bookAll }, decided);
  // A dry run books nothing: by this its returns find the purchases of the file, whatever may stand there twice.
  const booking = purchases.filter((row) => found.dryRun && decided.get(row)?.is !== 'rejected');
  await claimReferences(
    app,
    principal,
    found,
    booking.map((row) => ({ line: row.line, reference: row.reference && nameInFile(row.currency ?? own, row.reference) })),
  );
  await importReturns(app, principal, { ...found, own }, read.filter(isReturnRow), decided);
  const results = new Map(fresh.map((each, at) => [each, resultOf(itemAt(read, at), decided)]));
  return endBatch(app, principal, found, { sent: rows, results, enrolled: 0, bytesDone });
}

type Read = PurchaseRow | ReturnRow | LineError;

function isReturn({ cells, unreadable }: SentPurchase): boolean {
  return unreadable === null && (cells.returnOf ?? '').trim() !== '';
}

function isPurchase(read: Read): read is PurchaseRow {
  return 'command' in read && !('returnOf' in read);
}

function isReturnRow(read: Read): read is ReturnRow {
  return 'returnOf' in read;
}

interface Keys {
  readonly ofLine: string;
  readonly ofContent: string;
  readonly before: string;
}

/**
 * The keys that a purchase of a file may be booked under. Its line's: a reference is an outcome's only once it is
 * booked. Its content's, where it has no reference or references repeat: then only the whole line tells. And that of
 * the version before, whose refusals do not bind.
 */
function keysOf(importId: Uuid, row: PurchaseRow, ofContent: string): Keys {
  return { ofLine: `line ${importId} ${row.line}`, ofContent, before: row.reference === null ? `import ${importId} ${row.line}` : `file ${row.reference}` };
}

/** What a line says, with the day of the import if it says no time. */
function contentOfLine({ startedAt }: FileImport, snapshot: CoalitionSnapshot, own: string, row: PurchaseRow): string {
  const { idempotencyKey: _key, dryRun: _dryRun, ...content } = row.command({ currency: row.currency ?? own, idempotencyKey: '', dryRun: false });
  const told = row.occurredAt === null ? { ...content, day: dayToIso(dayOfLine(snapshot, own, row, startedAt)) } : content;
  return contentHash('FILE_PURCHASE', told).toString('hex');
}

/** Local day of the line's points currency. */
function dayOfLine({ currenciesByCode }: CoalitionSnapshot, own: string, { currency }: PurchaseRow, instant: Date): Day {
  return dayOf(instant, currenciesByCode.get(currency ?? own)?.timeZone ?? 'UTC');
}

/**
 * What may stand in the file once: references that do not repeat, of each local day if they do so daily; null: nothing.
 */
function nameOnce(snapshot: CoalitionSnapshot, repeat: ReferencesRepeat, own: string, row: PurchaseRow, now: Date): string | null {
  if (row.reference === null || repeat === 'ANY') return null;
  const name = nameInFile(row.currency ?? own, row.reference);
  return repeat === 'NEVER' ? name : `${name}\n${dayToIso(dayOfLine(snapshot, own, row, row.occurredAt ?? now))}`;
}

function inItsField(row: PurchaseRow, error: LineError): LineError {
  if (error.code === 'REFERENCE_TAKEN')
    return lineError(
      row.line,
      'reference',
      error.code,
      'Another purchase of yours has this reference: of another member, money, day or amount. Correct the line.',
    );
  return error.code === 'UNKNOWN_MEMBER' ? { ...error, field: row.member.byCustomer ? 'customerId' : 'identifier' } : error;
}
