import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { holdRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, HoldView, LedgerView, Planner } from '../../ledger/ledger/posting';
import { type Day, dayOf } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import type { SurvivingAccounts } from '../../members/identification/surviving-accounts';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { points } from '../../platform/refusal-fields';
import { activity } from '../expiry/activity';
import { awaySince } from '../expiry/away';
import { type RedemptionFact, usedCounter } from '../postings/attached-redemptions';
import type { When } from '../postings/posting-time';
import { flooredToPayable } from './check-rule';
import { requireKept } from './keep-rule';
import type { RedemptionRule } from './redemption-rule';
/** What is refused of points that are not spent, or pay for something. */
export const spentRefusals = refusals(
  defineRefusal('REDEMPTION_NOT_CAPTURED', {
    description: 'The redemption has spent no points: it is an open, voided or expired hold, or was refunded.',
    retrySafe: true,
    message: 'No points are spent by this redemption: it was not captured, was voided or has expired. An open hold is voided, not refunded.',
  }),
  defineRefusal('REDEMPTION_USED', {
    description:
      'The redemption pays part of a purchase already: an attached one of another purchase; one that is to be refunded comes back by the return of its purchase.',
    retrySafe: false,
    message: 'These points pay for a purchase that is recorded. Record what comes back as its return: that gives points and money back.',
  }),
);

/** What is refused where points are refunded. */
export const planRefundRefusals = refusals(
  spentRefusals,
  defineRefusal('REFUND_EXCEEDS_REDEMPTION', {
    description: 'More points than are left of the redemption to refund.',
    retrySafe: false,
    fields: { refundable: points('Points that can still be refunded.') },
    discloses: { refundable: 'OWN' },
    message: ({ refundable }) => `Only ${refundable} points of this redemption are left to refund.`,
  }),
);

/** What the plan of a follow-up is made from. */
export interface FollowUpFacts {
  readonly redemption: RedemptionFact;
  /** That it was made under: what stays spent keeps its minimum and step. */
  readonly rule: RedemptionRule;
  /** Where its wallet's points are: of a merged member, the survivor's. */
  readonly survivors: Pick<SurvivingAccounts, 'of'>;
  /** The wallet's account in which it is counted that the redemption pays for a purchase. */
  readonly usedIn: AccountId;
  readonly currency: Pick<PointCurrency, 'code' | 'graceDays' | 'timeZone' | 'expiry'>;
  readonly when: When;
}

/** What became of the redemption; stored with the posting. */
export type FollowUpAnswer = {
  readonly redemptionId: Uuid;
  readonly currency: string;
  /** Points captured, released or refunded by this request. */
  readonly points: number;
  /** Of a capture: points of the hold that were released. */
  readonly released: number;
  /** Decimal text with six decimals: what those points pay. */
  readonly moneyValue: string;
  readonly moneyCurrency: string;
  readonly occurredAt: string;
};

/** Spends all of a hold, or so many of its points; the rest is released. Pure. */
export function planCapture(facts: FollowUpFacts, transferId: Uuid, points: number | null): Planner<FollowUpAnswer> {
  return (view) => {
    const hold = heldBy(facts, view);
    if (!hold) throw holdRefusals.refuse('HOLD_NOT_OPEN', { state: 'BURNED' });
    const amount = points ?? hold.amount;
    if (hold.state === 'OPEN' && amount < hold.amount) requireKept(facts.rule, { points: BigInt(amount), all: BigInt(hold.amount), by: 'CAPTURE' });
    // The ledger refuses what is not open, has expired, or is more than was held.
    // A pool has no expiry of its own: what is in it keeps the dates that it came with.
    const slide = facts.redemption.poolId === null ? activity(facts.currency.expiry, facts.redemption.account, facts.when.day) : [];
    return {
      steps: [...slide, { do: 'capture', id: transferId, holdId: hold.id, amount, bookedOn: bookedOn(facts) }],
      answer: answerOf(facts, amount, hold.amount - amount),
    };
  };
}

/** Gives all points of a hold back. Pure. */
export function planVoid(facts: FollowUpFacts): Planner<FollowUpAnswer> {
  return (view) => {
    const hold = heldBy(facts, view);
    if (!hold) throw holdRefusals.refuse('HOLD_NOT_OPEN', { state: 'BURNED' });
    return { steps: [{ do: 'release', holdId: hold.id, as: 'VOIDED', bookedOn: bookedOn(facts) }], answer: answerOf(facts, hold.amount, hold.amount) };
  };
}

/**
 * Gives points of a burn or capture that pays for no purchase back to the lots they came from: all that is left, or so
 * many. Pure.
 */
export function planRefund(facts: FollowUpFacts, transferId: Uuid, points: number | null): Planner<FollowUpAnswer> {
  return (view) => {
    const { spentBy } = facts.redemption;
    const spent = spentBy === null ? undefined : view.transfer(spentBy);
    if (!spent) throw spentRefusals.refuse('REDEMPTION_NOT_CAPTURED');
    if (view.counter(facts.usedIn, usedCounter(facts.redemption.id)) > 0) throw spentRefusals.refuse('REDEMPTION_USED');
    const refundable = spent.amount - spent.reversed;
    const amount = points ?? refundable;
    if (amount > refundable || amount === 0) throw planRefundRefusals.refuse('REFUND_EXCEEDS_REDEMPTION', { refundable });
    if (amount < refundable) requireKept(facts.rule, { points: BigInt(refundable - amount), all: BigInt(refundable), by: 'REFUND' });
    const away = awaySince(facts.redemption.occurredAt, facts.when.recordedAt, facts.currency);
    const wallet = facts.survivors.of(facts.redemption.account);
    const slides = facts.redemption.poolId === null && facts.currency.expiry.kind === 'SLIDING';
    // Into a wallet that is closed for good nothing comes back: the ledger refuses, and the points stay with whoever
    // redeemed them.
    return {
      steps: [{ do: 'reinstate', id: transferId, reverses: spent.id, amount, code: 'REFUND', away, wallet, slides }],
      answer: answerOf(facts, amount, 0),
    };
  };
}

/** The local day on which it is told. */
function bookedOn({ when, currency }: FollowUpFacts): Day {
  return dayOf(when.recordedAt, currency.timeZone);
}

function heldBy({ redemption }: FollowUpFacts, view: LedgerView): HoldView | undefined {
  return redemption.kind === 'HOLD' ? view.hold(redemption.id) : undefined;
}

function answerOf({ redemption, currency, when }: FollowUpFacts, points: number, released: number): FollowUpAnswer {
  return {
    redemptionId: redemption.id,
    currency: currency.code,
    points,
    released,
    moneyValue: formatDecimal(partOfValue(redemption, points), 6),
    moneyCurrency: redemption.moneyCurrency,
    occurredAt: when.occurredAt.toISOString(),
  };
}

/** What a part of the points pays, floored; never worked out by a rule that came later. */
function partOfValue({ moneyValue, points: all, moneyCurrency, arithmetic }: RedemptionFact, points: number): bigint {
  const part = moneyValue * BigInt(points);
  return arithmetic === 1 ? part / BigInt(all) : flooredToPayable(part, BigInt(all), moneyCurrency);
}
