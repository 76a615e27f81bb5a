import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { newUuid } from '../../platform/ids';
import { type FollowedUp, followUp } from './follow-up';
import { planRefund } from './plan-follow-up';

export const refundRedemptionSchema = z.object({
  idempotencyKey,
  redemptionId: z.string(),
  /** Default: all that is left of it. */
  points: somePoints.nullish().transform((points) => points ?? null),
  occurredAt,
});
export type RefundRedemption = z.output<typeof refundRedemptionSchema>;

/**
 * Gives spent points back, in full or in part, to the lots they came from; those that pay for a purchase come back by
 * its return. Throws REDEMPTION_USED, REFUND_EXCEEDS_REDEMPTION, REDEMPTION_NOT_CAPTURED, OccurredAtOutOfRange,
 * NotFound.
 */
export function refundRedemption(app: App, principal: Principal, command: RefundRedemption): Promise<FollowedUp> {
  const transferId = newUuid();
  return followUp(app, principal, command, { kind: 'REFUND_REDEMPTION', plan: (facts) => planRefund(facts, transferId, command.points) });
}
