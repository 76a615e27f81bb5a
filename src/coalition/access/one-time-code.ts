import { randomInt } from 'node:crypto';
import type { Keys } from './keys';

// Crockford's base 32: no letter looks like a digit. Twelve of them are 60 bits, which nobody guesses while a code
// lives.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;

/** What a code is good for: the same letters are another code for another purpose. */
export type CodePurpose = 'till-code' | 'login-claim';

/** A new code, to be read out, typed or scanned: "7K3M-9QXZ-2ABC". */
export function newCode(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return letters.replace(/(.{4})(?!$)/g, '$1-');
}

/**
 * The keyed hash that a code is found by. Capitals and dashes do not count, nor whether O or 0, or I, L or 1, was read.
 */
export function codeHash(keys: Keys, purpose: CodePurpose, code: string): Buffer {
  const bare = code.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return keys.identifierHash(purpose, bare);
}
