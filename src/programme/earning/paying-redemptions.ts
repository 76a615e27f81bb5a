import type { AccountId, LedgerView } from '../../ledger/ledger/posting';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { idOf, listOf, optional, points } from '../../platform/refusal-fields';
import { type RedemptionFact, usedCounter } from '../postings/attached-redemptions';
import type { ExactAmount } from '../purchases/exact-amount';
import { minorUnitOf } from '../purchases/minor-unit';
import { spentRefusals } from '../redemption/plan-follow-up';
import type { RedemptionRules } from '../redemption/redemption-rule';
import { pointsTaken, worthOf } from './points-taken';

const REDEMPTION_TO_REFUND = {
  name: 'RedemptionToRefund',
  description: 'Points of a redemption that a basket does not take.',
  fields: {
    redemptionId: idOf('redemption', 'The redemption, as it was named.'),
    points: points('Points to refund of it, so that the same purchase can be sent again.'),
  },
  discloses: { redemptionId: 'OWN', points: 'OWN' },
} as const;

/** What is refused of redemptions that are to pay a part of a purchase. */
export const payingRefusals = refusals(
  spentRefusals,
  defineRefusal('REDEMPTION_MISMATCH', {
    description:
      'An attached redemption is of another member, points currency or money; or the redemptions pay more than the basket costs, or than the share of it that their rules let points pay.',
    retrySafe: true,
    message: "A redemption that pays part of a purchase must be the same member's, in the same points currency and money.",
    fields: {
      mostPoints: optional(points('Most of these points that may pay for the basket; null: a redemption is of another member, points currency or money.')),
      refunds: optional(
        listOf(
          REDEMPTION_TO_REFUND,
          'What to refund with refundRedemption before the same request, with the same idempotency key, is sent again; null as mostPoints.',
        ),
      ),
    },
    discloses: { mostPoints: 'OWN', refunds: 'OWN' },
  }),
);
const { refuse } = payingRefusals;

/** The redemptions that are to pay a part of a purchase. */
export interface PayingRedemptions {
  readonly redemptions: readonly RedemptionFact[];
  /** Of each of them, the wallet's account in which it is counted that it was used. */
  readonly usedIn: readonly AccountId[];
  /** Of what they were made under. */
  readonly rulesById: RedemptionRules['byId'];
}

/** The purchase that they are to pay a part of. */
interface PaidPurchase {
  readonly memberId: Uuid;
  readonly currencyId: number;
  readonly moneyCurrency: string;
  readonly cost: ExactAmount;
}

/** What one of them pays. */
export interface PaidPart {
  readonly redemption: RedemptionFact;
  readonly usedIn: AccountId;
  readonly points: number;
  readonly value: ExactAmount;
}

/**
 * What the redemptions pay, all of it or nothing. Throws REDEMPTION_MISMATCH, REDEMPTION_NOT_CAPTURED, REDEMPTION_USED.
 * Pure.
 */
export function paidBy(view: LedgerView, paying: PayingRedemptions, purchase: PaidPurchase): PaidPart[] {
  const minorUnit = minorUnitOf(purchase.moneyCurrency);
  const paid = paying.redemptions.map((redemption, at) => {
    const usedIn = itemAt(paying.usedIn, at);
    const points = usablePoints(view, redemption, usedIn, purchase);
    return { redemption, usedIn, points, value: worthOf(redemption, points, minorUnit) };
  });
  if (paid.length > 0) requireTaken(paid, paying, purchase.cost, minorUnit);
  return paid;
}

function usablePoints(view: LedgerView, redemption: RedemptionFact, usedIn: AccountId, { memberId, currencyId, moneyCurrency }: PaidPurchase): number {
  if (redemption.memberId !== memberId || redemption.currencyId !== currencyId || redemption.moneyCurrency !== moneyCurrency)
    throw refuse('REDEMPTION_MISMATCH');
  if (redemption.spentBy !== null && view.counter(usedIn, usedCounter(redemption.id)) > 0)
    throw refuse('REDEMPTION_USED', { message: 'This redemption has paid part of another purchase already.' });
  const spent = redemption.spentBy === null ? undefined : view.transfer(redemption.spentBy);
  const points = spent ? spent.amount - spent.reversed : 0;
  if (points > 0) return points;
  throw refuse('REDEMPTION_NOT_CAPTURED', {
    message: 'No points are spent by this redemption: it was not captured, or was voided, has expired or was refunded.',
  });
}

function requireTaken(paid: readonly PaidPart[], { rulesById }: PayingRedemptions, cost: ExactAmount, minorUnit: ExactAmount): void {
  const offered = paid.map(({ redemption, points }) => {
    const rule = rulesById.get(redemption.ruleId);
    if (!rule) throw new Error(`the rule of redemption ${redemption.id} is missing`);
    return { redemption, points, rule };
  });
  const taken = pointsTaken(cost, offered, minorUnit);
  const refunds = paid.flatMap(({ redemption, points }, at) => {
    const beyond = points - itemAt(taken, at);
    return beyond > 0 ? { at, redemptionId: redemption.id, points: beyond } : [];
  });
  if (refunds.length === 0) return;
  const mostPoints = taken.reduce((sum, points) => sum + points, 0);
  const first = refunds.map(({ at, points }) => `${points} points of redemptionIds.${at}`).join(', ');
  const message = `At most ${mostPoints} of these points may pay for this basket. Refund ${first} (refundRedemption), then send the same request again.`;
  throw refuse('REDEMPTION_MISMATCH', { mostPoints, refunds, message });
}
