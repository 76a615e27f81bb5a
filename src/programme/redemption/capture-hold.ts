import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { newUuid } from '../../platform/ids';
import { type FollowedUp, followUp } from './follow-up';
import { planCapture } from './plan-follow-up';

export const captureHoldSchema = z.object({
  idempotencyKey,
  redemptionId: z.string(),
  /** Default: all that is held. */
  points: somePoints.nullish().transform((points) => points ?? null),
  occurredAt,
});
export type CaptureHold = z.output<typeof captureHoldSchema>;

/** Spends a hold, in full or in part; the rest is released. Throws HOLD_NOT_OPEN, HOLD_EXPIRED, CAPTURE_EXCEEDS_HOLD, OccurredAtOutOfRange, NotFound. */
export function captureHold(app: App, principal: Principal, command: CaptureHold): Promise<FollowedUp> {
  const transferId = newUuid();
  return followUp(app, principal, command, { kind: 'CAPTURE_HOLD', plan: (facts) => planCapture(facts, transferId, command.points) });
}
