import { hash } from 'node:crypto';
import { derivedUuid, type Uuid } from '../../platform/ids';

export const MAX_IDEMPOTENCY_KEY = 255;

/**
 * The id of the posting that a party's idempotency key stands for. It does not depend on the operation: one key, one
 * request.
 */
export function postingId(party: Uuid, idempotencyKey: string): Uuid {
  return derivedUuid('posting', party, idempotencyKey);
}

/**
 * SHA-256 over the operation's name and its input as canonical JSON: keys sorted, undefined left out, bigints and dates
 * as strings.
 */
export function contentHash(operation: string, input: unknown): Buffer {
  // A digest asked for as a buffer comes with memory of its own outside the heap.
  return Buffer.from(hash('sha256', `${operation}\n${canonicalJson(input)}`, 'binary'), 'latin1');
}

/** JSON with sorted keys: the same content always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value);
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${canonicalJson(item === undefined ? null : item)}`;
    return `[${text}]`;
  }
  for (const key of inOrder(Object.keys(value))) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(item)}`;
  }
  return `{${text}}`;
}

/** Printable ASCII without quotes and backslashes: nothing of it is written otherwise in JSON. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Sorts a handful of keys where they are; sort() makes copies of them. */
function inOrder(keys: string[]): string[] {
  if (keys.length > 20) return keys.sort();
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] as string;
    let to = at;
    for (let before: string; to > 0 && (before = keys[to - 1] as string) > key; to--) keys[to] = before;
    keys[to] = key;
  }
  return keys;
}
