import type { App } from '../app';
import { newUuid, type Uuid } from '../ids';
import type { AccountId, LedgerView, LotTarget, Step } from '../ledger/posting';
import type { Day } from '../points/calendar';
import { applyFloor, type Ratio } from '../points/ratio';
import type { PoolAccess } from './household';

/** What of a member's earns goes into the household's pool. */
export interface AutomaticContribution {
  readonly transferId: Uuid;
  readonly pool: AccountId;
  readonly share: Ratio;
}

/** The share that a member puts into the household's pool, whose account is opened when it is first needed; null: nothing. */
export async function contributionOf(app: App, pool: PoolAccess | undefined, currencyId: number): Promise<AutomaticContribution | null> {
  if (!pool || pool.share.numerator === 0n) return null;
  const [account] = await app.ledger.openAccounts([{ kind: 'POOL', owner: pool.poolId, currencyId }]);
  return { transferId: newUuid(), pool: account, share: pool.share };
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
 * The step after the credit: the share of the points that can be spent from now on, floored. Not of pending ones, nor of those that fill arrears.
 * A locked wallet gives nothing, and earns as before. Pure.
 */
export function contributionSteps(view: LedgerView, contribution: AutomaticContribution | null, { wallet, locked, points, lot, day }: EarnedPoints): Step[] {
  if (!contribution || lot.availableOn > day || lot.expiresOn <= day) return [];
  const { arrears, spendLocked } = view.wallet(wallet);
  if (locked || spendLocked || view.wallet(contribution.pool).closed) return [];
  const amount = Number(applyFloor(contribution.share, BigInt(Math.max(0, points - arrears))));
  if (amount === 0) return [];
  return [{ do: 'give', id: contribution.transferId, from: wallet, to: contribution.pool, amount, code: 'POOL_CONTRIBUTION', termsId: null }];
}
