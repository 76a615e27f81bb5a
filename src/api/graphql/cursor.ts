import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { Keys } from '../../coalition/access/keys';
import type { Principal } from '../../coalition/access/principal';
import { type Context, requirePrincipal } from './context';

/** The values of a row that its list is ordered by: what the next page starts after. */
export type CursorKey = readonly (string | number)[];

/**
 * What a cursor is good for. Places in other lists, with other filters, or shown to others, do not compare with these.
 */
export interface CursorScope {
  /** Whose cursor it is. */
  readonly holder: string;
  /** The list, and what it is a list of, such as a wallet; null at the root. */
  readonly list: string;
  readonly of: string | null;
  /** Arguments of the list but those of its pages. */
  readonly filters: string;
}

/**
 * The scope of a list's cursors for whoever asks. Staff and API clients of a brand share theirs. So do sessions that a
 * brand minted for one member.
 */
export function cursorScope(ctx: Context, list: string, of: string | null, args: object): CursorScope {
  const { first: _first, after: _after, ...filters } = args as Record<string, unknown>;
  const given = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null);
  return { holder: holderOf(requirePrincipal(ctx)), list, of, filters: JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function holderOf(principal: Principal): string {
  if (principal.kind === 'member') return `member ${principal.memberId} at ${principal.brandId ?? 'the coalition'}`;
  return `brand ${principal.brandId}`;
}

/**
 * A place as its holder is shown it. It is sealed, since it carries the ledger's own numbers, which count what
 * everybody does. Equal places of a scope have equal cursors. All have the same length, whatever the length of their
 * numbers.
 */
export function sealCursor(keys: Keys, scope: CursorScope, key: CursorKey): string {
  const { encryption, authentication } = cursorKeys(keys);
  const plain = Buffer.from(JSON.stringify(key));
  const padded = Buffer.concat([plain, Buffer.alloc(PAD - (plain.length % PAD), ' ')]);
  // Synthetic IV: the tag of scope and content is the IV too, so no nonce can be used twice.
  const tag = tagOf(authentication, scope, padded);
  const cipher = createCipheriv('aes-256-ctr', encryption, tag);
  return Buffer.concat([tag, cipher.update(padded), cipher.final()]).toString('base64url');
}

/** The place that was sealed for this very scope; undefined for anything else. */
export function openCursor(keys: Keys, scope: CursorScope, cursor: string): unknown {
  const bytes = Buffer.from(cursor, 'base64url');
  if (cursor.length > LONGEST || bytes.length <= TAG_BYTES) return undefined;
  const { encryption, authentication } = cursorKeys(keys);
  const tag = bytes.subarray(0, TAG_BYTES);
  const decipher = createDecipheriv('aes-256-ctr', encryption, tag);
  const padded = Buffer.concat([decipher.update(bytes.subarray(TAG_BYTES)), decipher.final()]);
  return timingSafeEqual(tag, tagOf(authentication, scope, padded)) ? JSON.parse(padded.toString()) : undefined;
}

const TAG_BYTES = 16;
const PAD = 96;
const LONGEST = 1_000;

function tagOf(authentication: Buffer, { holder, list, of, filters }: CursorScope, padded: Buffer): Buffer {
  const scope = JSON.stringify([holder, list, of, filters]);
  return createHmac('sha256', authentication).update(`${scope}\n`).update(padded).digest().subarray(0, TAG_BYTES);
}

interface CursorKeys {
  readonly encryption: Buffer;
  readonly authentication: Buffer;
}
const cursorKeysOf = new WeakMap<Keys, CursorKeys>();

function cursorKeys(keys: Keys): CursorKeys {
  let derived = cursorKeysOf.get(keys);
  if (!derived) cursorKeysOf.set(keys, (derived = { encryption: keys.derive('cursor/encryption'), authentication: keys.derive('cursor/authentication') }));
  return derived;
}
