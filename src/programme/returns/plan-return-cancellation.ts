import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, LedgerView, Planner, Step } from '../../ledger/ledger/posting';
import { StateMoved } from '../../ledger/ledger/state-moved';
import { type Day, dayToIso } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import type { Refusal } from '../../platform/refusal';
import { oneOf } from '../../platform/refusal-fields';
import { awardCounter, isTakenBack } from '../earning/award';
import { lateAwardRefusals } from '../earning/plan-confirmation';
import { awaySince } from '../expiry/away';
import type { When } from '../postings/posting-time';
import { PURCHASE_RETURN_CANCELLATION } from '../purchases/fact-tables';
import type { PurchaseFact } from '../purchases/read-purchase';
import type { ReturnFact } from './read-return';
import { cancelledCounter, countReturned, reducedCounter, returnedCounter } from './return-counters';

/** Why a return cannot be cancelled (now). */
export const KEEPING_REASONS = {
  LATER_RETURN: 'More of the purchase came back later. Cancel the latest return first.',
  POINTS_EXPIRED: 'Points of the purchase had expired unspent when it came back, and went back to their issuer. Record the purchase anew.',
  POOL_LEFT: "Points that came back to a household's pool went on to a member who has left it. Record the purchase anew.",
} as const;

/** What is refused where a return is cancelled. */
export const planCancellationRefusals = refusals(
  lateAwardRefusals,
  defineRefusal('ALREADY_CANCELLED', {
    description: 'The return was cancelled before, by another request.',
    retrySafe: false,
    message: 'This return is cancelled already.',
  }),
  defineRefusal('RETURN_NOT_CANCELLABLE', {
    description: 'The return cannot be cancelled, for a reason that is told. Nothing is stored under the key.',
    retrySafe: true,
    fields: { reason: oneOf('ReturnKeptReason', 'Why.') },
    discloses: { reason: 'OWN' },
    message: (_, { reason }: { reason: keyof typeof KEEPING_REASONS }) => KEEPING_REASONS[reason],
  }),
);

/** All that a cancellation is planned from, loaded beforehand. */
export interface CancellationFacts {
  /** `giving`: of the transfer that gives back; `taking`: one for each of the return's reinstatements. */
  readonly ids: { readonly postingId: Uuid; readonly giving: Uuid; readonly taking: readonly Uuid[] };
  readonly fact: ReturnFact;
  readonly purchase: Pick<PurchaseFact, 'id' | 'walletId' | 'brandId' | 'account' | 'award'> & { readonly lines: readonly { readonly lineNo: number }[] };
  /** Where the wallets' points are: of a merged member, the survivor's. */
  readonly survivors: { readonly of: (account: AccountId) => AccountId };
  readonly currency: Pick<PointCurrency, 'code' | 'timeZone' | 'graceDays'> & { readonly expiry: Pick<PointCurrency['expiry'], 'kind'> };
  readonly when: Pick<When, 'occurredAt' | 'recordedAt'> & {
    /** Local day of recordedAt. */
    readonly recordedOn: Day;
  };
}

/** What a cancellation came to; stored with it. */
export type CancellationAnswer = {
  readonly returnId: Uuid;
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** Points that the return took back, given to the member again, in the currency's smallest unit. */
  readonly pointsGivenBack: number;
  /** Points of those that paid what the member owed: what was left of the return's own arrears first. */
  readonly arrearsFilled: number;
  /** Points that the return gave back, taken again. */
  readonly pointsTakenBack: number;
  readonly occurredAt: string;
};

/**
 * Undoes the latest return of a purchase: its points go back by transfers that reverse its own, and its goods count as
 * sold. First what it took comes back, so that it is there for what it gave. Pure; StateMoved where another return was
 * recorded or cancelled since this one was looked up.
 */
