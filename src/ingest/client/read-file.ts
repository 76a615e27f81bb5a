import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type CsvError, parse } from 'csv-parse';

/** A line of a file, or what is wrong with it. */
export interface FileRecord {
  /** Counts from 1; the heading of a CSV file is line 1. Of a record over several lines: the first. */
  readonly line: number;
  readonly lastLine: number;
  /** Where it ends: bytes of the unpacked file so far. */
  readonly end: number;
  /** Text as it stands there, by the file's own names; of NDJSON also lists and objects. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly unreadable: string | null;
}

export type FileFormat = 'csv' | 'ndjson';

/** A heading that cannot be what was meant; nothing was sent. */
export class UnusableFile extends Error {}

/** Longest record: what is longer is a quote that nobody closed. */
const LONGEST_RECORD = 1_000_000;

export function formatOf(name: string): FileFormat {
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(name) ? 'ndjson' : 'csv';
}

/**
 * The lines of a file, from its beginning to its end, never all of it in memory; what ends in .gz is unpacked on the way. `nameOf` gives the name that
 * a column or field is known by, or null.
 */
export function readRecords(path: string, format: FileFormat, nameOf: (name: string) => string | null): AsyncIterable<FileRecord> {
  const text = unpacked(path);
  return format === 'csv' ? readCsv(text, nameOf) : readNdjson(text, nameOf);
}

/** Which file it is, and how long: the hash of what is on disk, and the bytes that it unpacks to. */
export async function measureFile(path: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  let bytes = 0;
  if (isPacked(path)) for await (const chunk of unpacked(path)) bytes += (chunk as Buffer).length;
  else ({ size: bytes } = await stat(path));
  return { sha256: hash.digest('hex'), bytes };
}

function isPacked(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

function unpacked(path: string): Readable {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const text = isPacked(path) ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => text.destroy(error));
  return text;
}

async function* readCsv(text: Readable, nameOf: (name: string) => string | null): AsyncGenerator<FileRecord> {
  const first = await firstBytes(text);
  const skipped: FileRecord[] = [];
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(first),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST_RECORD,
  });
  parser.on('skip', (error: CsvError) => {
    const line = Number(error.lines ?? 0);
    skipped.push({
      line,
      lastLine: line,
      end: Number(error.bytes ?? 0),
      values: {},
      unreadable: `This line is no CSV: ${error.message.split('\n')[0].slice(0, 200)}`,
    });
  });
  text.on('error', (error) => parser.destroy(error));
  text.pipe(parser);
  let names: (string | null)[] | null = null;
  let before = 0;
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number; bytes: number } }>) {
    const { lines: lastLine, bytes: end } = info;
    const line = Math.max(before + 1, lastLine - record.reduce((breaks, cell) => breaks + (cell.match(/\n/g)?.length ?? 0), 0));
    while (skipped.length > 0 && skipped[0].line < line) yield skipped.shift() as FileRecord;
    before = lastLine;
    if (names === null) names = headingOf(record, nameOf);
    else if (record.length === names.length) yield { line, lastLine, end, values: valuesOf(names, record), unreadable: null };
    else
      yield {
        line,
        lastLine,
        end,
        values: {},
        unreadable: `The line has ${record.length} columns, the heading ${names.length}. Is a quote or a separator missing?`,
      };
  }
  if (names === null) throw new UnusableFile('The file is empty: its first line names the columns.');
  yield* skipped;
}

function valuesOf(names: readonly (string | null)[], record: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name, at) => (name === null ? [] : [[name, record[at]]])));
}

function headingOf(record: readonly string[], nameOf: (name: string) => string | null): (string | null)[] {
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
function delimiterOf(first: string): string {
  const heading = first.split(/\r?\n/, 1)[0];
  return [',', ';', '\t'].map((mark) => ({ mark, count: heading.split(mark).length })).sort((a, b) => b.count - a.count)[0].mark;
}

/** Looks at the beginning of a stream and puts it back. */
async function firstBytes(text: Readable): Promise<string> {
  const chunk: Buffer | null = await new Promise((found, failed) => {
    const look = () => {
      const read = text.read();
      if (read === null && !text.readableEnded) return;
      stop();
      found(read);
    };
    const end = () => {
      stop();
      found(null);
    };
    const fail = (error: Error) => {
      stop();
      failed(error);
    };
    const stop = () => text.off('readable', look).off('end', end).off('error', fail);
    text.on('readable', look).on('end', end).on('error', fail);
  });
  if (chunk === null) return '';
  text.unshift(chunk);
  return chunk.toString('utf8', 0, 4_096);
}

async function* readNdjson(text: Readable, nameOf: (name: string) => string | null): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const { content, tooLong, end } of linesOf(text)) {
    line++;
    const place = { line, lastLine: line, end };
    if (tooLong) yield { ...place, values: {}, unreadable: `The line is longer than ${LONGEST_RECORD} bytes.` };
    else if (content.trim() !== '') yield { ...place, ...jsonRecord(content, nameOf) };
  }
}

type Content = Pick<FileRecord, 'values' | 'unreadable'>;

function unreadable(why: string): Content {
  return { values: {}, unreadable: why };
}

function jsonRecord(content: string, nameOf: (name: string) => string | null): Content {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return unreadable('The line is no JSON.');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return unreadable('The line is no JSON object.');
  const values: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const known = nameOf(name);
    if (known === null) return unreadable(`The field "${name.slice(0, 100)}" means nothing here.`);
    values[known] = each;
  }
  return { values, unreadable: null };
}

/** Splits into lines; of one that is too long only that is kept. */
async function* linesOf(text: Readable): AsyncGenerator<{ content: string; tooLong: boolean; end: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let before = 0;
  const take = () => {
    const tooLong = length > LONGEST_RECORD;
    const content = tooLong ? '' : Buffer.concat(parts).toString('utf8');
    parts = [];
    length = 0;
    return { content: content.replace(/^\uFEFF/, ''), tooLong, end: before };
  };
  for await (const chunk of text as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      length += end - from;
      before += length + 1;
      from = end + 1;
      yield take();
    }
    length += chunk.length - from;
    if (length > LONGEST_RECORD) parts = [];
    else parts.push(chunk.subarray(from));
  }
  before += length;
  if (length > 0) yield take();
}
