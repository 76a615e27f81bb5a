import { z } from 'zod';
import type { App } from '../../app';
import { codeHash, newCode } from '../../coalition/access/one-time-code';
import type { Principal } from '../../coalition/access/principal';
import { reasonSchema, recordChange } from '../../coalition/access/record-change';
import { newUuid, type Uuid } from '../../platform/ids';
import { only } from '../../platform/one-of';
import { PermissionDenied } from '../../platform/refusal';
import { auditName, type MemberOrSelf, withMember } from '../identification/asking-member';
import { numberRefusals } from '../identification/what-proves';

/** How long a claim code can be used for. */
export const CLAIM_CODE_MINUTES = 15;

export const createClaimCodeSchema = z.object({ member: z.custom<MemberOrSelf>(), reason: reasonSchema });

export interface ClaimCode {
  /** Shown this once. */
  readonly code: string;
  readonly expiresAt: Date;
}

/**
 * Makes a code by which a member's login is bound: whoever makes it has seen that this is the member. Single use, a
 * quarter of an hour, and the latest one only. For the operator's support, and for the brand that enrolled the member.
 * Throws PermissionDenied, NotFound, NUMBER_IS_NO_PROOF.
 */
export async function createClaimCode(app: App, principal: Principal, { member: ref, reason }: z.output<typeof createClaimCodeSchema>): Promise<ClaimCode> {
  if (principal.kind === 'member') throw new PermissionDenied("A claim code is made by the operator's support, or by the brand that enrolled the member.");
  const code = newCode();
  const now = app.clock.now();
  const expiresAt = new Date(now.getTime() + CLAIM_CODE_MINUTES * 60_000);
  const ofOperator = principal.kind === 'staff' && principal.ofOperator;
  await withMember(app, principal, ref, { scope: 'members', roles: ['SUPPORT'], takes: 'createClaimCode' }, async (tx, member) => {
    if (member.proof === 'NUMBER') throw numberRefusals.refuse('NUMBER_IS_NO_PROOF');
    const { rows } = await tx.client.query<{ enrolled_by_brand_id: Uuid }>('SELECT enrolled_by_brand_id FROM member WHERE id = $1', [member.memberId]);
    if (!ofOperator && (only(rows).enrolled_by_brand_id !== principal.brandId || member.proof !== 'MEMBER'))
      throw new PermissionDenied("A claim code is made by the operator's support, or by the brand that enrolled the member.");
    await tx.client.query('INSERT INTO login_claim (id, member_id, hash, brand_id, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)', [
      newUuid(),
      member.memberId,
      codeHash(app.keys, 'login-claim', code),
      ofOperator ? null : principal.brandId,
      now,
      expiresAt,
    ]);
    const target = auditName(app, principal, member);
    await recordChange(app, tx, principal, { operation: 'createClaimCode', target, member: member.memberId, reason });
  });
  return { code, expiresAt };
}
