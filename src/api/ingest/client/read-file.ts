import { parse } from 'csv-parse/sync';
import { itemAt } from '../../../platform/one-of';
import { type CsvText, csvRecords } from './csv-records';
import { readLines, type TextLine, UnusableFile } from './file-text';
import { readJsonLine } from './json-line';

/** A line of a file, or what is wrong with it. */
export interface FileRecord {
  /** Counts from 1; the heading of a CSV file is line 1. Of a record over several lines: the first. */
  readonly line: number;
  readonly lastLine: number;
  /** Where it ends: bytes of the unpacked file so far, about. */
  readonly end: number;
  /** Text as it stands there, by the file's own names; of NDJSON also lists and objects. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly unreadable: string | null;
}

export type FileFormat = 'csv' | 'ndjson';

export interface FileToRead {
  readonly path: string;
  readonly format: FileFormat;
  /** null: UTF-8, or UTF-16 by its mark. */
  readonly encoding: string | null;
}

export function formatOf(name: string): FileFormat {
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(name) ? 'ndjson' : 'csv';
}

/** The name that a column or field is known by, or null. */
export type NameOf = (name: string) => string | null;

/**
 * The records of a file, from its beginning to its end, never all of it in memory; what ends in .gz is unpacked on the
 * way.
 */
export function readRecords({ path, format, encoding }: FileToRead, nameOf: NameOf): AsyncIterable<FileRecord> {
  const lines = readLines(path, encoding);
  return format === 'csv' ? readCsv(lines, nameOf) : readNdjson(lines, nameOf);
}

/** What a line is was decided before: the library must not find other ends in it. */
const CSV = { record_delimiter: '\n', relax_column_count: true } as const;

/** How many records are parsed in one go. */
const TOGETHER = 256;

async function* readCsv(lines: AsyncGenerator<TextLine>, nameOf: NameOf): AsyncGenerator<FileRecord> {
  const heading = await firstLine(lines);
  const delimiter = delimiterOf(heading);
  const names = headingOf(heading, delimiter, nameOf);
  let waiting: CsvText[] = [];
  const parsed = () => {
    const records = toRecords(waiting, delimiter, names);
    waiting = [];
    return records;
  };
  for await (const record of csvRecords(lines, delimiter)) {
    waiting.push(record);
    if (waiting.length >= TOGETHER) yield* parsed();
  }
  yield* parsed();
}

async function firstLine(lines: AsyncGenerator<TextLine>): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new UnusableFile('The file is empty: its first line names the columns.');
    if (value.text === null) throw new UnusableFile(`The first line names the columns. ${value.unreadable}`);
    if (value.text.includes('\r'))
      throw new UnusableFile(
        'The lines of this file end in carriage returns (CR) alone, the first of them at least. Save it with lines that end in LF or CRLF.',
      );
    if (value.text.trim() !== '') return value.text;
  }
}

function toRecords(texts: readonly CsvText[], delimiter: string, names: readonly (string | null)[]): FileRecord[] {
  const sound = texts.flatMap(({ text }) => text ?? []);
  // A record of one empty cell would be none to the library: those are left out before.
  const cells: string[][] = parse(sound.join('\n'), { ...CSV, delimiter, skip_empty_lines: true });
  if (cells.length !== sound.length) throw new Error(`${sound.length} records were read as ${cells.length}`);
  let at = 0;
  return texts.flatMap(({ line, lastLine, end, text, unreadable }) => {
    const place = { line, lastLine, end };
    if (text === null) return { ...place, values: {}, unreadable };
    const record = itemAt(cells, at++);
    // A row of separators, as spreadsheets write them, is no more than an empty line.
    if (record.every((cell) => cell.trim() === '')) return [];
    if (text.includes('\r'))
      return { ...place, values: {}, unreadable: 'A carriage return stands within the line. End each line with a line feed (LF or CRLF).' };
    if (record.length === names.length) return { ...place, values: valuesOf(names, record), unreadable: null };
    const where = lastLine > line ? `Lines ${line} to ${lastLine} were read as one: ` : '';
    const told = `${where}The line has ${record.length} columns, the heading ${names.length}. Is a quote or a separator missing?`;
    return { ...place, values: {}, unreadable: told };
  });
}

function valuesOf(names: readonly (string | null)[], record: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name, at) => (name === null ? [] : [[name, itemAt(record, at)]])));
}

function headingOf(text: string, delimiter: string, nameOf: NameOf): (string | null)[] {
  let record: string[];
  try {
    const records: string[][] = parse(text, { ...CSV, delimiter });
    record = itemAt(records, 0);
  } catch {
    throw new UnusableFile('The first line names the columns, and its quotes do not match.');
  }
  const names = record.map((name) => {
    const known = nameOf(name);
    if (known === null && name.trim() !== '')
      throw new UnusableFile(`The column "${name.trim().slice(0, 100)}" means nothing here. Correct its name or leave it out.`);
    return known;
  });
  const twice = names.find((name, at) => name !== null && names.indexOf(name) !== at);
  if (twice) throw new UnusableFile(`The column "${twice}" is there twice.`);
  return names;
}

/** What separates the heading's columns. */
function delimiterOf(heading: string): string {
  const marks = [',', ';', '\t'].map((mark) => ({ mark, count: heading.split(mark).length }));
  return itemAt(
    marks.sort((a, b) => b.count - a.count),
    0,
  ).mark;
}

async function* readNdjson(lines: AsyncIterable<TextLine>, nameOf: NameOf): AsyncGenerator<FileRecord> {
  for await (const { line, text, unreadable, end } of lines) {
    const place = { line, lastLine: line, end };
    if (text === null) yield { ...place, values: {}, unreadable };
    else if (text.trim() !== '') yield { ...place, ...jsonRecord(text, nameOf) };
  }
}

type Content = Pick<FileRecord, 'values' | 'unreadable'>;

function unreadable(why: string): Content {
  return { values: {}, unreadable: why };
}

function jsonRecord(content: string, nameOf: NameOf): Content {
  const { value, unreadable: why } = readJsonLine(content);
  if (why !== null) return unreadable(why);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return unreadable('The line is no JSON object.');
  const values: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const known = nameOf(name);
    if (known === null) return unreadable(`The field "${name.slice(0, 100)}" means nothing here.`);
    if (known in values) return unreadable(`The field "${known}" is there twice.`);
    values[known] = each;
  }
  return { values, unreadable: null };
}
