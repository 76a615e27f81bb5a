import { hash, randomFillSync } from 'node:crypto';

/** A lower-case UUID string. */
export type Uuid = string;

const DASH = 0x2d;
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
/** What is being made, as bytes and as text; each call is done with them when it returns. */
const made = new Uint8Array(16);
const text = Buffer.alloc(36);

const pool = Buffer.alloc(8_192);
let poolAt = pool.length;
let lastMs = 0;
let counter = 0;

/** A new UUIDv7 (RFC 9562): sorts by time; within one process and millisecond by a 12-bit counter. */
export function newUuid(nowMs: number = Date.now()): Uuid {
  if (poolAt + 8 > pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = 0;
  } else if (++counter > 4_095) {
    lastMs++;
    counter = 0;
  }
  const high = Math.floor(lastMs / 65_536);
  made[0] = high >>> 24;
  made[1] = high >>> 16;
  made[2] = high >>> 8;
  made[3] = high;
  made[4] = lastMs >>> 8;
  made[5] = lastMs;
  made[6] = 0x70 | (counter >>> 8);
  made[7] = counter;
  for (let at = 0; at < 8; at++) made[8 + at] = pool[poolAt + at] as number;
  made[8] = 0x80 | ((made[8] as number) & 0x3f);
  poolAt += 8;
  return uuidFromBytes(made);
}

/** A UUIDv8 that is the same for the same parts: SHA-256 over them, each preceded by its length. */
export function derivedUuid(...parts: readonly string[]): Uuid {
  let named = '';
  for (const part of parts) named += `${Buffer.byteLength(part)}:${part}`;
  const digest = hash('sha256', named, 'binary');
  for (let at = 0; at < 16; at++) made[at] = digest.charCodeAt(at);
  made[6] = (digest.charCodeAt(6) & 0x0f) | 0x80;
  made[8] = (digest.charCodeAt(8) & 0x3f) | 0x80;
  return uuidFromBytes(made);
}

/**
 * Written in one piece. Text put together from parts is copied once more when somebody looks into it, and the ledger
 * does.
 */
export function uuidFromBytes(bytes: Uint8Array): Uuid {
  let at = 0;
  for (let byte = 0; byte < 16; byte++) {
    if (byte === 4 || byte === 6 || byte === 8 || byte === 10) text[at++] = DASH;
    const value = bytes[byte] as number;
    text[at++] = DIGITS[value >> 4] as number;
    text[at++] = DIGITS[value & 15] as number;
  }
  return text.toString('latin1');
}

export function uuidToBytes(id: Uuid): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}
