import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { alongside } from '../../ledger/ledger/alongside';
import { debitRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, Planner, Step } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import type { PoolAccess } from '../../members/households/household';
import type { Uuid } from '../../platform/ids';
import { type HeldLimit, withinLimits } from '../limits/within-limits';
import type { When } from '../postings/posting-time';
import { REDEMPTION } from '../purchases/fact-tables';
import { poolSpendingRefusals, standingOf } from '../sharing/standing';
import { type CardLimit, withinCardLimit } from './card-limit';
import { checkRule, moneyValue, type PaidPurchase } from './check-rule';
import type { RedemptionRule } from './redemption-rule';

/** All that a burn or hold is planned from, loaded beforehand. */
export interface RedemptionFacts {
  /** Also the id of the transfer (burn) or of the ledger's hold. */
  readonly redemptionId: Uuid;
  readonly postingId: Uuid;
  readonly who: {
    readonly brandId: Uuid;
    readonly memberId: Uuid;
    readonly walletId: Uuid;
    /** The wallet's own row says that it is locked. */
    readonly locked: boolean;
  };
  readonly accounts: {
    /** The member's own: its lock and limits hold for what is spent from the pool too. */
    readonly wallet: AccountId;
    /** Whose points are spent: the wallet's, or the pool's. */
    readonly from: AccountId;
    readonly redeemed: AccountId;
  };
  /** The household whose points are spent, and the member's place in it; null: the member's own points. */
  readonly household: Pick<PoolAccess, 'id' | 'poolId'> | null;
  /** What is there to be spent is not looked at, so that the answer tells nothing of it: see planRedemption. */
  readonly unseen: boolean;
  readonly currency: Pick<PointCurrency, 'id' | 'code' | 'timeZone' | 'graceDays'>;
  readonly terms: { readonly id: Uuid };
  readonly rule: RedemptionRule;
  readonly limits: {
    /** Most points that one redemption may spend: see mostClearable. */
    readonly mostPoints: bigint;
    /** See limitsFor. */
    readonly velocity: readonly HeldLimit[];
    /** Where only a card was shown: what may be burned on it; null: no limit. */
    readonly card: CardLimit | null;
  };
  readonly command: {
    readonly points: number;
    readonly source: 'WALLET' | 'POOL';
    readonly purchase: PaidPurchase | null;
    readonly channel: string | null;
    readonly instrument: string | null;
    readonly reference: string | null;
  };
  readonly when: When;
  /** A hold's end; null: the points are burned at once. */
  readonly holdUntil: Date | null;
  /** What spending does to the wallet's own expiry: see activity. */
  readonly activity: readonly Step[];
}

/** What a burn or hold came to; stored with it. */
export type SpendingAnswer = {
  readonly redemptionId: Uuid;
  readonly source: 'WALLET' | 'POOL';
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly points: number;
  /** Decimal text with six decimals: what the points pay. */
  readonly moneyValue: string;
  readonly moneyCurrency: string;
  /** When a hold ends by itself; null for a burn. */
  readonly expiresAt: string | null;
  readonly occurredAt: string;
};

/**
 * Decides a burn or hold: the rule's limits here, the wallet's by the ledger's step. A dry run for somebody who may not
 * know what the member has is judged by everything else (`unseen`): no household is asked, and no step spends anything.
 * Pure.
 */
export function planRedemption(facts: RedemptionFacts): Planner<SpendingAnswer> {
  const { redemptionId: id, accounts, household, rule, limits, holdUntil } = facts;
  const { points: amount, purchase } = facts.command;
  const value = moneyValue(rule, BigInt(amount));
  const answer = answerOf(facts, value);
  return (view) => {
    if (household && standingOf(view, accounts.from, household.id) !== 'SPENDS') throw poolSpendingRefusals.refuse('POOL_NOT_SPENDABLE');
    if (facts.who.locked || view.wallet(accounts.wallet).spendLocked) throw debitRefusals.refuse('WALLET_LOCKED');
    checkRule(rule, BigInt(amount), purchase, limits.mostPoints);
    const within = withinLimits(view, limits.velocity, amount);
    if ('refused' in within) return within;
    const onCard = withinCardLimit(view, limits.card, amount);
    if ('refused' in onCard) return onCard;
    const counts = [...within.steps, ...onCard];
    if (facts.unseen) return { steps: counts, answer };
    const common = { id, from: accounts.from, to: accounts.redeemed, amount, termsId: facts.terms.id };
    const step: Step = holdUntil === null ? { do: 'debit', ...common, code: 'BURN' } : { do: 'hold', ...common, ...endOfHold(facts, holdUntil) };
    return { steps: [...facts.activity, ...counts, step], rows: [rowOf(facts, value)], answer };
  };
}

function endOfHold({ currency: { timeZone, graceDays } }: RedemptionFacts, until: Date) {
  return { expiresAt: until.getTime(), expiresOn: dayOf(until, timeZone), graceDays };
}

function rowOf(facts: RedemptionFacts, value: bigint) {
  const { who, accounts, household, currency, terms, rule, command, when } = facts;
  return alongside(REDEMPTION, {
    id: facts.redemptionId,
    wallet_id: who.walletId,
    brand_id: who.brandId,
    member_id: who.memberId,
    pool_id: household?.poolId ?? null,
    account_id: accounts.from,
    currency_id: currency.id,
    posting_id: facts.postingId,
    kind: facts.holdUntil === null ? 'BURN' : 'HOLD',
    points: command.points,
    money_value: Number(value),
    money_currency: rule.moneyCurrency,
    purchase_amount: command.purchase === null ? null : Number(command.purchase.amount),
    channel: command.channel,
    instrument: command.instrument,
    reference: command.reference,
    rule_id: rule.id,
    arithmetic: 2,
    terms_id: terms.id,
    occurred_at: when.occurredAt.getTime(),
    recorded_at: when.recordedAt.getTime(),
  });
}

function answerOf({ redemptionId, command, currency, rule, holdUntil, when }: RedemptionFacts, value: bigint): SpendingAnswer {
  return {
    redemptionId,
    source: command.source,
    currency: currency.code,
    points: command.points,
    moneyValue: formatDecimal(value, 6),
    moneyCurrency: rule.moneyCurrency,
    expiresAt: holdUntil?.toISOString() ?? null,
    occurredAt: when.occurredAt.toISOString(),
  };
}
