import type { AccountId, LedgerView, LotTarget, Step } from '../../ledger/ledger/posting';
import type { Day } from '../../ledger/points/calendar';
import { applyFloor, type Ratio } from '../../ledger/points/ratio';
import type { PoolAccess } from '../../members/households/household';
import type { Uuid } from '../../platform/ids';
import { standingOf } from './standing';

/** What of a member's earns goes into the household's pool. */
export interface AutomaticContribution {
  readonly transferId: Uuid;
  readonly pool: AccountId;
  /** Of the member, as it was looked up: see standingCounters for what the posting loads. */
  readonly membershipId: Uuid;
  readonly share: Ratio;
}

/** Whether a member puts anything of what is earned into the household's pool. */
export function contributes(pool: PoolAccess | undefined): pool is PoolAccess {
  return pool !== undefined && pool.share.numerator > 0n;
}

/** Points that a posting credits to a member's wallet. */
export interface EarnedPoints {
  readonly wallet: AccountId;
  /** The wallet's own row says that it is locked against spending. */
  readonly locked: boolean;
  readonly points: number;
  readonly lot: Pick<LotTarget, 'availableOn' | 'expiresOn'>;
  readonly day: Day;
}

/**
 * The step after the credit: the share of the points that can be spent from now on, floored. Pending points give none,
 * nor do those that fill arrears. A locked wallet gives nothing, and earns as before; so does a member who is in the
 * pool no longer. Pure.
 */
export function contributionSteps(view: LedgerView, contribution: AutomaticContribution, { wallet, locked, points, lot, day }: EarnedPoints): Step[] {
  if (lot.availableOn > day || lot.expiresOn <= day) return [];
  const { arrears, spendLocked } = view.wallet(wallet);
  const { pool, membershipId } = contribution;
  if (locked || spendLocked || standingOf(view, pool, membershipId) === 'ENDED') return [];
  const amount = Number(applyFloor(contribution.share, BigInt(Math.max(0, points - arrears))));
  if (amount === 0) return [];
  return [{ do: 'give', id: contribution.transferId, from: wallet, to: pool, amount, code: 'POOL_CONTRIBUTION', termsId: null }];
}
