import { hash, randomFillSync } from 'node:crypto';

/** A lower-case UUID string. */
export type Uuid = string;

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
  const time = lastMs.toString(16).padStart(12, '0');
  const variant = (0x80 | (pool[poolAt] & 0x3f)).toString(16);
  const random = variant + pool.toString('hex', poolAt + 1, poolAt + 8);
  poolAt += 8;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${random.slice(0, 4)}-${random.slice(4)}`;
}

/** A UUIDv8 that is the same for the same parts: SHA-256 over them, each preceded by its length. */
export function derivedUuid(...parts: readonly string[]): Uuid {
  const bytes = hash('sha256', parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join(''), 'buffer').subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return uuidFromBytes(bytes);
}

export function uuidFromBytes(bytes: Uint8Array): Uuid {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function uuidToBytes(id: Uuid): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}
