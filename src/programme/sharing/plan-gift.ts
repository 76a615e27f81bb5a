import { capRefusals, requireWithinLimits } from '../../coalition/coalition/amount-limits';
import { alongside } from '../../ledger/ledger/alongside';
import { debitRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, Planner } from '../../ledger/ledger/posting';
import { MAX_POINTS } from '../../ledger/points/amount';
import { type Day, dayStart, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { type HeldLimit, withinLimits } from '../limits/within-limits';
import type { When } from '../postings/posting-time';
import type { GiftRule } from './gift-rule';
import { GIFT } from './gift-table';

/** All that a gift is planned from, loaded beforehand. */
export interface GiftFacts {
  /** Also the id of the transfer. */
  readonly giftId: Uuid;
  readonly postingId: Uuid;
  readonly who: {
    /** The brand that asks for the member; null: the member asks. */
    readonly brandId: Uuid | null;
    readonly from: Side & { readonly locked: boolean };
    readonly to: Side;
  };
  readonly currency: { readonly id: number; readonly code: string; readonly timeZone: string };
  readonly rule: GiftRule;
  /** Velocity limits that the gift must keep: see limitsFor. */
  readonly limits: readonly HeldLimit[];
  readonly points: number;
  readonly when: When;
}

interface Side {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  readonly account: AccountId;
}

/** What it came to; stored with it. */
export type GiftAnswer = {
  readonly giftId: Uuid;
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly points: number;
  readonly occurredAt: string;
};

/** Under the giver's lock: points given on that local day. */
export function givenCounter(day: Day): string {
  return `given:${dayToIso(day)}`;
}

/**
 * Decides a gift: the rule's limits here, what the giver has by the ledger's step. The lots keep their issuer and
 * month. Pure.
 */
export function planGift(facts: GiftFacts): Planner<GiftAnswer> {
  const { giftId, rule, currency, points: amount, when } = facts;
  const { from, to } = facts.who;
  const key = givenCounter(when.day);
  return (view) => {
    if (from.locked) throw debitRefusals.refuse('WALLET_LOCKED');
    requireWithinLimits({ ...rule, maximum: rule.dailyMaximum }, BigInt(amount));
    // Where the rule has no maximum, what can be counted is one.
    const left = Math.max(0, Number(rule.dailyMaximum ?? MAX_POINTS) - view.counter(from.account, key));
    if (amount > left) throw capRefusals.refuse('CAP_REACHED', { capLeft: left, resetsAt: dayStart(when.day + 1, currency.timeZone) });
    const within = withinLimits(view, facts.limits, amount);
    if ('refused' in within) return within;
    return {
      steps: [
        ...within.steps,
        { do: 'give', id: giftId, from: from.account, to: to.account, amount, code: 'GIFT', termsId: null },
        { do: 'count', account: from.account, key, by: amount },
      ],
      rows: [rowOf(facts)],
      answer: { giftId, currency: currency.code, points: amount, occurredAt: when.occurredAt.toISOString() },
    };
  };
}

function rowOf({ giftId, postingId, who: { brandId, from, to }, currency, points, rule, when }: GiftFacts) {
  return alongside(GIFT, {
    id: giftId,
    wallet_id: from.walletId,
    member_id: from.memberId,
    to_wallet_id: to.walletId,
    to_member_id: to.memberId,
    brand_id: brandId,
    posting_id: postingId,
    currency_id: currency.id,
    points,
    rule_id: rule.id,
    occurred_at: when.occurredAt.getTime(),
    recorded_at: when.recordedAt.getTime(),
  });
}
