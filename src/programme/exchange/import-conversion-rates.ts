import { z } from 'zod';
import type { App } from '../../app';
import { requireOperator } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../../coalition/access/record-change';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { currencyCode, dryRun, plainText } from '../../ledger/ledger/request-fields';
import { dayFromIso, dayStart } from '../../ledger/points/calendar';
import { refusingBy } from '../../platform/database/constraint-refusal';
import type { Tx } from '../../platform/database/transaction';
import { refusals } from '../../platform/define-refusal';
import { derivedUuid, newUuid } from '../../platform/ids';
import { itemAt, only } from '../../platform/one-of';
import { CannotMerge, mergeRates } from './merge-rates';
import { checkRate, rateFields, transferPriceProblem } from './rate-content';
import { LONGEST_FILE, MOST_ROUTES, type RouteLine, rateFileRefusals, readRateFile } from './rate-file';
import { endRateAt, insertRate, lockRates, type NewRate, newRate, rateSetRefusals, readLiveRates, refuseProfit } from './rate-set';

/** What is refused of a file of rates. */
export const importConversionRatesRefusals = refusals(keyRefusals, rateFileRefusals, rateSetRefusals);

export const importConversionRatesSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  csv: z.string().min(1, 'The file is empty.').max(LONGEST_FILE, `A file has at most ${LONGEST_FILE} characters.`),
  effectiveFrom: z.date().nullish(),
  currencies: z
    .array(z.object({ name: plainText(100), code: currencyCode }))
    .max(MOST_ROUTES)
    .default([]),
  dryRun,
  reason: reasonSchema,
});
export type ImportConversionRates = z.output<typeof importConversionRatesSchema>;

/** What became of a file of routes. */
export interface ImportedRates {
  /** Rates stored; of these, how many ended an earlier rate of their direction. */
  readonly added: number;
  readonly replaced: number;
  /** Routes whose rate says so already. */
  readonly unchanged: number;
  readonly dryRun: boolean;
}

/**
 * Stores the rates of a CSV of routes (see readRateFile), all of them or none. Each begins at its own effective_from or
 * at the one given, and ends the rate that its direction has then. A file that was taken before changes nothing.
 * Refuses as importConversionRatesRefusals lists.
 */
export async function importConversionRates(app: App, principal: Principal, command: ImportConversionRates): Promise<ImportedRates> {
  requireOperator(principal, ['PROGRAMME_MANAGER']);
  const { idempotencyKey, reason, dryRun, ...content } = command;
  const lines = readRateFile(command.csv);
  return refusingBy({ conversion_rate_no_overlap: () => rateSetRefusals.refuse('CONVERSION_RATE_OVERLAP') }, async () => {
    if (dryRun) return look(app, principal, command, lines);
    const details: Record<string, number> = {};
    const request = { operation: 'importConversionRates', idempotencyKey, reason, content, details };
    const { target } = await createOnce(app, principal, request, async (tx) => {
      Object.assign(details, await store(app, tx, command, lines));
      return newUuid();
    });
    return { ...(await readImport(app, principal, idempotencyKey, target)), dryRun };
  });
}

class Looked extends Error {
  constructor(readonly result: Omit<ImportedRates, 'dryRun'>) {
    super('nothing is written by looking');
  }
}

/** What the import would do: done, and rolled back. */
async function look(app: App, principal: Principal, command: ImportConversionRates, lines: readonly RouteLine[]): Promise<ImportedRates> {
  try {
    return await app.database.transaction(databasePrincipal(principal), async (tx) => {
      throw new Looked(await store(app, tx, command, lines));
    });
  } catch (error) {
    if (error instanceof Looked) return { ...error.result, dryRun: true };
    throw error;
  }
}

