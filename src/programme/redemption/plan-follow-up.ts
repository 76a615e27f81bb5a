import type { HoldView, LedgerView, Plan } from '../../ledger/ledger/posting';
import { type Day, dayOf } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import type { Uuid } from '../../platform/ids';
import type { RefusalData } from '../../platform/refusal';
import { activity } from '../expiry/activity';
import { awaySince } from '../expiry/away';
import { type RedemptionFact, usedCounter } from '../postings/attached-redemptions';
import { orRefusal } from '../postings/posting-time';
import { flooredToPayable } from './check-rule';
import type { FollowUpFacts } from './follow-up';
import { requireKept } from './keep-rule';
import { HoldExpired, HoldNotOpen, NothingToRefund, PaysForPurchase, RefundExceedsRedemption } from './redemption-refusals';

type Planned = (view: LedgerView) => Plan | { refused: RefusalData };

/** Spends all of a hold, or so many of its points; the rest is released. Pure. */
export function planCapture(facts: FollowUpFacts, transferId: Uuid, points: number | null): Planned {
  return (view) => {
    const hold = heldBy(facts, view);
    if (!hold) return { refused: new HoldNotOpen('BURNED').toData() };
    if (isOver(hold, facts)) return { refused: new HoldExpired(new Date(hold.expiresAt)).toData() };
    const amount = points ?? hold.amount;
    if (hold.state === 'OPEN' && amount < hold.amount) {
      const keeps = orRefusal(() => requireKept(facts.rule, { points: BigInt(amount), all: BigInt(hold.amount), by: 'CAPTURE' }));
      if ('refused' in keeps) return keeps;
    }
    // The ledger refuses what is not open, has expired, or is more than was held.
    // A pool has no expiry of its own: what is in it keeps the dates that it came with.
    const slide = facts.redemption.poolId === null ? activity(facts.currency.expiry, facts.redemption.account, facts.day) : [];
    return {
      steps: [...slide, { do: 'capture', id: transferId, holdId: hold.id, amount, bookedOn: bookedOn(facts) }],
      answer: answerOf(facts, amount, hold.amount - amount),
    };
  };
}

/** Gives all points of a hold back. Pure. */
export function planVoid(facts: FollowUpFacts): Planned {
  return (view) => {
    const hold = heldBy(facts, view);
    if (!hold) return { refused: new HoldNotOpen('BURNED').toData() };
    if (isOver(hold, facts)) return { refused: new HoldExpired(new Date(hold.expiresAt)).toData() };
    return { steps: [{ do: 'release', holdId: hold.id, as: 'VOIDED', bookedOn: bookedOn(facts) }], answer: answerOf(facts, hold.amount, hold.amount) };
  };
}

/**
 * Gives points of a burn or capture that pays for no purchase back to the lots they came from: all that is left, or so
 * many. Pure.
 */
export function planRefund(facts: FollowUpFacts, transferId: Uuid, points: number | null): Planned {
  return (view) => {
    const { spentBy } = facts.redemption;
    const spent = spentBy === null ? undefined : view.transfer(spentBy);
    if (!spent) return { refused: new NothingToRefund().toData() };
    if (view.counter(facts.usedIn, usedCounter(facts.redemption.id)) > 0) return { refused: new PaysForPurchase().toData() };
    const refundable = spent.amount - spent.reversed;
    const amount = points ?? refundable;
    if (amount > refundable || amount === 0) return { refused: new RefundExceedsRedemption(refundable).toData() };
    if (amount < refundable) {
      const keeps = orRefusal(() => requireKept(facts.rule, { points: BigInt(refundable - amount), all: BigInt(refundable), by: 'REFUND' }));
      if ('refused' in keeps) return keeps;
    }
    const away = awaySince(facts.redemption.occurredAt, facts.now, facts.currency);
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
function bookedOn({ now, currency }: FollowUpFacts): Day {
  return dayOf(now, currency.timeZone);
}

function heldBy({ redemption }: FollowUpFacts, view: LedgerView): HoldView | undefined {
  return redemption.kind === 'HOLD' ? view.hold(redemption.id) : undefined;
}

/**
 * Also for what happened before the end and is told after it: the answer must not hang on whether a worker has booked
 * the end meanwhile.
 */
function isOver(hold: HoldView, { now }: FollowUpFacts): boolean {
  return hold.state === 'OPEN' && hold.expiresAt <= now.getTime();
}

function answerOf({ redemption, currency, occurredAt }: FollowUpFacts, points: number, released: number) {
  return {
    redemptionId: redemption.id,
    currency: currency.code,
    points,
    released,
    moneyValue: formatDecimal(partOfValue(redemption, points), 6),
    moneyCurrency: redemption.moneyCurrency,
    occurredAt: occurredAt.toISOString(),
  };
}

/** What a part of the points pays, floored; never worked out by a rule that came later. */
function partOfValue({ moneyValue, points: all, moneyCurrency, arithmetic }: RedemptionFact, points: number): bigint {
  const part = moneyValue * BigInt(points);
  return arithmetic === 1 ? part / BigInt(all) : flooredToPayable(part, BigInt(all), moneyCurrency);
}
