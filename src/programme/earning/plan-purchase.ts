import { type AlongsideRow, alongside } from '../../ledger/ledger/alongside';
import type { AccountId, LedgerView, Planner, Step } from '../../ledger/ledger/posting';
import { ALWAYS, type Day, dayOf, dayToIso, NEVER } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { type HeldLimit, withinLimits } from '../limits/within-limits';
import { usedCounter } from '../postings/attached-redemptions';
import type { When } from '../postings/posting-time';
import { formatExact, sumAmounts } from '../purchases/exact-amount';
import { PURCHASE, PURCHASE_AWARD, PURCHASE_LINE, PURCHASE_REDEMPTION } from '../purchases/fact-tables';
import { minorUnitOf } from '../purchases/minor-unit';
import { type AutomaticContribution, contributionSteps } from '../sharing/automatic-contribution';
import type { AwardDates } from './award';
import { type WeighedBasket, weighBasket } from './basket';
import { basketPoints } from './basket-points';
import { earningTotals } from './earning-base';
import type { EarningRule, Exclusion } from './earning-rule';
import { type PaidPart, type PayingRedemptions, paidBy, payingRefusals } from './paying-redemptions';
import type { RecordPurchase } from './purchase-command';

/** What is refused of a purchase once its wallet is known. */
export const planPurchaseRefusals = refusals(
  payingRefusals,
  defineRefusal('AMOUNT_TOO_LARGE', {
    description: 'The basket would earn more points than can be held or settled.',
    retrySafe: true,
    message: 'This basket would earn more points than can be held or settled. Check its quantities and prices.',
  }),
);

/** All that a purchase is planned from, loaded beforehand. */
export interface PurchaseFacts {
  readonly ids: { readonly purchaseId: Uuid; readonly postingId: Uuid; readonly earnTransferId: Uuid };
  readonly who: {
    readonly brandId: Uuid;
    readonly memberId: Uuid;
    readonly walletId: Uuid;
    /** The wallet's own row says that it is locked. */
    readonly locked: boolean;
  };
  readonly accounts: { readonly wallet: AccountId; readonly issued: AccountId };
  readonly currency: { readonly id: number; readonly code: string; readonly scale: number; readonly timeZone: string };
  readonly terms: { readonly id: Uuid };
  readonly rule: EarningRule;
  readonly limits: {
    /** Most points that one purchase may earn: see mostClearable. */
    readonly mostPoints: bigint;
    /** That the award must keep: see limitsFor. */
    readonly velocity: readonly HeldLimit[];
  };
  readonly originId: number;
  readonly award: AwardDates;
  /** What earning does to the wallet's own expiry: see activity. */
  readonly activity: readonly Step[];
  /** What of it goes into the household's pool; null: nothing. */
  readonly contribution: AutomaticContribution | null;
  readonly paying: PayingRedemptions;
  readonly command: Pick<RecordPurchase, 'lines' | 'moneyCurrency' | 'channel' | 'instrument' | 'reference'>;
  readonly when: When;
  /** occurredAt as the answer has it. */
  readonly occurredAtText: string;
}

/** What a purchase came to; stored with it. */
export type PurchaseAnswer = {
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** Points earned, in the currency's smallest unit; can be 0. */
  readonly points: number;
  /** Points that the basket earns beyond it, and a velocity limit did not leave. */
  readonly forgone: number;
  readonly moneyCurrency: string;
  /** Decimal text with nine decimals. */
  readonly amount: string;
  readonly eligibleAmount: string;
  readonly paidWithPoints: string;
  readonly leftOut: readonly { readonly lineNo: number; readonly reason: Exclusion }[];
  readonly ruleId: Uuid;
  /**
   * First local day on which the points can no longer be spent; null: they do not expire by themselves, or there are
   * none.
   */
  readonly expiresOn: string | null;
  /**
   * First local day on which they can be spent; null: at once, or once they are confirmed. Absent from answers of
   * before there were pending awards.
   */
  readonly availableOn?: string | null;
  /** Last local day on which the brand can confirm them; null: they need not be. */
  readonly confirmBy?: string | null;
  readonly occurredAt: string;
};

/** Decides a purchase: what earns, how much, and what is written. Throws what it refuses. Pure. */
export function planPurchase(facts: PurchaseFacts): Planner<PurchaseAnswer> {
  // What does not depend on the wallet is worked out once, however often the batch is tried.
  const { who, rule, currency, command, paying } = facts;
  const { moneyCurrency } = command;
  const basket = weighBasket(rule, command.lines, minorUnitOf(moneyCurrency));
  const leftOut: { readonly lineNo: number; readonly reason: Exclusion }[] = [];
  for (const [i, reason] of basket.exclusions.entries()) if (reason) leftOut.push({ lineNo: i + 1, reason });
  const amountText = formatExact(basket.gross);
  const eligibleText = basket.eligible === basket.gross ? amountText : formatExact(basket.eligible);
  return (view) => {
    const paid = paidBy(view, paying, { memberId: who.memberId, currencyId: currency.id, moneyCurrency, cost: basket.gross });
    const paidWithPoints = sumAmounts(paid.map(({ value }) => value));
    const points = basketPoints(rule, currency.scale, earningTotals(rule.earnsOn, basket, paidWithPoints));
    if (points > facts.limits.mostPoints) throw planPurchaseRefusals.refuse('AMOUNT_TOO_LARGE');
    const within = withinLimits(view, facts.limits.velocity, Number(points));
    if ('refused' in within) return within;
    const earned = within.points;
    const totals: Totals = { amount: amountText, eligible: eligibleText, paidWithPoints: formatExact(paidWithPoints), earned, paid };
    const { availableOn, deadline, expiresOn } = facts.award;
    return {
      steps: stepsOf(facts, view, totals, within.steps),
      rows: rowsOf(facts, basket, totals),
      answer: {
        purchaseId: facts.ids.purchaseId,
        currency: currency.code,
        points: earned,
        forgone: Number(points) - earned,
        moneyCurrency,
        amount: totals.amount,
        eligibleAmount: totals.eligible,
        paidWithPoints: totals.paidWithPoints,
        leftOut,
        ruleId: rule.id,
        availableOn: dateOf(availableOn, earned),
        confirmBy: dateOf(deadline, earned),
        expiresOn: dateOf(expiresOn, earned),
        occurredAt: facts.occurredAtText,
      },
    };
  };
}

