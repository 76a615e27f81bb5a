import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, LedgerView, Plan, Step } from '../../ledger/ledger/posting';
import { type Day, dayToIso, NEVER } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import type { RefusalData } from '../../platform/refusal';
import { AWARD_RESOLUTION } from '../purchases/fact-tables';
import type { PurchaseFact } from '../purchases/read-purchase';
import { awardCounter, CONFIRMED, isTakenBack } from './award';
import { AwardCancelled, AwardConfirmed, NoPendingAward } from './earning-refusals';

/** All that a confirmation is planned from, loaded beforehand. */
export interface ConfirmationFacts {
  readonly postingId: Uuid;
  readonly changeId: Uuid;
  readonly purchase: PurchaseFact;
  /** Where its points are: of a merged member, the survivor's. */
  readonly wallet: AccountId;
  readonly currency: string;
  /** Local day on which the confirmation is told: the posting is judged by no later one. */
  readonly toldOn: Day;
  /** The dates that the points get. */
  readonly lot: { readonly availableOn: Day; readonly expiresOn: Day };
  /** What it does to the wallet's own expiry: see activity. */
  readonly activity: readonly Step[];
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

/**
 * Decides whether points that wait for it become spendable. Under the wallet's lock, so that they are confirmed or
 * cancelled, and once. Pure.
 */
export function planConfirmation(facts: ConfirmationFacts): (view: LedgerView) => Plan | { refused: RefusalData } {
  const { purchase, toldOn, occurredAt, recordedAt } = facts;
  const deadline = purchase.award?.deadline ?? null;
  const key = awardCounter(purchase.id);
  return (view) => {
    const earned = purchase.earnTransferId === null ? undefined : view.transfer(purchase.earnTransferId);
    if (deadline === null || !earned) return { refused: new NoPendingAward().toData() };
    const became = view.counter(purchase.account, key);
    if (became === CONFIRMED) return { refused: new AwardConfirmed().toData() };
    if (isTakenBack(became, deadline, toldOn)) return { refused: new AwardCancelled(dayToIso(deadline)).toData() };
    // Of a wallet that is closed for good they have ended with it.
    const points = view.wallet(facts.wallet).closed ? 0 : earned.amount - earned.reversed;
    if (points === 0) return { refused: new NoPendingAward().toData() };
    return {
      steps: [
        ...facts.activity,
        { do: 'count', account: purchase.account, key, by: CONFIRMED },
        { do: 'redate', id: facts.changeId, credit: earned.id, ...facts.lot, wallet: facts.wallet },
      ],
      rows: [
        alongside(AWARD_RESOLUTION, {
          wallet_id: purchase.walletId,
          purchase_id: purchase.id,
          brand_id: purchase.brandId,
          posting_id: facts.postingId,
          state: 'CONFIRMED',
          points,
          occurred_at: occurredAt.getTime(),
          recorded_at: recordedAt.getTime(),
        }),
      ],
      answer: {
        purchaseId: purchase.id,
        currency: facts.currency,
        points,
        expiresOn: facts.lot.expiresOn === NEVER ? null : dayToIso(facts.lot.expiresOn),
        confirmedAt: occurredAt.toISOString(),
      },
    };
  };
}
