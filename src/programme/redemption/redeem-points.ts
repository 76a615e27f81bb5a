import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { type SpendPoints, type SpentPoints, spendPoints } from './spend-points';

/** Burns a member's points at the brand at once. Refuses as spendPointsRefusals lists; throws NotFound (member). */
export function redeemPoints(app: App, principal: Principal, command: SpendPoints): Promise<SpentPoints> {
  return spendPoints(app, principal, command, { kind: 'REDEEM', holdUntil: () => null, content: {} });
}
