import { itemAt } from '../../../platform/one-of';
import { MOST_LINES } from '../../../programme/earning/purchase-command';
import type { FileRecord } from './read-file';

/** What a file holds. */
export type FileKind = 'OPENINGS' | 'PURCHASES' | 'REDEMPTIONS' | 'MEMBERS';

/** An entry as the API takes it: a MemberRowInput, OpeningRowInput, PurchaseRowInput or RedemptionRowInput. */
export interface Row {
  readonly line: number;
  readonly lastLine: number;
  /** Where it ends: bytes of the unpacked file so far. */
  readonly end: number;
  readonly input: Readonly<Record<string, unknown>>;
  /** What sending it takes. */
  readonly bytes: number;
}

/** Most bytes that an entry takes in a request; a full basket of the longest names has less. */
const MOST_ROW_BYTES = 800_000;
/** Most characters of a cell. No field has as many; a quote that is closed where another was meant has more. */
const MOST_CELL = 1_000;

const IDENTIFIERS = { card: 'CARD', qr: 'QR', phone: 'PHONE', email: 'EMAIL', walletPass: 'WALLET_PASS' } as const;
const MEMBER = ['customerId', 'identifierKind', 'identifier', ...Object.keys(IDENTIFIERS)];
const MEMBERS = [...MEMBER, 'jurisdiction'];
const OPENING = [...MEMBER, 'currency', 'points', 'expiresOn', 'earnedOn', 'openedOn', 'reference'];
const BASKET = ['sku', 'category', 'quantity', 'unitPrice', 'amount', 'kind', 'tax', 'lineNo'];
const PURCHASE = [...MEMBER, 'currency', 'occurredAt', 'moneyCurrency', 'channel', 'instrument', 'reference', 'returnOf'];
const REDEMPTION = [...MEMBER, 'currency', 'points', 'occurredAt', 'purchaseAmount', 'moneyCurrency', 'channel', 'instrument', 'reference'];

/** What tells whose a line of a basket is. */
const WHOSE = [...MEMBER, 'reference', 'returnOf'];

/** The columns of a CSV file. */
export function columnsOf(kind: FileKind): readonly string[] {
  return { MEMBERS, OPENINGS: OPENING, REDEMPTIONS: REDEMPTION, PURCHASES: [...PURCHASE, ...BASKET] }[kind];
}

/** Columns and fields of a kind of file; capitals, blanks, "_" and "-" in their names do not count. */
export function namesIn(kind: FileKind, format: 'csv' | 'ndjson'): (name: string) => string | null {
  const known = kind === 'PURCHASES' && format === 'ndjson' ? [...PURCHASE, 'lines'] : columnsOf(kind);
  const byName = new Map(known.map((name) => [name.toLowerCase(), name]));
  return (name) => byName.get(name.toLowerCase().replace(/[\s_-]/g, '')) ?? null;
}

/** The entries of a file, each of which can be sent: what is too long for that, or no text, is an error of its line. */
export async function* rowsOf(kind: FileKind, records: AsyncIterable<FileRecord>): AsyncGenerator<Row> {
  for await (const row of kind === 'PURCHASES' ? purchaseRows(records) : singleRows(records)) {
    const bytes = bytesOf(row.input);
    if (bytes <= MOST_ROW_BYTES) yield { ...row, bytes };
    else {
      const { line, lastLine } = row;
      const input = {
        line,
        ...(kind === 'PURCHASES' && { lastLine }),
        unreadable: `This takes ${bytes.toLocaleString('en')} bytes to send: an entry has at most ${MOST_ROW_BYTES.toLocaleString('en')}.`,
      };
      yield { ...row, input, bytes: bytesOf(input) };
    }
  }
}

type UnmeasuredRow = Omit<Row, 'bytes'>;

function bytesOf(input: Row['input']): number {
  return Buffer.byteLength(JSON.stringify(input));
}

/** The record, or what is wrong with one of its cells. */
function checked(record: FileRecord): FileRecord {
  const wrong = wrongCell(record.values);
  if (wrong === null) return record;
  const where = record.lastLine > record.line ? `Lines ${record.line} to ${record.lastLine} were read as one: ` : '';
  return { ...record, values: {}, unreadable: where + wrong };
}

/**
 * What is wrong with a cell whatever it means: a list, or too long, or several lines. Other entries may have been
 * swallowed with those.
 */
function wrongCell(values: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') {
      if (value.length > MOST_CELL) return `The cell "${name}" has more than ${MOST_CELL.toLocaleString('en')} characters. Is a quote missing?`;
      if (value.includes('\n') && value.trim().includes('\n')) return `The cell "${name}" has a line break. Is a quote missing?`;
    } else if (value !== null && typeof value === 'object') {
      if (name !== 'lines') return `The field "${name.slice(0, 100)}" is a list or an object. Write it as text.`;
      for (const each of Array.isArray(value) ? value : []) {
        const wrong = each !== null && typeof each === 'object' ? wrongCell(each) : null;
        if (wrong !== null) return wrong;
      }
    }
  }
  return null;
}

/** A line each. */
async function* singleRows(records: AsyncIterable<FileRecord>): AsyncGenerator<UnmeasuredRow> {
  for await (const record of records) {
    const { line, lastLine, end } = record;
    yield { line, lastLine, end, input: { line, ...inputOf(checked(record)) } };
  }
}

/**
 * NDJSON: a purchase a line. CSV: a line of its basket each; neighbours with the same reference are one purchase. Only
 * a line that can be read ends a basket. One that cannot may be of the basket before it and of the one after it.
 * Neither is sent as if it were whole.
 */
