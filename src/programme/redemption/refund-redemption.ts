import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { creditRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { type FollowedUp, followUp, followUpRefusals } from './follow-up';
import { keepRuleRefusals } from './keep-rule';
import { planRefund, planRefundRefusals } from './plan-follow-up';

/** What is refused where spent points are given back. */
export const refundRedemptionRefusals = refusals(followUpRefusals, keepRuleRefusals, planRefundRefusals, creditRefusals);

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
 * its return. Refuses as refundRedemptionRefusals lists; throws NotFound.
 */
export function refundRedemption(app: App, principal: Principal, command: RefundRedemption): Promise<FollowedUp> {
  const transferId = newUuid();
  return followUp(app, principal, command, { kind: 'REFUND_REDEMPTION', plan: (facts) => planRefund(facts, transferId, command.points) });
}
