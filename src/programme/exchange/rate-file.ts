import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { MAX_POINTS } from '../../ledger/points/amount';
import { parseDecimal } from '../../ledger/points/decimal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { itemAt } from '../../platform/one-of';
import { count, optional, text } from '../../platform/refusal-fields';

/** What is refused of a file of rates. */
export const rateFileRefusals = refusals(
  defineRefusal('RATE_FILE_WRONG', {
    description: 'The file is wrong in one place; nothing of it was taken.',
    retrySafe: false,
    fields: {
      line: count('Which line, counted from 1; the names of the columns are line 1.'),
      column: optional(text('Which column; null when it is the line as a whole.')),
    },
    discloses: 'NOBODY',
    message: ({ line, column }, { what }: { what: string }) => `Line ${line}${column ? `, column ${column}` : ''}: ${what} Nothing was changed.`,
  }),
);

/** One route as a line of the file says it; what is left out is null. Amounts in smallest units. */
export interface RouteLine {
  /** Counts from 1; the heading is line 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly increment: bigint;
  readonly minimum: bigint;
  readonly dailyMaximum: bigint | null;
  readonly fee: bigint;
  readonly blockSize: bigint | null;
  readonly blockBonus: bigint | null;
  /** Micro-units per whole source point. */
  readonly transferPrice: bigint;
  /** Day or instant as it stands there. */
  readonly effectiveFrom: string | null;
  readonly effectiveUntil: string | null;
}

const REQUIRED = ['from', 'to', 'ratio_num_to', 'ratio_den_from', 'increment_from'] as const;
const OPTIONAL = [
  'bonus_to_per_block',
  'block_from',
  'minimum_from',
  'daily_maximum_from',
  'fee_from',
  'transfer_price',
  'effective_from',
  'effective_until',
] as const;
/** For people. */
const PASSED_OVER = ['transfer_days', 'note'];

/** Columns that a file of routes may have. */
export const RATE_COLUMNS_OF_FILE: readonly string[] = [...REQUIRED, ...OPTIONAL, ...PASSED_OVER];
export const MOST_ROUTES = 2_000;
export const LONGEST_FILE = 500_000;

const WHOLE = 'write a whole number of at most 16 digits, without sign, point or separators.';
const whole = (least: bigint) =>
  z
    .string()
    .regex(/^\d{1,16}$/, WHOLE)
    .transform(BigInt)
    .refine((value) => value >= least && value <= MAX_POINTS, `write a whole number from ${least} to ${MAX_POINTS}.`);
const given = (column: string) => z.string({ error: `${column} is missing.` });
const name = (column: string) => given(column).max(100, 'a name has at most 100 characters.');
const price = z.string().transform((text, context) => {
  const value = parseDecimal(text, 6);
  if (value !== null && value >= 0n && value <= MAX_POINTS) return value;
  context.addIssue({ code: 'custom', message: 'write an amount of money with at most six decimals, such as 0.008.' });
  return z.NEVER;
});

const cells = z.object({
  from: name('from'),
  to: name('to'),
  ratio_num_to: given('ratio_num_to').pipe(whole(1n)),
  ratio_den_from: given('ratio_den_from').pipe(whole(1n)),
  increment_from: given('increment_from').pipe(whole(1n)),
  bonus_to_per_block: whole(1n).optional(),
  block_from: whole(1n).optional(),
  minimum_from: whole(1n).optional(),
  daily_maximum_from: whole(1n).optional(),
  fee_from: whole(0n).optional(),
  transfer_price: price.optional(),
  effective_from: z.string().optional(),
  effective_until: z.string().optional(),
});

/**
 * Reads a CSV of routes, all of it or nothing. Throws RATE_FILE_WRONG with the line and column of the first thing that
 * is wrong.
 */
export function readRateFile(csv: string): RouteLine[] {
  const [heading, ...records] = readRecords(csv);
  if (!heading)
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: 1, column: null, what: 'the file is empty: it begins with the names of its columns.' });
  const columns = heading.record.map((each) => each.trim());
  for (const [at, column] of columns.entries()) {
    if (!RATE_COLUMNS_OF_FILE.includes(column))
      throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: heading.line, column: column.slice(0, 100), what: 'there is no such column.' });
    if (columns.indexOf(column) !== at) throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: heading.line, column, what: 'this column is there twice.' });
  }
  const missing = REQUIRED.find((column) => !columns.includes(column));
  if (missing) throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: heading.line, column: missing, what: 'this column is missing.' });
  if (records.length === 0)
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: heading.line, column: null, what: 'no route follows the names of the columns.' });
  const beyond = records[MOST_ROUTES];
  if (beyond) throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: beyond.line, column: null, what: `a file has at most ${MOST_ROUTES} routes.` });
  return records.map(({ record, line }) => readRoute(columns, record, line));
}

function readRecords(csv: string): { record: string[]; line: number }[] {
  try {
    // A record's line is where it begins: one that a quote lets run over several lines ends elsewhere.
    let begins = 1;
    const records: { record: string[]; line: number }[] = [];
    parse(csv, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: false,
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record(record: string[], { lines }) {
        if (record.length > 1 || record[0]?.trim() !== '') records.push({ record, line: begins });
        begins = Math.max(lines, begins) + 1;
        return record;
      },
    });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Those before it could be read; a quote that is never closed runs to the end of the file.
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line: Number(error.records ?? 0) + 1, column: null, what: 'this is not CSV: look at its quotes.' });
  }
}

function readRoute(columns: readonly string[], record: readonly string[], line: number): RouteLine {
  if (record.length !== columns.length)
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column: null, what: `there are ${record.length} cells, and ${columns.length} columns.` });
  const named = columns.map((column, at) => [column, itemAt(record, at).trim()] as const);
  const filled = Object.fromEntries(named.filter(([, cell]) => cell !== ''));
  const parsed = cells.safeParse(filled);
  if (!parsed.success) {
    const { path, message } = itemAt(parsed.error.issues, 0);
    throw rateFileRefusals.refuse('RATE_FILE_WRONG', { line, column: String(path[0]), what: message });
  }
  const row = parsed.data;
  return {
    line,
    from: row.from,
    to: row.to,
    numerator: row.ratio_num_to,
    denominator: row.ratio_den_from,
    increment: row.increment_from,
    minimum: row.minimum_from ?? row.increment_from,
    dailyMaximum: row.daily_maximum_from ?? null,
    fee: row.fee_from ?? 0n,
    blockSize: row.block_from ?? null,
    blockBonus: row.bonus_to_per_block ?? null,
    transferPrice: row.transfer_price ?? 0n,
    effectiveFrom: row.effective_from ?? null,
    effectiveUntil: row.effective_until ?? null,
  };
}