export function planReturnCancellation(facts: CancellationFacts): Planner<CancellationAnswer> {
  const { ids, fact, purchase, survivors, currency, when } = facts;
  const { account } = purchase;
  return (view) => {
    if (view.counter(account, cancelledCounter(fact.id)) > 0) return planCancellationRefusals.refused('ALREADY_CANCELLED');
    requireStanding(facts, view);
    const kept = whyKept(facts, view);
    if (kept) return { refused: kept.toData() };
    const steps: Step[] = [
      { do: 'count', account, key: cancelledCounter(fact.id), by: 1 },
      ...fact.lines.flatMap(({ lineNo, quantity, reduction }) => countReturned(account, purchase.id, { lineNo, quantity: -quantity, reduction: -reduction })),
    ];
    const slides = currency.expiry.kind === 'SLIDING';
    if (fact.clawback) {
      const { id: cancels, reverses: credit } = fact.clawback;
      const away = awaySince(fact.occurredAt, when.recordedAt, currency);
      steps.push({ do: 'cancelClawback', id: ids.giving, cancels, credit, away, wallet: survivors.of(account), slides });
    }
    fact.reinstatements.forEach(({ id: cancels, reverses: debit, account: to }, i) => {
      steps.push({ do: 'cancelReinstatement', id: itemAt(ids.taking, i), cancels, debit, wallet: survivors.of(to) });
    });
    const takenBack = (moved: (id: Uuid) => number) => ids.taking.reduce((sum, id) => sum + moved(id), 0);
    return {
      steps,
      rows: (done) => [
        alongside(PURCHASE_RETURN_CANCELLATION, {
          wallet_id: purchase.walletId,
          return_id: fact.id,
          purchase_id: purchase.id,
          brand_id: purchase.brandId,
          posting_id: ids.postingId,
          given_back: done.moved(ids.giving),
          taken_back: takenBack(done.moved),
          occurred_at: when.occurredAt.getTime(),
          recorded_at: when.recordedAt.getTime(),
        }),
      ],
      answer: (done) => ({
        returnId: fact.id,
        purchaseId: purchase.id,
        currency: currency.code,
        pointsGivenBack: done.moved(ids.giving),
        arrearsFilled: done.filled(ids.giving),
        pointsTakenBack: takenBack(done.moved),
        occurredAt: when.occurredAt.toISOString(),
      }),
    };
  };
}

/** What has come back of the purchase must be what was looked up. */
function requireStanding({ fact, purchase }: CancellationFacts, view: LedgerView): void {
  for (const { lineNo } of purchase.lines) {
    const { quantity, reduction } = fact.standing.get(lineNo) ?? { quantity: 0n, reduction: 0n };
    const counted = [returnedCounter, reducedCounter].map((counter) => BigInt(view.counter(purchase.account, counter(purchase.id, lineNo))));
    if (counted[0] !== quantity || counted[1] !== reduction / 1_000n)
      throw new StateMoved(`returns of purchase ${purchase.id} changed since they were looked up`);
  }
}

/** Why it stands; null: it can be cancelled. */
function whyKept({ fact, purchase, when }: CancellationFacts, view: LedgerView): Refusal | null {
  if (fact.last !== fact.id) return planCancellationRefusals.refuse('RETURN_NOT_CANCELLABLE', { reason: 'LATER_RETURN' });
  if (fact.expired > 0) return planCancellationRefusals.refuse('RETURN_NOT_CANCELLABLE', { reason: 'POINTS_EXPIRED' });
  if (fact.leftPool) return planCancellationRefusals.refuse('RETURN_NOT_CANCELLABLE', { reason: 'POOL_LEFT' });
  const deadline = purchase.award?.deadline ?? null;
  // An award that was taken back for want of a confirmation, or is about to be, gets none of its points again.
  if (fact.clawback && deadline !== null && isTakenBack(view.counter(purchase.account, awardCounter(purchase.id)), deadline, when.recordedOn))
    return lateAwardRefusals.refuse('AWARD_CANCELLED', { deadline: dayToIso(deadline) });
  return null;
}
