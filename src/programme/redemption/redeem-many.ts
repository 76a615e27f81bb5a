import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { InvalidInput } from '../../platform/refusal';
import { redeemPoints } from './redeem-points';
import type { SpendPoints, SpentPoints } from './spend-points';

/** Most redemptions in one request. */
export const MAX_REDEMPTIONS = 100;

/**
 * Burns points of many members, each as redeemPoints does: an outcome for each, in their order. A refused one does not
 * harm the others. They are looked up together and go to the ledger together. `fieldOf`: where each stands in the
 * request.
 */
export async function redeemMany(
  app: App,
  principal: Principal,
  commands: readonly SpendPoints[],
  fieldOf: (at: number) => string,
): Promise<PromiseSettledResult<SpentPoints>[]> {
  requireBrand(principal, { scope: 'redemptions' });
  const results = await Promise.allSettled(commands.map((command) => redeemPoints(app, principal, command)));
  return results.map((result, at) => (result.status === 'rejected' ? { status: 'rejected', reason: placed(result.reason, fieldOf(at)) } : result));
}

function placed(reason: unknown, field: string): unknown {
  return reason instanceof InvalidInput ? new InvalidInput(reason.field.replace(/^input/, field), reason.message) : reason;
}
