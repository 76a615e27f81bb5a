import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { contentHash } from '../../ledger/ledger/idempotency';
import { dayOf, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { redeemMany } from '../../programme/redemption/redeem-many';
import type { SpendPoints, SpentPoints } from '../../programme/redemption/spend-points';
import { bookLines } from './book-lines';
import type { FileImport } from './file-import';
import { beginBatch, type EntryResult, endBatch, type ImportedBatch, resultOf } from './import-batch';
import { type LineError, unknownCurrency } from './line-error';
import { keysOfLines, wasThereBefore } from './lines-alike';
import { bookOnceInFile, nameInFile } from './once-in-file';
import type { SentRow } from './opening-row';
import { type RedemptionRow, readRedemptionRow } from './redemption-row';

export interface ImportRedemptions {
  readonly importId: Uuid;
  /** In the file's order, at most MOST_ROWS. */
  readonly rows: readonly SentRow[];
  readonly bytesDone: bigint | null;
}

/**
 * Burns what the next lines of a file say was spent: the same redemptions that redeem makes, by the rules and lots of
 * when they happened. Throws as importOpenings does.
 */
export async function importRedemptions(app: App, principal: Principal, { importId, rows, bytesDone }: ImportRedemptions): Promise<ImportedBatch> {
  const sent = rows.map((row) => ({ ...row, lastLine: row.line }));
  const { brandId, found, fresh } = await beginBatch(app, principal, 'REDEMPTIONS', importId, sent);
  const read = fresh.map(readRedemptionRow);
  const redemptions = read.filter(isRow);
  const snapshot = await app.database.transaction(databasePrincipal(principal), ({ client }) => app.coalition.snapshot(client));
  const own = snapshot.currenciesById.get(found.currencyId ?? 0)?.code ?? '';
  const { keyOf, storedFor } = await keysOfLines(app, principal, found, redemptions, (row) =>
    row.reference === null ? contentOf(row, own, snapshot, found) : null,
  );
  const mayRepeat = (snapshot.brandsById.get(brandId)?.referencesRepeat ?? 'NEVER') !== 'NEVER';
  const nameOf = ({ currency, reference }: RedemptionRow) => (mayRepeat || reference === null ? null : nameInFile(currency ?? own, reference));
  const decided = new Map<unknown, EntryResult>();
  const ask = (row: RedemptionRow): { row: RedemptionRow; command: SpendPoints }[] => {
    if (row.currency !== null && !snapshot.currenciesByCode.has(row.currency)) decided.set(row, { is: 'rejected', error: unknownCurrency(row.line) });
    // A dry run asks for nothing that is stored.
    else if (found.dryRun && storedFor(row)?.outcome.answer) decided.set(row, { is: 'repeated' });
    else return [{ row, command: row.command({ currency: row.currency ?? own, idempotencyKey: keyOf(row), dryRun: found.dryRun }) }];
    return [];
  };
  const book = (commands: readonly SpendPoints[]) => redeemMany(app, principal, commands, () => 'input');
  const booking = {
    book,
    booked: (row: RedemptionRow, { points, duplicate }: SpentPoints): EntryResult => {
      const before = storedFor(row);
      return (duplicate && !before) || wasThereBefore(before, found) ? { is: 'repeated' } : { is: 'imported', points };
    },
    inItsField: (row: RedemptionRow, error: LineError) =>
      error.code === 'UNKNOWN_MEMBER' ? { ...error, field: row.member.byCustomer ? 'customerId' : 'identifier' } : error,
  };
  await bookOnceInFile(app, principal, found, redemptions, { nameOf, book: (rows) => bookLines(rows.flatMap(ask), booking, decided) }, decided);
  const results = new Map(fresh.map((each, at) => [each, resultOf(itemAt(read, at), decided)]));
  return endBatch(app, principal, found, { sent, results, enrolled: 0, bytesDone });
}

/** What a line says, with the day of the import if it says no time. */
function contentOf(row: RedemptionRow, own: string, { currenciesByCode }: CoalitionSnapshot, { startedAt }: FileImport): string {
  const currency = row.currency ?? own;
  const { idempotencyKey: _key, dryRun: _dryRun, ...content } = row.command({ currency, idempotencyKey: '', dryRun: false });
  const day = content.occurredAt === null ? dayToIso(dayOf(startedAt, currenciesByCode.get(currency)?.timeZone ?? 'UTC')) : undefined;
  return contentHash('FILE_REDEMPTION', { ...content, day }).toString('hex');
}

function isRow(read: RedemptionRow | LineError): read is RedemptionRow {
  return 'command' in read;
}
