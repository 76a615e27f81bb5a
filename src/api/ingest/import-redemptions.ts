import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { itemAt } from '../../platform/one-of';
import { redeemMany } from '../../programme/redemption/redeem-many';
import type { SpendPoints, SpentPoints } from '../../programme/redemption/spend-points';
import { bookLines, commandsOf } from './book-lines';
import { beginBatch, type EntryResult, endBatch, type ImportedBatch, resultOf, type SentBatch } from './import-batch';
import type { LineError } from './line-error';
import { contentOfLine, keysOfLines, wasThereBefore } from './lines-alike';
import { bookOnceInFile, nameOnce } from './once-in-file';
import { type RedemptionRow, readRedemptionRow } from './redemption-row';
import type { SentRow } from './row-fields';

/**
 * Burns what the next lines of a file say was spent: the same redemptions that redeem makes, by the rules and lots of
 * when they happened. Throws as importOpenings does.
 */
export async function importRedemptions(app: App, principal: Principal, { importId, rows, bytesDone }: SentBatch<SentRow>): Promise<ImportedBatch> {
  const sent = rows.map((row) => ({ ...row, lastLine: row.line }));
  const { found, fresh } = await beginBatch(app, principal, 'REDEMPTIONS', importId, sent);
  const read = fresh.map(readRedemptionRow);
  const redemptions = read.filter(isRow);
  const keys = await keysOfLines(app, principal, found, redemptions, {
    contentOf: (row) => (row.reference === null ? contentOfLine(found, 'FILE_REDEMPTION', row) : null),
  });
  const decided = new Map<unknown, EntryResult>();
  const booking = {
    book: (commands: readonly SpendPoints[]) => redeemMany(app, principal, commands, () => 'input'),
    booked: (row: RedemptionRow, { points, duplicate }: SpentPoints): EntryResult => {
      const before = keys.storedFor(row);
      return (duplicate && !before) || wasThereBefore(before, found) ? { is: 'repeated' } : { is: 'imported', points };
    },
    inItsField: (row: RedemptionRow, error: LineError) =>
      error.code === 'UNKNOWN_MEMBER' ? { ...error, field: row.member.byCustomer ? 'customerId' : 'identifier' } : error,
  };
  await bookOnceInFile(app, principal, found, redemptions, {
    nameOf: (row) => nameOnce(found, row, app.clock.now()),
    book: (rows) => bookLines(commandsOf(found, rows, keys, decided), booking, decided),
    decided,
  });
  const results = new Map(fresh.map((each, at) => [each, resultOf(itemAt(read, at), decided)]));
  return endBatch(app, principal, found, { sent, results, enrolled: 0, bytesDone });
}

function isRow(read: RedemptionRow | LineError): read is RedemptionRow {
  return 'command' in read;
}
