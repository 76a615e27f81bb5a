import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, Planner, Step } from '../../ledger/ledger/posting';
import { type Day, dayToIso, NEVER } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { day } from '../../platform/refusal-fields';
import type { When } from '../postings/posting-time';
import { AWARD_RESOLUTION } from '../purchases/fact-tables';
import type { PurchaseFact } from '../purchases/read-purchase';
import { awardCounter, CONFIRMED, isTakenBack } from './award';

/** What is refused where an award was not confirmed in time. */
export const lateAwardRefusals = refusals(
  defineRefusal('AWARD_CANCELLED', {
    description: 'The points of the purchase were not confirmed in time, and are taken back.',
    retrySafe: false,
    fields: { deadline: day("The last day on which they could be confirmed, in the currency's time zone.") },
    discloses: { deadline: 'OWN' },
    message: ({ deadline }) => `The points of this purchase could be confirmed until ${deadline} and were taken back since.`,
  }),
);

/** What is refused where an award waits no longer. */
export const awardRefusals = refusals(
  defineRefusal('NO_PENDING_AWARD', {
    description: 'No points of the purchase wait to be confirmed: they need not be, there were none, or all of it came back.',
    retrySafe: false,
    message: 'No points of this purchase wait to be confirmed.',
  }),
  defineRefusal('AWARD_CONFIRMED', {
    description: 'The points of the purchase are confirmed already.',
    retrySafe: false,
    message: 'The points of this purchase are confirmed already.',
  }),
  lateAwardRefusals,
);

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
  readonly when: When;
}

/** What it came to; stored with it. */
export type ConfirmationAnswer = {
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** What the purchase stands for, in the currency's smallest unit: what it earned less what came back. */
  readonly points: number;
  /** First local day on which they can no longer be spent; null: they do not expire by themselves. */
  readonly expiresOn: string | null;
  readonly confirmedAt: string;
};

/**
 * Decides whether points that wait for it become spendable. Under the wallet's lock, so that they are confirmed or
 * cancelled, and once. Pure.
 */
export function planConfirmation(facts: ConfirmationFacts): Planner<ConfirmationAnswer> {
  const { purchase, toldOn, when } = facts;
  const deadline = purchase.award?.deadline ?? null;
  const key = awardCounter(purchase.id);
  return (view) => {
    const earned = purchase.earnTransferId === null ? undefined : view.transfer(purchase.earnTransferId);
    if (deadline === null || !earned) throw awardRefusals.refuse('NO_PENDING_AWARD');
    const became = view.counter(purchase.account, key);
    if (became === CONFIRMED) throw awardRefusals.refuse('AWARD_CONFIRMED');
    if (isTakenBack(became, deadline, toldOn)) throw lateAwardRefusals.refuse('AWARD_CANCELLED', { deadline: dayToIso(deadline) });
    // Of a wallet that is closed for good they have ended with it.
    const points = view.wallet(facts.wallet).closed ? 0 : earned.amount - earned.reversed;
    if (points === 0) throw awardRefusals.refuse('NO_PENDING_AWARD');
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
          occurred_at: when.occurredAt.getTime(),
          recorded_at: when.recordedAt.getTime(),
        }),
      ],
      answer: {
        purchaseId: purchase.id,
        currency: facts.currency,
        points,
        expiresOn: facts.lot.expiresOn === NEVER ? null : dayToIso(facts.lot.expiresOn),
        confirmedAt: when.occurredAt.toISOString(),
      },
    };
  };
}
