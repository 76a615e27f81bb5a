import { randomInt } from 'node:crypto';
import type { Keys } from '../access/keys';
import { requireMemberLogin } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';

/** How long a till code can be used for. */
export const TILL_CODE_SECONDS = 60;

// Crockford's base 32: no letter looks like a digit. Twelve of them are 60 bits, which nobody guesses in a minute.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

export interface TillCode {
  /** Three groups of four: "7K3M-9QXZ-2ABC". Shown this once. */
  readonly code: string;
  readonly expiresAt: Date;
}

/**
 * Makes a code by which the member's login proves at one till that the member is there: once, for a minute. It replaces the one before.
 * Throws PermissionDenied: a session that a brand minted proves nothing.
 */
export async function createTillCode(app: App, principal: Principal): Promise<TillCode> {
  const memberId = requireMemberLogin(principal);
  const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const now = app.clock.now();
  const expiresAt = new Date(now.getTime() + TILL_CODE_SECONDS * 1_000);
  await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    client.query(
      `INSERT INTO till_code (member_id, hash, made_at, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (member_id) DO UPDATE SET hash = EXCLUDED.hash, made_at = EXCLUDED.made_at, expires_at = EXCLUDED.expires_at,
         used_at = NULL, used_by_brand_id = NULL, used_for = NULL`,
      [memberId, tillCodeHash(app.keys, code), now, expiresAt],
    ),
  );
  return { code: code.replace(/(.{4})(?!$)/g, '$1-'), expiresAt };
}

/** The keyed hash that a till code is found by: capitals and dashes do not count, nor does which of O and 0, or I, L and 1, was read. */
export function tillCodeHash(keys: Keys, code: string): Buffer {
  const bare = code.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return keys.identifierHash('till-code', bare);
}