function stepsOf(facts: PurchaseFacts, view: LedgerView, { paid, earned }: Totals, counted: readonly Step[]): Step[] {
  const steps: Step[] = [];
  for (const { redemption, usedIn: account } of paid) steps.push({ do: 'count', account, key: usedCounter(redemption.id), by: 1 });
  steps.push(...counted);
  const { ids, accounts, contribution, award } = facts;
  const { availableOn, expiresOn } = award.lot;
  if (earned > 0)
    steps.push(...facts.activity, {
      do: 'credit',
      id: ids.earnTransferId,
      from: accounts.issued,
      to: accounts.wallet,
      amount: earned,
      code: 'EARN',
      lot: { originId: facts.originId, expiresOn, availableOn },
      termsId: facts.terms.id,
    });
  if (contribution) {
    const credited = { wallet: accounts.wallet, locked: facts.who.locked, points: earned, lot: award.lot, day: facts.when.day };
    steps.push(...contributionSteps(view, contribution, credited));
  }
  return steps;
}

/** null: there are no points, or no such day. */
function dateOf(day: Day | null, earned: number): string | null {
  return earned === 0 || day === null || day === NEVER || day === ALWAYS ? null : dayToIso(day);
}

interface Totals {
  /** Decimal texts, as the database and the answer have them. */
  readonly amount: string;
  readonly eligible: string;
  readonly paidWithPoints: string;
  readonly earned: number;
  readonly paid: readonly PaidPart[];
}

function rowsOf(facts: PurchaseFacts, { exclusions, discounts }: WeighedBasket, totals: Totals): AlongsideRow[] {
  // Every column is named where the row is made: thousands a second are, and a spread costs more than the rest of it.
  const { ids, who, accounts, command, when } = facts;
  const { walletId: wallet_id, brandId: brand_id } = who;
  const { purchaseId: purchase_id } = ids;
  const rows = [
    alongside(PURCHASE, {
      id: purchase_id,
      wallet_id,
      brand_id,
      member_id: who.memberId,
      account_id: accounts.wallet,
      currency_id: facts.currency.id,
      posting_id: ids.postingId,
      earn_transfer_id: totals.earned > 0 ? ids.earnTransferId : null,
      money_currency: command.moneyCurrency,
      amount: totals.amount,
      eligible_amount: totals.eligible,
      paid_with_points: totals.paidWithPoints,
      points: totals.earned,
      channel: command.channel,
      instrument: command.instrument,
      reference: command.reference,
      rule_id: facts.rule.id,
      terms_id: facts.terms.id,
      arithmetic: 2,
      occurred_at: when.occurredAt.getTime(),
      recorded_at: when.recordedAt.getTime(),
    }),
  ];
  for (const [i, line] of command.lines.entries())
    rows.push(
      alongside(PURCHASE_LINE, {
        wallet_id,
        brand_id,
        purchase_id,
        line_no: i + 1,
        sku: line.sku,
        category: line.category,
        quantity: formatDecimal(line.quantity, 3),
        unit_price: line.unitPrice === undefined ? null : formatDecimal(line.unitPrice, 6),
        amount: line.amount === undefined ? null : formatDecimal(line.amount, 6),
        kind: line.kind ?? 'GOODS',
        discount: discounts[i] ? formatExact(discounts[i]) : null,
        tax: line.tax === undefined ? null : formatDecimal(line.tax, 6),
        eligible: exclusions[i] === null,
        exclusion: exclusions[i] ?? null,
      }),
    );
  for (const [i, { redemption, points, value }] of totals.paid.entries())
    rows.push(
      alongside(PURCHASE_REDEMPTION, { wallet_id, brand_id, redemption_id: redemption.id, purchase_id, points, position: i + 1, value: formatExact(value) }),
    );
  // Only of points that cannot be spent at once.
  if (totals.earned > 0 && facts.award.availableOn !== ALWAYS) rows.push(awardRow(facts, totals.earned));
  return rows;
}

function awardRow({ ids, who, accounts, currency, award, when }: PurchaseFacts, earned: number): AlongsideRow {
  const { availableOn, deadline } = award;
  const recordedOn = dayOf(when.recordedAt, currency.timeZone);
  return alongside(PURCHASE_AWARD, {
    wallet_id: who.walletId,
    purchase_id: ids.purchaseId,
    brand_id: who.brandId,
    account_id: accounts.wallet,
    currency_id: currency.id,
    earn_transfer_id: ids.earnTransferId,
    points: earned,
    available_on: availableOn === NEVER ? null : dayToIso(availableOn),
    deadline: deadline === null ? null : dayToIso(deadline),
    due_on: deadline === null ? null : dayToIso(Math.max(deadline + 1, recordedOn)),
    occurred_at: when.occurredAt.getTime(),
    recorded_at: when.recordedAt.getTime(),
  });
}