async function store(app: App, { client }: Tx, command: ImportConversionRates, lines: readonly RouteLine[]): Promise<Omit<ImportedRates, 'dryRun'>> {
  const now = app.clock.now();
  const snapshot = await app.coalition.snapshot(client);
  const codes = new Map(command.currencies.map(({ name, code }) => [name, code]));
  const wanted = lines.map((line) => toRate(line, snapshot, codes, command.effectiveFrom ?? now));
  await lockRates(client);
  const merge = merged(await readLiveRates(client, earliest(wanted, now)), wanted, lines, now);
  for (const { id, endsAt } of merge.ended) await endRateAt(client, id, endsAt);
  for (const rate of merge.added) {
    refuseProfit(
      merge.all.filter((other) => other !== rate),
      rate,
      now,
      snapshot,
    );
    await insertRate(client, rate, now);
  }
  return { added: merge.added.length, replaced: merge.ended.length, unchanged: merge.unchanged };
}

/** A route taken before may have begun before now: it is looked for among the rates of its time. */
function earliest(wanted: readonly NewRate[], now: Date): Date {
  return new Date(Math.min(now.getTime(), ...wanted.map((rate) => rate.effectiveFrom.getTime())));
}

function merged(live: Parameters<typeof mergeRates>[0], wanted: readonly NewRate[], lines: readonly RouteLine[], now: Date): ReturnType<typeof mergeRates> {
  try {
    return mergeRates(live, wanted, now);
  } catch (error) {
    if (error instanceof CannotMerge)
      throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: itemAt(lines, error.at).line, column: 'effective_from', what: error.why });
    throw error;
  }
}

const rateSchema = z.object(rateFields).superRefine(checkRate);
/** How the file calls what the schema names. */
const COLUMN_OF: Readonly<Record<string, string>> = {
  fromCurrency: 'from',
  toCurrency: 'to',
  minimum: 'minimum_from',
  increment: 'increment_from',
  dailyMaximum: 'daily_maximum_from',
  blockBonus: 'bonus_to_per_block',
  effectiveUntil: 'effective_until',
};

function toRate(row: RouteLine, { currenciesByCode }: CoalitionSnapshot, codes: ReadonlyMap<string, string>, begins: Date): NewRate {
  const { line, effectiveFrom, effectiveUntil, ...figures } = row;
  const currency = (column: 'from' | 'to'): PointCurrency => {
    const found = currenciesByCode.get(codes.get(row[column]) ?? row[column]);
    if (found) return found;
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column, what: 'no points currency has this name: give its code in the mapping of currencies.' });
  };
  const [from, to] = [currency('from'), currency('to')];
  const instant = (column: 'effective_from' | 'effective_until', text: string) => readInstant(text, from.timeZone) ?? wrongTime(line, column);
  const parsed = rateSchema.safeParse({
    ...figures,
    fromCurrency: from.code,
    toCurrency: to.code,
    effectiveFrom: effectiveFrom === null ? begins : instant('effective_from', effectiveFrom),
    effectiveUntil: effectiveUntil === null ? null : instant('effective_until', effectiveUntil),
  });
  const problem = parsed.success ? transferPriceProblem(parsed.data.transferPrice ?? 0n, from) : null;
  if (problem) throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column: 'transfer_price', what: problem });
  if (parsed.success) return newRate(parsed.data, from.id, to.id);
  const { path, message } = itemAt(parsed.error.issues, 0);
  throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column: COLUMN_OF[String(path[0])] ?? null, what: message });
}

function wrongTime(line: number, column: string): never {
  throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column, what: 'write a day as 2026-07-01, or an instant as 2026-07-01T12:00:00Z.' });
}

/** An instant with its offset, or the beginning of a day in the time zone; null for anything else. */
function readInstant(text: string, timeZone: string): Date | null {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/.exec(text) ?? [];
  if (day === undefined) return null;
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day) || Number(text.slice(0, 4)) < 1970) return null;
  return time ? new Date(text) : dayStart(dayFromIso(day), timeZone);
}

/** What the import with this key did, whichever request it was. */
async function readImport(app: App, principal: Principal, idempotencyKey: string, target: string): Promise<Omit<ImportedRates, 'dryRun'>> {
  const { rows } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query<{ details: Omit<ImportedRates, 'dryRun'> }>('SELECT details FROM audit_entry WHERE id = $1 AND target_id = $2', [
      derivedUuid('change', principal.brandId ?? '', idempotencyKey),
      target,
    ]),
  );
  const { added, replaced, unchanged } = only(rows).details;
  return { added, replaced, unchanged };
}
