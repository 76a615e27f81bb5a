import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import type { CoalitionSnapshot } from '../coalition/coalition-snapshot';
import type { ReferencesRepeat } from '../coalition/references-repeat';
import type { RecordPurchase } from '../earning/purchase-command';
import { recordPurchases } from '../earning/record-purchases';
import type { Uuid } from '../ids';
import { findPostings } from '../ledger/find-posting';
import { contentHash, postingId } from '../ledger/idempotency';
import { dayOf, dayToIso } from '../points/calendar';
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
  const { snapshot, own, stored } = await app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const coalition = await app.coalition.snapshot(client);
    const currency = coalition.currenciesById.get(found.currencyId ?? 0)?.code ?? '';
    const ids = purchases.flatMap((row) => keysOf(importId, currency, row)).map((key) => postingId(brandId, key));
    return { snapshot: coalition, own: currency, stored: await findPostings(client, ids) };
  });
  const repeat = snapshot.brandsById.get(brandId)?.referencesRepeat ?? 'NEVER';
  const storedUnder = (key: string) => stored.get(postingId(brandId, key));
  const keyOf = (row: PurchaseRow) => {
    const [ofLine, ofContent, before] = keysOf(importId, own, row);
    const booked = [ofLine, ofContent, before].find((key) => storedUnder(key)?.outcome.answer);
    return booked ?? (repeat === 'ANY' && row.reference !== null ? ofContent : ofLine);
  };
  const duplicates = await claimReferences(app, principal, found, namedOnce(snapshot, repeat, own, purchases, app.clock.now()));
  const decided = new Map<PurchaseRow, EntryResult>();
  const asked: { row: PurchaseRow; command: RecordPurchase }[] = [];
  for (const row of purchases) {
    const duplicate = duplicates.get(row.line);
    if (duplicate) decided.set(row, { is: 'rejected', error: duplicate });
    else if (row.currency !== null && !snapshot.currenciesByCode.has(row.currency))
      decided.set(row, { is: 'rejected', error: lineError(row.line, 'currency', 'UNKNOWN_CURRENCY', 'There is no points currency with this code.', true) });
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
        const before = storedUnder(keyOf(row));
        // What this very import booked before it was interrupted is its own.
        const repeated = result.value.byReference || (before !== undefined && before.outcome.recordedAt < found.startedAt.getTime());
        const made = { purchaseId: result.value.dryRun ? null : result.value.purchaseId, memberId: null };
        decided.set(row, repeated ? { is: 'repeated', made } : { is: 'imported', points: result.value.points, made });
      } else if (isOfNoLine(result.reason)) given.push(result.reason);
      else decided.set(row, { is: 'rejected', error: inItsField(row, thrownForLine(row.line, result.reason)) });
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

/**
 * The keys that a purchase of a file may be booked under: its line's, since a reference is an outcome's only once it is booked; where references repeat,
 * so that only the whole line tells, its content's; and the one of before, whose refusals do not bind.
 */
function keysOf(importId: Uuid, own: string, row: PurchaseRow): [ofLine: string, ofContent: string, before: string] {
  const { idempotencyKey: _key, dryRun: _dryRun, ...content } = row.command({ currency: row.currency ?? own, idempotencyKey: '', dryRun: false });
  return [
    `line ${importId} ${row.line}`,
    `content ${contentHash('FILE_PURCHASE', content).toString('hex')}`,
    row.reference === null ? `import ${importId} ${row.line}` : `file ${row.reference}`,
  ];
}

/** What may stand in the file once: references that do not repeat, of each local day if they do so daily. */
function namedOnce(
  { currenciesByCode }: CoalitionSnapshot,
  repeat: ReferencesRepeat,
  own: string,
  rows: readonly PurchaseRow[],
  now: Date,
): { readonly line: number; readonly reference: string | null }[] {
  return rows.map((row) => {
    const { line, reference } = row;
    if (reference === null || repeat === 'ANY') return { line, reference: null };
    if (repeat === 'NEVER') return { line, reference };
    const timeZone = currenciesByCode.get(row.currency ?? own)?.timeZone ?? 'UTC';
    return { line, reference: `${reference}\n${dayToIso(dayOf(row.occurredAt ?? now, timeZone))}` };
  });
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

function resultAt(read: PurchaseRow | LineError, decided: ReadonlyMap<PurchaseRow, EntryResult>): EntryResult {
  if (!isPurchase(read)) return { is: 'rejected', error: read };
  const result = decided.get(read);
  if (!result) throw new Error(`line ${read.line} was neither imported nor refused`);
  return result;
}
