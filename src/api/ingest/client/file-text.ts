import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Nothing of the file can be used; nothing was sent. */
export class UnusableFile extends Error {}

/** Longest line, and longest record of several: what is longer is a quote that nobody closed, or no text. */
export const LONGEST_RECORD = 1_000_000;

/** A line as it stands in the file. */
export interface TextLine {
  /** Counts from 1. */
  readonly line: number;
  /** Without its end; null where it cannot be read. */
  readonly text: string | null;
  /** Why it cannot be read, and what to do. */
  readonly unreadable: string | null;
  /** Where it ends: bytes of the unpacked file so far, about. */
  readonly end: number;
}

/** Most bytes that tell how a file begins. */
const BEGINNING_BYTES = 4_096;

/**
 * Which file it is, and how long: the hash of what is on disk, the hash of how it begins (null: it is empty), and the
 * bytes that it unpacks to.
 */
export async function measureFile(path: string): Promise<{ readonly sha256: string; readonly beginning: string | null; readonly bytes: number }> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  let bytes = 0;
  if (isPacked(path)) for await (const chunk of unpacked(path)) bytes += (chunk as Buffer).length;
  else ({ size: bytes } = await stat(path));
  return { sha256: hash.digest('hex'), beginning: await hashOfBeginning(path), bytes };
}

/** Of the first three lines, which a file that is sent again with a line more has too. */
async function hashOfBeginning(path: string): Promise<string | null> {
  let begun = Buffer.alloc(0);
  for await (const chunk of unpacked(path)) {
    begun = Buffer.concat([begun, (chunk as Buffer).subarray(0, BEGINNING_BYTES)]);
    if (begun.length >= BEGINNING_BYTES) break;
  }
  const lines = begun.subarray(0, BEGINNING_BYTES).toString('latin1').split('\n').slice(0, 3);
  return begun.length === 0 ? null : createHash('sha256').update(lines.join('\n'), 'latin1').digest('hex');
}

/**
 * The lines of a file, read strictly: a byte that its encoding does not have makes its line unreadable, and is never
 * replaced by another character. Without `encoding` the file is UTF-8, or UTF-16 where its mark of byte order says so.
 * Never more than a line is in memory.
 */
export async function* readLines(path: string, encoding: string | null): AsyncGenerator<TextLine> {
  let number = 0;
  for await (const { content, tooLong, end } of splitLines(inUtf8(unpacked(path), encoding))) {
    const line = ++number;
    const fail = (unreadable: string): TextLine => ({ line, text: null, unreadable, end });
    if (tooLong) yield fail(`The line is longer than ${LONGEST_RECORD.toLocaleString('en')} bytes.`);
    else {
      const text = strictUtf8(content);
      if (text !== null && !text.includes('\uFFFD')) yield { line, text: withoutEnd(text.replace(/^\uFEFF/, '')), unreadable: null, end };
      else
        yield fail(
          encoding === null
            ? 'The line is not UTF-8. Save the file as UTF-8, or say what it is in: --encoding windows-1252, for example.'
            : `The line has a character that ${encoding} does not have.`,
        );
    }
  }
}

/** Without the carriage returns before its line feed: one, or two where a copy in text mode has added its own. */
function withoutEnd(text: string): string {
  let length = text.length;
  while (text[length - 1] === '\r') length--;
  return text.slice(0, length);
}

function strictUtf8(content: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}

/** The name by which an encoding is known; throws UnusableFile for one that is not. */
export function knownEncoding(name: string): string {
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw new UnusableFile(
      `The encoding "${name}" is not known. Known are utf-8, utf-16le, utf-16be, windows-1252 (iso-8859-1), iso-8859-2 and others of the WHATWG list.`,
    );
  }
}

interface Chunk {
  readonly content: Buffer;
  /** Bytes of the unpacked file up to its end. */
  readonly end: number;
}

/** The file's bytes as UTF-8. What another encoding does not have becomes U+FFFD, which no line may have. */
async function* inUtf8(bytes: Readable, encoding: string | null): AsyncGenerator<Chunk> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let end = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    end += chunk.length;
    if (decoder === undefined) {
      const name = encoding === null ? markOf(chunk) : knownEncoding(encoding);
      decoder = name === null || name === 'utf-8' ? null : new TextDecoder(name);
    }
    yield { content: decoder === null ? chunk : Buffer.from(decoder.decode(chunk, { stream: true })), end };
  }
  if (decoder) yield { content: Buffer.from(decoder.decode()), end };
}

/** The encoding that a mark of byte order tells. */
function markOf(first: Buffer): string | null {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  if (first[0] === 0xfe && first[1] === 0xff) return 'utf-16be';
  return null;
}

/** Splits into lines; of one that is too long only that is kept. */
async function* splitLines(chunks: AsyncIterable<Chunk>): AsyncGenerator<{ content: Buffer; tooLong: boolean; end: number }> {
  let parts: Buffer[] = [];
  let length = 0;
  let end = 0;
  const take = () => {
    const tooLong = length > LONGEST_RECORD;
    const content = tooLong ? Buffer.alloc(0) : Buffer.concat(parts);
    parts = [];
    length = 0;
    return { content, tooLong, end };
  };
  for await (const { content, end: chunkEnd } of chunks) {
    const before = end;
    let from = 0;
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, from)) {
      parts.push(content.subarray(from, at));
      length += at - from;
      from = at + 1;
      // Within a chunk that was decoded, in proportion.
      end = before + Math.round(((chunkEnd - before) * from) / content.length);
      yield take();
    }
    length += content.length - from;
    if (length > LONGEST_RECORD) parts = [];
    else parts.push(content.subarray(from));
    end = chunkEnd;
  }
  if (length > 0) yield take();
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
