import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { type FollowedUp, followUp } from './follow-up';
import { planVoid } from './plan-follow-up';

export const voidHoldSchema = z.object({ idempotencyKey, redemptionId: z.string(), occurredAt });
export type VoidHold = z.output<typeof voidHoldSchema>;

/** Gives a hold's points back before they are spent. Throws HOLD_NOT_OPEN, HOLD_EXPIRED, OccurredAtOutOfRange, NotFound. */
export function voidHold(app: App, principal: Principal, command: VoidHold): Promise<FollowedUp> {
  return followUp(app, principal, command, { kind: 'VOID_HOLD', plan: planVoid });
}
