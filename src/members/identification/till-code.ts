import type { App } from '../../app';
import { codeHash, newCode } from '../../coalition/access/one-time-code';
import { requireMemberLogin } from '../../coalition/access/permissions';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import { recordChange } from '../../coalition/access/record-change';
import { derivedUuid, type Uuid } from '../../platform/ids';

/** How long a till code can be used for. */
export const TILL_CODE_SECONDS = 60;

export interface TillCode {
  /** Three groups of four: "7K3M-9QXZ-2ABC". Shown this once. */
  readonly code: string;
  readonly expiresAt: Date;
}

/**
 * Makes a code by which the member's login proves at one till that the member is there: once, within
 * TILL_CODE_SECONDS. It replaces the one before. Throws PermissionDenied: a session that a brand minted proves nothing.
 */
export async function createTillCode(app: App, principal: Principal): Promise<TillCode> {
  const memberId = requireMemberLogin(principal);
  const code = newCode();
  const now = app.clock.now();
  const expiresAt = new Date(now.getTime() + TILL_CODE_SECONDS * 1_000);
  await app.database.transaction(databasePrincipal(principal), async (tx) => {
    await tx.client.query(
      `INSERT INTO till_code (member_id, hash, made_at, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (member_id) DO UPDATE SET hash = EXCLUDED.hash, made_at = EXCLUDED.made_at, expires_at = EXCLUDED.expires_at,
         used_at = NULL, used_by_brand_id = NULL, used_for = NULL`,
      [memberId, codeHash(app.keys, 'till-code', code), now, expiresAt],
    );
    await recordChange(app, tx, principal, { operation: 'createTillCode', target: memberId });
  });
  return { code, expiresAt };
}

/**
 * What a code is taken for by an operation without an idempotency key: said again by the brand, it finds the member
 * again.
 */
export function codesForOperation(operation: string, brandId: Uuid): Uuid {
  return derivedUuid('till code', operation, brandId);
}
