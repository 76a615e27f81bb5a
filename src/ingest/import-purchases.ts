import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import type { RecordPurchase } from '../earning/purchase-command';
import { recordPurchases } from '../earning/record-purchases';
import type { Uuid } from '../ids';
import { findPostings } from '../ledger/find-posting';
import { postingId } from '../ledger/idempotency';
import { beginBatch, claimReferences, type EntryResult, endBatch, type ImportedBatch } from './import-batch';
import { type LineError, lineError, thrownForLine } from './line-error';
import { type PurchaseRow, readPurchaseRow, type SentPurchase } from './purchase-row';

export interface ImportPurchases {
  readonly importId: Uuid;
  /** In the file's order, at most MOST_ROWS. */
  readonly rows: readonly SentPurchase[];
  readonly bytesDone: bigint | null;
}

/** Baskets that go to the ledger together, as in one recordPurchases. */
const AT_ONCE = 100;

/**
 * Records the next purchases of a file: the same purchases that recordPurchases records, and may be sent again like them. Throws as importOpenings does.
 */
export async function importPurchases(app: App, principal: Principal, { importId, rows, bytesDone }: ImportPurchases): Promise<ImportedBatch> {
  const { brandId, found, fresh } = await beginBatch(app, principal, 'PURCHASES', importId, rows);
  const read = fresh.map(readPurchaseRow);
  const purchases = read.filter(isPurchase);
  const duplicates = await claimReferences(app, principal, found, purchases);
  const keyOf = ({ reference, line }: PurchaseRow) => (reference === null ? `import ${importId} ${line}` : `file ${reference}`);
  const { currencies, stored, own } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { currenciesById, currenciesByCode } = await app.coalition.snapshot(client);
    const ids = purchases.map((row) => postingId(brandId, keyOf(row)));
    return { currencies: currenciesByCode, stored: await findPostings(client, ids), own: currenciesById.get(found.currencyId)?.code ?? '' };
  });
  const decided = new Map<PurchaseRow, EntryResult>();
  const asked: { row: PurchaseRow; command: RecordPurchase }[] = [];
  for (const row of purchases) {
    const duplicate = duplicates.get(row.line);
    if (duplicate) decided.set(row, { is: 'rejected', error: duplicate });
    else if (row.currency !== null && !currencies.has(row.currency))
      decided.set(row, { is: 'rejected', error: lineError(row.line, 'currency', 'UNKNOWN_CURRENCY', 'There is no points currency with this code.') });
    else asked.push({ row, command: row.command({ currency: row.currency ?? own, idempotencyKey: keyOf(row), dryRun: found.dryRun }) });
  }
  const given: unknown[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const part = asked.slice(at, at + AT_ONCE);
    const results = await recordPurchases(
      app,
      principal,
      part.map(({ command }) => command),
    );
    results.forEach((result, i) => {
      const { row } = part[i];
      if (result.status === 'fulfilled') {
        const before = stored.get(postingId(brandId, keyOf(row)));
        // What this very import booked before it was interrupted is its own.
        const repeated = before !== undefined && before.outcome.recordedAt < found.startedAt.getTime();
        decided.set(row, repeated ? { is: 'repeated' } : { is: 'imported', points: result.value.points });
      } else if (isOfNoLine(result.reason)) given.push(result.reason);
      else decided.set(row, { is: 'rejected', error: unknownMember(row, thrownForLine(row.line, result.reason)) });
    });
  }
  // The batch is given up for what a repetition may not meet; what is booked is found again then.
  if (given.length > 0) throw given[0];
  const results = new Map(fresh.map((each, at) => [each, resultAt(read[at], decided)]));
  return endBatch(app, principal, found, { results, enrolled: 0, bytesDone });
}

function isPurchase(read: PurchaseRow | LineError): read is PurchaseRow {
  return 'command' in read;
}

function isOfNoLine(reason: unknown): boolean {
  try {
    thrownForLine(0, reason);
    return false;
  } catch {
    return true;
  }
}

function unknownMember(row: PurchaseRow, error: LineError): LineError {
  if (error.code !== 'NOT_FOUND') return error;
  const field = row.member.byCustomer ? 'customerId' : 'identifier';
  return lineError(row.line, field, 'UNKNOWN_MEMBER', 'No member of yours has this name. Enrol the member first, or correct it.');
}

function resultAt(read: PurchaseRow | LineError, decided: ReadonlyMap<PurchaseRow, EntryResult>): EntryResult {
  if (!isPurchase(read)) return { is: 'rejected', error: read };
  const result = decided.get(read);
  if (!result) throw new Error(`line ${read.line} was neither imported nor refused`);
  return result;
}
