import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { contentHash } from '../../ledger/ledger/idempotency';
import { dayOf, dayToIso } from '../../ledger/points/calendar';
import { findByReference } from '../../programme/purchases/find-by-reference';
import { type RecordReturn, recordReturn } from '../../programme/returns/record-return';
import { bookLines } from './book-lines';
import type { EntryResult, OpenImport } from './import-batch';
import { lineError } from './line-error';
import { keysOfLines, wasThereBefore } from './lines-alike';
import { namedInFile, nameInFile } from './once-in-file';
import type { ReturnRow } from './return-row';

/**
 * Records the returns of a batch of purchases, once its purchases are recorded: each names its purchase by the
 * reference, in this file or any. A dry run takes a purchase of the file for recorded.
 */
export async function importReturns(
  app: App,
  principal: Principal,
  found: OpenImport,
  rows: readonly ReturnRow[],
  decided: Map<unknown, EntryResult>,
): Promise<void> {
  if (rows.length === 0) return;
  const { brandId, own } = found;
  const contentOf = ({ command, returnOf, currency }: ReturnRow): string => {
    const { idempotencyKey: _key, dryRun: _dryRun, ...content } = command({ purchaseId: '', idempotencyKey: '', dryRun: false });
    const day = content.occurredAt === null ? dayToIso(dayOf(found.startedAt, 'UTC')) : undefined;
    return contentHash('FILE_RETURN', { ...content, returnOf, currency: currency ?? own, day }).toString('hex');
  };
  const { keyOf, storedFor } = await keysOfLines(app, principal, found, rows, {
    contentOf: (row) => (row.reference === null ? contentOf(row) : null),
  });
  const nameOf = (row: ReturnRow) => nameInFile(row.currency ?? own, row.returnOf);
  const named = (row: ReturnRow) => ({ currency: row.currency ?? own, reference: row.returnOf });
  const purchasesOf = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    findByReference(client, brandId, 'PURCHASE', rows.map(named)),
  );
  const inFile = found.dryRun ? await namedInFile(app, principal, found, rows.map(nameOf)) : null;
  const asked: { row: ReturnRow; command: RecordReturn }[] = [];
  for (const row of rows) {
    const [purchaseId, ...others] = purchasesOf(named(row));
    const wrong = (code: string, message: string) => decided.set(row, { is: 'rejected', error: lineError(row.line, 'returnOf', code, message, true) });
    // A dry run asks for nothing that is stored.
    if (found.dryRun && storedFor(row)?.outcome.answer) decided.set(row, { is: 'repeated' });
    else if (purchaseId && others.length === 0) asked.push({ row, command: row.command({ purchaseId, idempotencyKey: keyOf(row), dryRun: found.dryRun }) });
    else if (others.length > 0)
      wrong('AMBIGUOUS_REFERENCE', 'Several purchases of yours have this reference: record the return through the API, by purchaseId.');
    else if (inFile?.has(nameOf(row))) decided.set(row, { is: 'imported', points: 0 });
    else wrong('UNKNOWN_PURCHASE', 'No purchase of yours has this reference. Import it first, or correct the reference.');
  }
  await bookLines(
    asked,
    {
      book: (commands) => Promise.allSettled(commands.map((command) => recordReturn(app, principal, command))),
      booked: (row, { duplicate, clawedBack }) => {
        const before = storedFor(row);
        return (duplicate && !before) || wasThereBefore(before, found) ? { is: 'repeated' } : { is: 'imported', points: -clawedBack };
      },
      inItsField: (_row, error) => error,
    },
    decided,
  );
}
