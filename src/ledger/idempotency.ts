import { createHash } from 'node:crypto';
import { derivedUuid, type Uuid } from '../ids';

export const MAX_IDEMPOTENCY_KEY = 255;

/** The id of the posting that a party's idempotency key stands for. The operation is not part of it: one key, one request. */
export function postingId(party: Uuid, idempotencyKey: string): Uuid {
  return derivedUuid('posting', party, idempotencyKey);
}

/** SHA-256 over the operation's name and its input as canonical JSON (keys sorted, undefined left out, bigints and dates as strings). */
export function contentHash(operation: string, input: unknown): Buffer {
  return createHash('sha256').update(operation).update('\n').update(canonicalJson(input)).digest();
}

/** JSON with sorted keys: the same content always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value === 'bigint') return JSON.stringify(value.toString());
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
