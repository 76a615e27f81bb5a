import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { FoundPosting } from '../../ledger/ledger/find-posting';
import { itemAt } from '../../platform/one-of';
import type { RecordPurchase } from '../../programme/earning/purchase-command';
import { purchaseHash, type RecordedPurchase, recordPurchases } from '../../programme/earning/record-purchases';
import { bookLines, commandsOf } from './book-lines';
import { beginBatch, dayOfLine, type EntryResult, endBatch, type ImportedBatch, type OpenImport, resultOf, type SentBatch } from './import-batch';
import { importReturns } from './import-returns';
import { type LineError, lineError } from './line-error';
import { contentOfLine, type KeysOfLines, keyOfNameless, keysOfLines, wasThereBefore } from './lines-alike';
import { bookOnceInFile, claimReferences, nameInFile, nameOnce } from './once-in-file';
import { type PurchaseRow, readPurchaseRow, type SentPurchase } from './purchase-row';
import { type ReturnRow, readReturnRow } from './return-row';

/**
 * Records the next purchases of a file, and the returns among them: the same that recordPurchases and recordReturn
 * record, and may be sent again like them. Throws as importOpenings does.
 */
export async function importPurchases(app: App, principal: Principal, { importId, rows, bytesDone }: SentBatch<SentPurchase>): Promise<ImportedBatch> {
  const { found, fresh } = await beginBatch(app, principal, 'PURCHASES', importId, rows);
  const read = fresh.map((row) => (isReturn(row) ? readReturnRow(row) : readPurchaseRow(row)));
  const purchases = read.filter(isPurchase);
  const keys = await keysOfPurchases(app, principal, found, purchases);
  const decided = new Map<unknown, EntryResult>();
  const booking = {
    book: (commands: readonly RecordPurchase[]) => recordPurchases(app, principal, commands),
    booked: (row: PurchaseRow, { byReference, dryRun, purchaseId, points }: RecordedPurchase): EntryResult => {
      const made = { purchaseId: dryRun ? null : purchaseId, memberId: null };
      return byReference || wasThereBefore(keys.storedFor(row), found) ? { is: 'repeated', made } : { is: 'imported', points, made };
    },
    inItsField,
  };
  await bookOnceInFile(app, principal, found, purchases, {
    nameOf: (row) => nameOnce(found, row, app.clock.now()),
    book: (firsts) => bookLines(commandsOf(found, firsts, keys, decided), booking, decided),
    decided,
  });
  // A dry run books nothing: by this its returns find the purchases of the file, whatever may stand there twice.
  const standing = purchases.filter((row) => found.dryRun && decided.get(row)?.is !== 'rejected');
  await claimReferences(
    app,
    principal,
    found,
    standing.map((row) => ({ line: row.line, reference: row.reference && nameInFile(row.currency ?? found.own, row.reference) })),
  );
  await importReturns(app, principal, found, read.filter(isReturnRow), decided);
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

/**
 * The keys that purchases of a file are booked under. The line's own: a reference is an outcome's only once it is
 * booked. Its content's, where it has no reference or references repeat: then only the whole line tells. And that of
 * the version before, whose refusals do not bind.
 */
async function keysOfPurchases(app: App, principal: Principal, found: OpenImport, purchases: readonly PurchaseRow[]): Promise<KeysOfLines<PurchaseRow>> {
  const isNameless = ({ reference }: PurchaseRow) => reference === null || found.referencesRepeat === 'ANY';
  const { keysOf, storedUnder } = await keysOfLines(app, principal, found, purchases, {
    contentOf: (row) => contentOfLine(found, 'FILE_PURCHASE', row),
    isNameless,
    before: ({ line, reference }) => (reference === null ? `import ${found.id} ${line}` : `file ${reference}`),
  });
  const keyOf = (row: PurchaseRow) => {
    const { ofLine, ofContent, before } = keysOf(row);
    const booked = [ofLine, ofContent].find((key) => storedUnder(key)?.outcome.answer);
    if (booked !== undefined) return booked;
    const posting = before === null ? undefined : storedUnder(before);
    if (before !== null && posting?.outcome.answer && isOfLine(app, found, posting, row)) return before;
    return isNameless(row) ? keyOfNameless({ ofLine, ofContent }, storedUnder) : ofLine;
  };
  return { keyOf, storedFor: (row) => storedUnder(keyOf(row)) };
}

/** Its number alone does not tell: what the version before booked under it may be another day's receipt. */
function isOfLine(app: App, found: OpenImport, { contentHash: booked, outcome }: FoundPosting, row: PurchaseRow): boolean {
  const command = row.command({ currency: row.currency ?? found.own, idempotencyKey: '', dryRun: false });
  if (!booked.equals(purchaseHash(app, found.brandId, command))) return false;
  const day = (instant: Date) => dayOfLine(found, row.currency, instant);
  return found.referencesRepeat === 'NEVER' || row.occurredAt !== null || day(new Date(outcome.recordedAt)) >= day(found.startedAt);
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
