import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import type { Uuid } from '../ids';
import { findPostings } from '../ledger/find-posting';
import { postingId } from '../ledger/idempotency';
import { redeemMany } from '../redemption/redeem-many';
import type { SpendPoints } from '../redemption/spend-points';
import { bookLines } from './book-lines';
import { beginBatch, claimReferences, type EntryResult, endBatch, type ImportedBatch } from './import-batch';
import { type LineError, lineError } from './line-error';
import type { SentRow } from './opening-row';
import { type RedemptionRow, readRedemptionRow } from './redemption-row';

export interface ImportRedemptions {
  readonly importId: Uuid;
  /** In the file's order, at most MOST_ROWS. */
  readonly rows: readonly SentRow[];
  readonly bytesDone: bigint | null;
}

/**
 * Burns what the next lines of a file say was spent: the same redemptions that redeem makes, by the rules and lots of when they happened. Throws as
 * importOpenings does.
 */
export async function importRedemptions(app: App, principal: Principal, { importId, rows, bytesDone }: ImportRedemptions): Promise<ImportedBatch> {
  const sent = rows.map((row) => ({ ...row, lastLine: row.line }));
  const { brandId, found, fresh } = await beginBatch(app, principal, 'REDEMPTIONS', importId, sent);
  const read = fresh.map(readRedemptionRow);
  const redemptions = read.filter(isRow);
  const keyOf = ({ line }: RedemptionRow) => `line ${importId} ${line}`;
  const { snapshot, stored } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => ({
    snapshot: await app.coalition.snapshot(client),
    stored: await findPostings(
      client,
      redemptions.map((row) => postingId(brandId, keyOf(row))),
    ),
  }));
  const own = snapshot.currenciesById.get(found.currencyId ?? 0)?.code ?? '';
  const mayRepeat = (snapshot.brandsById.get(brandId)?.referencesRepeat ?? 'NEVER') !== 'NEVER';
  const duplicates = await claimReferences(
    app,
    principal,
    found,
    redemptions.map(({ line, reference }) => ({ line, reference: mayRepeat ? null : reference })),
  );
  const decided = new Map<unknown, EntryResult>();
  const asked: { row: RedemptionRow; command: SpendPoints }[] = [];
  for (const row of redemptions) {
    const duplicate = duplicates.get(row.line);
    if (duplicate) decided.set(row, { is: 'rejected', error: duplicate });
    else if (row.currency !== null && !snapshot.currenciesByCode.has(row.currency))
      decided.set(row, { is: 'rejected', error: lineError(row.line, 'currency', 'UNKNOWN_CURRENCY', 'There is no points currency with this code.', true) });
    else asked.push({ row, command: row.command({ currency: row.currency ?? own, idempotencyKey: keyOf(row), dryRun: found.dryRun }) });
  }
  const book = (commands: readonly SpendPoints[]) => redeemMany(app, principal, commands, () => 'input');
  await bookLines(
    asked,
    {
      book,
      // What this very import booked before it was interrupted is its own.
      booked: (row, { points, duplicate }) => (duplicate && !stored.has(postingId(brandId, keyOf(row))) ? { is: 'repeated' } : { is: 'imported', points }),
      inItsField: (row, error) => (error.code === 'UNKNOWN_MEMBER' ? { ...error, field: row.member.byCustomer ? 'customerId' : 'identifier' } : error),
    },
    decided,
  );
  const results = new Map(fresh.map((each, at) => [each, resultOf(read[at], decided)]));
  return endBatch(app, principal, found, { sent, results, enrolled: 0, bytesDone });
}

function isRow(read: RedemptionRow | LineError): read is RedemptionRow {
  return 'command' in read;
}

function resultOf(read: RedemptionRow | LineError, decided: ReadonlyMap<unknown, EntryResult>): EntryResult {
  if (!isRow(read)) return { is: 'rejected', error: read };
  const result = decided.get(read);
  if (!result) throw new Error(`line ${read.line} was neither imported nor refused`);
  return result;
}