async function* purchaseRows(records: AsyncIterable<FileRecord>): AsyncGenerator<UnmeasuredRow> {
  let open: FileRecord[] = [];
  /** The line before the open basket, or before what comes next, where it cannot be read. */
  let unreadableBefore: number | null = null;
  for await (const read of records) {
    const record = named(checked(read));
    const name = basketOf(record);
    const [first] = open;
    if (first && name !== basketOf(first)) {
      const beside = unreadableBefore ?? (record.unreadable === null ? null : record.line);
      for (const basket of byCurrency(open)) yield toPurchase(basket, beside);
      open = [];
      unreadableBefore = null;
    }
    if (name === null) {
      yield toPurchase([record], null);
      unreadableBefore = record.unreadable === null ? null : record.line;
    } else if (open.length <= MOST_LINES) open.push(record);
    else open[MOST_LINES] = record;
  }
  for (const basket of byCurrency(open)) yield toPurchase(basket, unreadableBefore);
}

/**
 * A receipt may earn in several points currencies, each with its own basket: where every line names its currency, and
 * those of one stand together.
 */
function byCurrency(records: readonly FileRecord[]): FileRecord[][] {
  // Of a basket that is too long its lines are not all here.
  if (records.length > MOST_LINES) return [[...records]];
  const baskets = new Map<string, FileRecord[]>();
  let last = '';
  for (const record of records) {
    const currency = comparable(record.values.currency);
    if (currency === '' || (currency !== last && baskets.has(currency))) return [[...records]];
    last = currency;
    const basket = baskets.get(currency);
    if (basket) basket.push(record);
    else baskets.set(currency, [record]);
  }
  return [...baskets.values()];
}

/** A line that leaves out whose it is may be a further one of the basket beside it. */
function named(record: FileRecord): FileRecord {
  const { values, unreadable } = record;
  if (unreadable !== null || 'lines' in values || WHOSE.some((name) => comparable(values[name]) !== '')) return record;
  return { ...record, values: {}, unreadable: 'The line names neither a reference nor a member. Write both in each line of a basket.' };
}

/**
 * What the lines of one basket have in common, as the platform compares it; null: the line is no part of a basket of
 * several.
 */
function basketOf({ values, unreadable }: FileRecord): string | null {
  const reference = comparable(values.reference);
  return unreadable !== null || 'lines' in values || reference === '' ? null : `${reference}\n${comparable(values.returnOf)}`;
}

/** Blanks around a cell do not count, nor does how a letter is composed. */
function comparable(value: unknown): string {
  return (textOf(value) ?? '').trim().normalize('NFC');
}

/** `beside`: the line next to these that cannot be read. */
function toPurchase(records: readonly FileRecord[], beside: number | null): UnmeasuredRow {
  const first = itemAt(records, 0);
  const { lastLine, end } = itemAt(records, records.length - 1);
  const place = { line: first.line, lastLine };
  const fail = (unreadable: string): UnmeasuredRow => ({ ...place, end, input: { ...place, unreadable: plain(unreadable) } });
  if (first.unreadable !== null) return fail(first.unreadable);
  if (beside !== null) return fail(`Line ${beside} beside this basket cannot be read, and may be of it. Correct that line, and send the basket again, whole.`);
  if (records.length > MOST_LINES) return fail(`More than ${MOST_LINES} lines have this reference: a basket has no more.`);
  for (const { line, values } of records)
    for (const name of PURCHASE)
      if (values[name] !== first.values[name] && comparable(values[name]) !== comparable(first.values[name]))
        return fail(`Line ${line} has the same reference and another ${name}. Give each purchase its own reference.`);
  const { lines, ...common } = inputOf(first) as { lines?: unknown };
  const basket = 'lines' in first.values ? listOf(lines) : records.map(({ line, values }) => ({ line, ...pick(values, BASKET) }));
  if (basket === null) return fail('The field "lines" is a list of objects with sku, quantity and unitPrice or amount.');
  const input = Object.fromEntries(Object.entries(common).filter(([name]) => !BASKET.includes(name)));
  return { ...place, end, input: { ...place, ...input, lines: basket.map((each) => ({ ...each, line: 'line' in each ? each.line : first.line })) } };
}

function listOf(value: unknown): Record<string, unknown>[] | null {
  if (!Array.isArray(value) || value.length > MOST_LINES) return null;
  if (value.some((each) => each === null || typeof each !== 'object' || Object.keys(each).some((name) => !BASKET.includes(name)))) return null;
  return value.map((each) => pick(each, BASKET));
}

/** Cells as text; columns such as "card" say what kind of identifier they hold. */
function inputOf({ values, unreadable }: FileRecord): Record<string, unknown> {
  if (unreadable !== null) return { unreadable: plain(unreadable) };
  const input: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const text = name === 'lines' ? value : textOf(value);
    if (text === null || text === '') continue;
    if (!(name in IDENTIFIERS)) input[name] = text;
    else if (input.identifier !== undefined) return { unreadable: 'The line has two identifiers. Import the second one with a line of its own.' };
    else Object.assign(input, { identifierKind: IDENTIFIERS[name as keyof typeof IDENTIFIERS], identifier: text });
  }
  return input;
}

/** What may be said of a line: it can quote characters that no text has. */
function plain(text: string): string {
  return text.slice(0, 500).replace(/[\p{Cc}\p{Cs}\uFFFD]/gu, ' ');
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (values[name] == null ? [] : [[name, textOf(values[name])]])));
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
