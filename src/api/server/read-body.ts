import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { itemAt } from '../../platform/one-of';

/** What was sent is no GraphQL request at all. */
export class Unreadable extends Error {
  constructor(
    readonly status: 400 | 405 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/** The body as it was sent, no larger than the limit, in bytes. Throws Unreadable. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = encodingOf(request);
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip')
    return Promise.reject(new Unreadable(415, 'Send the body as it is, or as Content-Encoding: gzip.'));
  return readBytes(request, limit);
}

const gunzipTo = promisify(gunzip);

export function isPacked(request: IncomingMessage): boolean {
  return encodingOf(request) !== 'identity';
}

/**
 * The body of a packed request without its packing; no larger than the limit either. `charge` is told how many bytes it
 * brings besides. Throws Unreadable.
 */
export async function unpackBody(sent: Buffer, limit: number, charge: (bytes: number) => void): Promise<Buffer> {
  try {
    // It stops unpacking at the limit: a small body may hold a thousand times its size.
    const unpacked = await gunzipTo(sent, { maxOutputLength: limit });
    charge(unpacked.length);
    return unpacked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      throw new Unreadable(400, 'The request body is not gzip, although its Content-Encoding says so.');
    charge(limit);
    throw tooLarge(limit);
  }
}

function encodingOf(request: IncomingMessage): string {
  return request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
}

const tooLarge = (limit: number) => new Unreadable(413, `The request body is larger than ${limit} bytes.`);

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(tooLarge(limit));
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.pause();
        return reject(tooLarge(limit));
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? itemAt(chunks, 0) : Buffer.concat(chunks)));
    request.on('error', () => reject(new Unreadable(400, 'The request ended before its body did.')));
  });
}

/**
 * JSON as an object; text as it is, for Apollo's protection against cross-site requests to see; anything else is
 * refused. Throws Unreadable.
 */
export function parseBody(request: IncomingMessage, body: Buffer): unknown {
  const given = request.headers['content-type'] ?? '';
  const type = given.replace(/;.*/s, '').trim().toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(given)?.[1]?.toLowerCase();
  if (type === 'text/plain') return body.toString();
  if (type === '' && body.length === 0) return undefined;
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) throw new Unreadable(415, 'Send application/json.');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw new Unreadable(415, 'Send JSON in UTF-8.');
  try {
    return JSON.parse(body.toString('utf8', startsWithMark(body) ? MARK.length : 0));
  } catch {
    throw new Unreadable(400, 'The request body is not JSON.');
  }
}

/** The byte order mark that some clients begin UTF-8 with. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function startsWithMark(body: Buffer): boolean {
  return body.length >= MARK.length && body[0] === MARK[0] && body[1] === MARK[1] && body[2] === MARK[2];
}
