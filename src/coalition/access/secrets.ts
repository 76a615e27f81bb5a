import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Recognisable, so that scanners of source code find a leaked one. */
const PREFIX = 'tss_';

/**
 * A new secret of 32 random bytes, and the hash of it to keep. It needs no slow hash: nobody can guess 256 random bits.
 */
export function newSecret(): { secret: string; hash: Buffer } {
  const secret = PREFIX + randomBytes(32).toString('base64url');
  return { secret, hash: hashSecret(secret) };
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether the secret is one of those kept; takes as long whichever it is. */
export function matchesSecret(secret: string, kept: readonly Buffer[]): boolean {
  const hash = hashSecret(secret);
  let matches = false;
  for (const each of kept) matches = timingSafeEqual(hash, each) || matches;
  return matches;
}
