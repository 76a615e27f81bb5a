import type { Uuid } from '../../../../platform/ids';
import { ALWAYS, type Day, NEVER } from '../../../points/calendar';

/** Element types by their OID in PostgreSQL. */
const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, date: 1082, timestamptz: 1184, uuid: 2950 } as const;
export type ElementType = keyof typeof OID;

/** Dimensions, has-null flag, element type, length, lower bound; then each element after its byte length (-1: null). */
const HEADER = 20;
const TIMESTAMP_EPOCH_MS = Date.UTC(2000, 0, 1);
const SHORT_TEXT = 40;
/** A buffer that one extraordinary batch made larger is not kept. */
const LARGEST_KEPT = 4_194_304;

/** Value of a hexadecimal digit by its character code; 255 for what is none. */
const DIGIT = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGIT[digit.charCodeAt(0)] = value;
  DIGIT[digit.toUpperCase().charCodeAt(0)] = value;
}
/** Where the digits of each byte of a UUID's text begin. */
const UUID_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;

/**
 * One column of a batch in PostgreSQL's binary array format, for unnest(). It is written value by value into a buffer
 * that the next batch uses again. A value that does not fit its type is a defect of the caller, and throws.
 */
export class BinaryArray {
  private buffer: Buffer;
  private at = HEADER;
  private length = 0;
  private hasNull = false;
  private readonly oid: number;

  constructor(type: ElementType) {
    this.oid = OID[type];
    this.buffer = Buffer.allocUnsafe(256);
  }

  clear(): void {
    this.at = HEADER;
    this.length = 0;
    this.hasNull = false;
    if (this.buffer.length > LARGEST_KEPT) this.buffer = Buffer.allocUnsafe(256);
  }

  /** The array; valid until the next clear(). */
  bytes(): Buffer {
    const at = this.at;
    this.at = 0;
    this.putInt32(1);
    this.putInt32(this.hasNull ? 1 : 0);
    this.putInt32(this.oid);
    this.putInt32(this.length);
    this.putInt32(1);
    this.at = at;
    return this.buffer.subarray(0, at);
  }

  /** Safe integers. */
  int8(value: number | null): void {
    if (value === null) return this.null();
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    this.begin(8);
    this.putInt64(value);
  }

  int4(value: number | null): void {
    if (value === null) return this.null();
    if ((value | 0) !== value) throw new RangeError(`${value} is not an int4`);
    this.begin(4);
    this.putInt32(value);
  }

  int2(value: number | null): void {
    if (value === null) return this.null();
    if ((value << 16) >> 16 !== value) throw new RangeError(`${value} is not an int2`);
    this.begin(2);
    this.buffer[this.at++] = value >> 8;
    this.buffer[this.at++] = value;
  }

  bool(value: boolean | null): void {
    if (value === null) return this.null();
    this.begin(1);
    this.buffer[this.at++] = value ? 1 : 0;
  }

  /** Days since 2000-01-01, with NEVER and ALWAYS as infinity and -infinity. */
  date(value: Day | null): void {
    if (value === null) return this.null();
    if (value !== NEVER && value !== ALWAYS && (value | 0) !== value) throw new RangeError(`${value} is not a day`);
    this.begin(4);
    this.putInt32(value);
  }

  /** Milliseconds since 1970. */
  timestamptz(value: number | null): void {
    if (value === null) return this.null();
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not an instant`);
    this.begin(8);
    this.putInt64((value - TIMESTAMP_EPOCH_MS) * 1_000);
  }

  uuid(value: string | null): void {
    if (value === null) return this.null();
    if (value.length !== 36) throw new RangeError(`"${value}" is not a UUID`);
    this.begin(16);
    const { buffer } = this;
    let { at } = this;
    let wrong = 0;
    for (let byte = 0; byte < 16; byte++) {
      // Within their arrays; this runs some ten times a transfer.
      const from = UUID_AT[byte] as number;
      const high = DIGIT[value.charCodeAt(from) & 255] as number;
      const low = DIGIT[value.charCodeAt(from + 1) & 255] as number;
      wrong |= high | low;
      buffer[at++] = (high << 4) | low;
    }
    if (wrong > 15) throw new RangeError(`"${value}" is not a UUID`);
    this.at = at;
  }

  text(value: string | null): void {
    if (value === null) return this.null();
    const { length } = value;
    this.begin(0, length * 3);
    const start = this.at;
    const { buffer } = this;
    let at = start;
    if (length <= SHORT_TEXT)
      while (at < start + length) {
        const code = value.charCodeAt(at - start);
        if (code > 127) break;
        buffer[at++] = code;
      }
    if (at < start + length || length === 0) at = start + buffer.write(value, start);
    this.at = start - 4;
    this.putInt32(at - start);
    this.at = at;
  }

  bytea(value: Uint8Array | null): void {
    if (value === null) return this.null();
    this.begin(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  private null(): void {
    this.begin(-1, 0);
    this.hasNull = true;
  }

  /** Writes an element's length and makes room for it. */
  private begin(size: number, room: number = size): void {
    const needed = this.at + 4 + room;
    if (needed > this.buffer.length) this.grow(needed);
    this.putInt32(size);
    this.length++;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  private putInt32(value: number): void {
    const { buffer, at } = this;
    buffer[at] = value >> 24;
    buffer[at + 1] = value >> 16;
    buffer[at + 2] = value >> 8;
    buffer[at + 3] = value;
    this.at = at + 4;
  }

  private putInt64(value: number): void {
    const high = Math.floor(value / 4_294_967_296);
    this.putInt32(high | 0);
    this.putInt32((value - high * 4_294_967_296) | 0);
  }
}

// Whole arrays, for a statement's arguments.
export const int8Array = (values: Iterable<number>) => arrayOf('int8', values, (array, value) => array.int8(value));
export const uuidArray = (values: Iterable<Uuid>) => arrayOf('uuid', values, (array, value) => array.uuid(value));
export const textArray = (values: Iterable<string>) => arrayOf('text', values, (array, value) => array.text(value));

function arrayOf<T>(type: ElementType, values: Iterable<T>, put: (array: BinaryArray, value: T) => void): Buffer {
  const array = new BinaryArray(type);
  for (const value of values) put(array, value);
  return array.bytes();
}
