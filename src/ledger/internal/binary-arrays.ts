import { ALWAYS, type Day, NEVER } from '../../points/calendar';

/**
 * PostgreSQL's binary array format, for unnest(): measured 18% faster for the kernel's writes than text arrays.
 * A one-dimensional array is: dimensions, has-null flag, element type, length, lower bound, then each element with its byte length (-1: null).
 */
const HEADER = 20;
const OID = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, date: 1082, timestamptz: 1184, uuid: 2950 } as const;
const TIMESTAMP_EPOCH_MS = Date.UTC(2000, 0, 1);

type Nullable<T> = readonly (T | null)[];

function finish(buffer: Buffer, end: number, length: number, oid: number, hasNull: boolean): Buffer {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(hasNull ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer.subarray(0, end);
}

/** An array whose elements all have the same size. */
function fixed<T>(values: Nullable<T>, size: number, oid: number, write: (buffer: Buffer, value: T, at: number) => void): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + values.length * (size + 4));
  let at = HEADER;
  let hasNull = false;
  for (const value of values) {
    if (value === null) {
      hasNull = true;
      at = buffer.writeInt32BE(-1, at);
    } else {
      at = buffer.writeInt32BE(size, at);
      write(buffer, value, at);
      at += size;
    }
  }
  return finish(buffer, at, values.length, oid, hasNull);
}

function variable(values: Nullable<string | Buffer>, oid: number): Buffer {
  let size = HEADER;
  for (const value of values) size += 4 + (value === null ? 0 : typeof value === 'string' ? Buffer.byteLength(value) : value.length);
  const buffer = Buffer.allocUnsafe(size);
  let at = HEADER;
  let hasNull = false;
  for (const value of values) {
    if (value === null) {
      hasNull = true;
      at = buffer.writeInt32BE(-1, at);
    } else {
      const written = typeof value === 'string' ? buffer.write(value, at + 4) : value.copy(buffer, at + 4);
      buffer.writeInt32BE(written, at);
      at += 4 + written;
    }
  }
  return finish(buffer, at, values.length, oid, hasNull);
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4_294_967_296);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4);
}

/** Safe integers; anything else is a defect of the caller. */
export function int8Array(values: Nullable<number>): Buffer {
  return fixed(values, 8, OID.int8, (buffer, value, at) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a safe integer`);
    writeInt64(buffer, value, at);
  });
}

export function int4Array(values: Nullable<number>): Buffer {
  return fixed(values, 4, OID.int4, (buffer, value, at) => buffer.writeInt32BE(value, at));
}

export function int2Array(values: Nullable<number>): Buffer {
  return fixed(values, 2, OID.int2, (buffer, value, at) => buffer.writeInt16BE(value, at));
}

export function boolArray(values: Nullable<boolean>): Buffer {
  return fixed(values, 1, OID.bool, (buffer, value, at) => buffer.writeUInt8(value ? 1 : 0, at));
}

/** Days since 2000-01-01, with NEVER and ALWAYS as infinity and -infinity. */
export function dateArray(values: Nullable<Day>): Buffer {
  return fixed(values, 4, OID.date, (buffer, value, at) => {
    if (value !== NEVER && value !== ALWAYS && !Number.isInteger(value)) throw new RangeError(`${value} is not a day`);
    buffer.writeInt32BE(value, at);
  });
}

/** Milliseconds since 1970. */
export function timestamptzArray(values: Nullable<number>): Buffer {
  return fixed(values, 8, OID.timestamptz, (buffer, value, at) => writeInt64(buffer, (value - TIMESTAMP_EPOCH_MS) * 1_000, at));
}

export function uuidArray(values: Nullable<string>): Buffer {
  return fixed(values, 16, OID.uuid, (buffer, value, at) => {
    if (buffer.write(value.replaceAll('-', ''), at, 16, 'hex') !== 16) throw new RangeError(`"${value}" is not a UUID`);
  });
}

export function textArray(values: Nullable<string>): Buffer {
  return variable(values, OID.text);
}

export function byteaArray(values: Nullable<Buffer>): Buffer {
  return variable(values, OID.bytea);
}
