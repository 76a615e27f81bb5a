import { hash } from 'node:crypto';
import { derivedUuid, type Uuid } from '../ids';

export const MAX_IDEMPOTENCY_KEY = 255;

/** The id of the posting that a party's idempotency key stands for. The operation is not part of it: one key, one request. */
export function postingId(party: Uuid, idempotencyKey: string): Uuid {
  return derivedUuid('posting', party, idempotencyKey);
}

/** SHA-256 over the operation's name and its input as canonical JSON (keys sorted, undefined left out, bigints and dates as strings). */
export function contentHash(operation: string, input: unknown): Buffer {
  return hash('sha256', `${operation}\n${canonicalJson(input)}`, 'buffer');
}

/** JSON with sorted keys: the same content always gives the same text. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? `"${value}"` : JSON.stringify(value);
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item === undefined ? null : item)).join(',')}]`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(item)}`;
  }
  return `{${text}}`;
}
