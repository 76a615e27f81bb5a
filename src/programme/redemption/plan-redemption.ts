import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, LedgerView, Plan, Step } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import type { PoolAccess } from '../../members/households/household';
import { WalletLocked } from '../../members/identification/member-refusals';
import type { Uuid } from '../../platform/ids';
import type { RefusalData } from '../../platform/refusal';
import { type HeldLimit, withinLimits } from '../limits/within-limits';
import { orRefusal } from '../postings/posting-time';
import { REDEMPTION } from '../purchases/fact-tables';
import { PoolNotSpendable } from '../sharing/sharing-refusals';
import { standingOf } from '../sharing/standing';
import { type CardLimit, withinCardLimit } from './card-limit';
import { checkRule, moneyValue, type PaidPurchase } from './check-rule';
import type { RedemptionRule } from './redemption-rule';

/** All that a burn or hold is planned from, loaded beforehand. */
export interface RedemptionFacts {
  /** Also the id of the transfer (burn) or of the ledger's hold. */
  readonly redemptionId: Uuid;
  readonly postingId: Uuid;
  readonly brandId: Uuid;
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** The member's own account: its lock and limits hold for what is spent from the pool too. */
  readonly wallet: AccountId;
  /** The account whose points are spent: the wallet's, or the pool's. */
  readonly from: AccountId;
  /** The household whose points are spent, and the member's place in it; null: the member's own points. */
  readonly household: Pick<PoolAccess, 'id' | 'poolId'> | null;
  readonly source: 'WALLET' | 'POOL';
  /** What is there to be spent is not looked at, so that the answer tells nothing of it: see planRedemption. */
  readonly unseen: boolean;
  readonly redeemed: AccountId;
  /** The wallet's own row says that it is locked. */
  readonly locked: boolean;
  readonly currency: Pick<PointCurrency, 'id' | 'code' | 'timeZone' | 'graceDays'>;
  readonly rule: RedemptionRule;
  readonly termsId: Uuid;
  readonly points: number;
  /** Most points that one redemption may spend: see mostClearable. */
  readonly mostPoints: bigint;
  /** Velocity limits that the redemption must keep: see limitsFor. */
  readonly limits: readonly HeldLimit[];
  /** Where only a card was shown: what may be burned on it; null: no limit. */
  readonly cardLimit: CardLimit | null;
  readonly purchase: PaidPurchase | null;
  /** A hold's end; null: the points are burned at once. */
  readonly holdUntil: Date | null;
  /** What spending does to the wallet's own expiry: see activity. */
  readonly activity: readonly Step[];
  readonly channel: string | null;
  readonly instrument: string | null;
  readonly reference: string | null;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

/**
 * Decides a burn or hold: the rule's limits here, the wallet's by the ledger's step. A dry run for somebody who may not
 * know what the member has is judged by everything else (`unseen`): no household is asked, and no step spends anything.
 * Pure.
 */
export function planRedemption(facts: RedemptionFacts): (view: LedgerView) => Plan | { refused: RefusalData } {
  const { rule, redemptionId: id, termsId, points: amount, holdUntil } = facts;
  const value = moneyValue(rule, BigInt(amount));
  return (view) => {
    const allowed = orRefusal(() => {
      if (facts.household && standingOf(view, facts.from, facts.household.id) !== 'SPENDS') throw new PoolNotSpendable();
      if (facts.locked || view.wallet(facts.wallet).spendLocked) throw new WalletLocked();
      checkRule(rule, BigInt(amount), facts.purchase, facts.mostPoints);
    });
    if ('refused' in allowed) return allowed;
    const within = withinLimits(view, facts.limits, amount);
    if ('refused' in within) return within;
    const onCard = withinCardLimit(view, facts.cardLimit, amount);
    if ('refused' in onCard) return onCard;
    const common = { id, from: facts.from, to: facts.redeemed, amount, termsId };
    const counts = [...within.steps, ...onCard];
    if (facts.unseen) return { steps: counts, answer: answerOf(facts, value) };
    const step: Step = holdUntil === null ? { do: 'debit', ...common, code: 'BURN' } : { do: 'hold', ...common, ...endOfHold(facts, holdUntil) };
    return { steps: [...facts.activity, ...counts, step], rows: [rowOf(facts, value)], answer: answerOf(facts, value) };
  };
}

function endOfHold({ currency: { timeZone, graceDays } }: RedemptionFacts, until: Date) {
  return { expiresAt: until.getTime(), expiresOn: dayOf(until, timeZone), graceDays };
}

function rowOf(facts: RedemptionFacts, value: bigint) {
  return alongside(REDEMPTION, {
    id: facts.redemptionId,
    wallet_id: facts.walletId,
    brand_id: facts.brandId,
    member_id: facts.memberId,
    pool_id: facts.household?.poolId ?? null,
    account_id: facts.from,
    currency_id: facts.currency.id,
    posting_id: facts.postingId,
    kind: facts.holdUntil === null ? 'BURN' : 'HOLD',
    points: facts.points,
    money_value: Number(value),
    money_currency: facts.rule.moneyCurrency,
    purchase_amount: facts.purchase === null ? null : Number(facts.purchase.amount),
    channel: facts.channel,
    instrument: facts.instrument,
    reference: facts.reference,
    rule_id: facts.rule.id,
    arithmetic: 2,
    terms_id: facts.termsId,
    occurred_at: facts.occurredAt.getTime(),
    recorded_at: facts.recordedAt.getTime(),
  });
}

function answerOf(facts: RedemptionFacts, value: bigint) {
  return {
    redemptionId: facts.redemptionId,
    source: facts.source,
    currency: facts.currency.code,
    points: facts.points,
    moneyValue: formatDecimal(value, 6),
    moneyCurrency: facts.rule.moneyCurrency,
    expiresAt: facts.holdUntil?.toISOString() ?? null,
    occurredAt: facts.occurredAt.toISOString(),
  };
}
