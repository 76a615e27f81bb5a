import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { holdRefusals } from '../../ledger/ledger/ledger-refusals';
import { idempotencyKey, occurredAt } from '../../ledger/ledger/request-fields';
import { refusals } from '../../platform/define-refusal';
import { type FollowedUp, followUp, followUpRefusals } from './follow-up';
import { planVoid } from './plan-follow-up';

/** What is refused where a hold is given back. */
export const voidHoldRefusals = refusals(followUpRefusals, holdRefusals);

export const voidHoldSchema = z.object({ idempotencyKey, redemptionId: z.string(), occurredAt });
export type VoidHold = z.output<typeof voidHoldSchema>;

/** Gives a hold's points back before they are spent. Refuses as voidHoldRefusals lists; throws NotFound. */
export function voidHold(app: App, principal: Principal, command: VoidHold): Promise<FollowedUp> {
  return followUp(app, principal, command, { kind: 'VOID_HOLD', plan: planVoid });
}
