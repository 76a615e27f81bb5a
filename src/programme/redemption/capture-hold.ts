import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { captureRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { refusals } from '../../platform/define-refusal';
import { newUuid } from '../../platform/ids';
import { type FollowedUp, followUp, followUpRefusals } from './follow-up';
import { keepRuleRefusals } from './keep-rule';
import { planCapture } from './plan-follow-up';

/** What is refused where a hold is spent. */
export const captureHoldRefusals = refusals(followUpRefusals, keepRuleRefusals, captureRefusals);

export const captureHoldSchema = z.object({
  idempotencyKey,
  redemptionId: z.string(),
  /** Default: all that is held. */
  points: somePoints.nullish().transform((points) => points ?? null),
  occurredAt,
});
export type CaptureHold = z.output<typeof captureHoldSchema>;

/** Spends a hold, in full or in part; the rest is released. Refuses as captureHoldRefusals lists; throws NotFound. */
export function captureHold(app: App, principal: Principal, command: CaptureHold): Promise<FollowedUp> {
  const transferId = newUuid();
  return followUp(app, principal, command, { kind: 'CAPTURE_HOLD', plan: (facts) => planCapture(facts, transferId, command.points) });
}
