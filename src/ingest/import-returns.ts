import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import { type RecordReturn, recordReturn } from '../earning/record-return';
import type { Uuid } from '../ids';
import { findPostings } from '../ledger/find-posting';
import { postingId } from '../ledger/idempotency';
import { findByReference } from '../purchases/find-by-reference';
import { bookLines } from './book-lines';
import type { FileImport } from './file-import';
import { type EntryResult, namedInFile } from './import-batch';
import { lineError } from './line-error';
import type { ReturnRow } from './return-row';

/**
 * Records the returns of a batch of purchases, once its purchases are recorded: each names its purchase by the reference, in this file or any. A dry run
 * takes a purchase of the file for recorded.
 */
export async function importReturns(
  app: App,
  principal: Principal,
  found: FileImport & { readonly own: string },
  rows: readonly ReturnRow[],
  decided: Map<unknown, EntryResult>,
): Promise<void> {
  if (rows.length === 0) return;
  const { brandId, own } = found;
  const keyOf = ({ line }: ReturnRow) => `line ${found.id} ${line}`;
  const named = (row: ReturnRow) => ({ currency: row.currency ?? own, reference: row.returnOf });
  const { purchasesOf, stored } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => ({
    purchasesOf: await findByReference(client, brandId, 'PURCHASE', rows.map(named)),
    stored: await findPostings(
      client,
      rows.map((row) => postingId(brandId, keyOf(row))),
    ),
  }));
  const inFile = found.dryRun ? await namedInFile(app, principal, found, rows) : null;
  const asked: { row: ReturnRow; command: RecordReturn }[] = [];
  for (const row of rows) {
    const purchases = purchasesOf(named(row));
    const wrong = (code: string, message: string) => decided.set(row, { is: 'rejected', error: lineError(row.line, 'returnOf', code, message, true) });
    if (purchases.length === 1) asked.push({ row, command: row.command({ purchaseId: purchases[0], idempotencyKey: keyOf(row), dryRun: found.dryRun }) });
    else if (purchases.length > 1)
      wrong('AMBIGUOUS_REFERENCE', 'Several purchases of yours have this reference: record the return through the API, by purchaseId.');
    else if (inFile?.has(row.returnOf)) decided.set(row, { is: 'imported', points: 0 });
    else wrong('UNKNOWN_PURCHASE', 'No purchase of yours has this reference. Import it first, or correct the reference.');
  }
  await bookLines(
    asked,
    {
      book: (commands) => Promise.allSettled(commands.map((command) => recordReturn(app, principal, command))),
      booked: (row, { duplicate, clawedBack }) =>
        // What this very import booked before it was interrupted is its own.
        duplicate && !stored.has(postingId(brandId, keyOf(row)) as Uuid) ? { is: 'repeated' } : { is: 'imported', points: -clawedBack },
      inItsField: (_row, error) => error,
    },
    decided,
  );
}
