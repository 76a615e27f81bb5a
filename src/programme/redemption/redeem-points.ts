import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { type SpendPoints, type SpentPoints, spendPoints } from './spend-points';

/**
 * Burns a member's points at the brand at once. Throws TERMS_NOT_ACTIVE, OCCURRED_AT_OUT_OF_RANGE, NO_REDEMPTION_RULE,
 * the rule's limits, INSUFFICIENT_POINTS, WALLET_LOCKED, IDEMPOTENCY_CONFLICT, NotFound (member).
 */
export function redeemPoints(app: App, principal: Principal, command: SpendPoints): Promise<SpentPoints> {
  return spendPoints(app, principal, command, { kind: 'REDEEM', holdUntil: () => null, content: {} });
}
