import { CapReached, requireWithinLimits } from '../../coalition/coalition/amount-limits';
import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, LedgerView, Plan } from '../../ledger/ledger/posting';
import { MAX_POINTS } from '../../ledger/points/amount';
import { type Day, dayToIso } from '../../ledger/points/calendar';
import { WalletLocked } from '../../members/identification/member-refusals';
import type { Uuid } from '../../platform/ids';
import type { RefusalData } from '../../platform/refusal';
import { type HeldLimit, withinLimits } from '../limits/within-limits';
import { orRefusal } from '../postings/posting-time';
import type { GiftRule } from './gift-rule';
import { GIFT } from './gift-table';

/** All that a gift is planned from, loaded beforehand. */
export interface GiftFacts {
  /** Also the id of the transfer. */
  readonly giftId: Uuid;
  readonly postingId: Uuid;
  /** The brand that asks for the member; null: the member asks. */
  readonly brandId: Uuid | null;
  readonly from: { readonly memberId: Uuid; readonly walletId: Uuid; readonly account: AccountId; readonly locked: boolean };
  readonly to: { readonly memberId: Uuid; readonly walletId: Uuid; readonly account: AccountId };
  readonly currency: { readonly id: number; readonly code: string };
  readonly rule: GiftRule;
  /** Velocity limits that the gift must keep: see limitsFor. */
  readonly limits: readonly HeldLimit[];
  readonly points: number;
  /** Local day of the gift, and when the next one begins. */
  readonly day: Day;
  readonly resetsAt: Date;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

/** Under the giver's lock: points given on that local day. */
export function givenCounter(day: Day): string {
  return `given:${dayToIso(day)}`;
}

/** Decides a gift: the rule's limits here, what the giver has by the ledger's step. The lots keep their issuer and month. Pure. */
export function planGift(facts: GiftFacts): (view: LedgerView) => Plan | { refused: RefusalData } {
  const { rule, from, to, points: amount } = facts;
  const key = givenCounter(facts.day);
  return (view) => {
    const allowed = orRefusal(() => {
      if (from.locked) throw new WalletLocked();
      requireWithinLimits({ ...rule, maximum: rule.dailyMaximum }, BigInt(amount));
      // Where the rule has no maximum, what can be counted is one.
      const left = Math.max(0, Number(rule.dailyMaximum ?? MAX_POINTS) - view.counter(from.account, key));
      if (amount > left) throw new CapReached(left, facts.resetsAt);
    });
    if ('refused' in allowed) return allowed;
    const within = withinLimits(view, facts.limits, amount);
    if ('refused' in within) return within;
    return {
      steps: [
        ...within.steps,
        { do: 'give', id: facts.giftId, from: from.account, to: to.account, amount, code: 'GIFT', termsId: null },
        { do: 'count', account: from.account, key, by: amount },
      ],
      rows: [rowOf(facts)],
      answer: { giftId: facts.giftId, currency: facts.currency.code, points: amount, occurredAt: facts.occurredAt.toISOString() },
    };
  };
}

function rowOf(facts: GiftFacts) {
  return alongside(GIFT, {
    id: facts.giftId,
    wallet_id: facts.from.walletId,
    member_id: facts.from.memberId,
    to_wallet_id: facts.to.walletId,
    to_member_id: facts.to.memberId,
    brand_id: facts.brandId,
    posting_id: facts.postingId,
    currency_id: facts.currency.id,
    points: facts.points,
    rule_id: facts.rule.id,
    occurred_at: facts.occurredAt.getTime(),
    recorded_at: facts.recordedAt.getTime(),
  });
}
