import { capRefusals } from '../../coalition/coalition/amount-limits';
import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { type AlongsideRow, alongside } from '../../ledger/ledger/alongside';
import { debitRefusals } from '../../ledger/ledger/ledger-refusals';
import type { AccountId, LedgerView, Planner, Step } from '../../ledger/ledger/posting';
import { type Day, dayToIso } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { points } from '../../platform/refusal-fields';
import { activity } from '../expiry/activity';
import { expiryDate } from '../expiry/expiry-date';
import { type HeldLimit, velocityCounters, withinLimits } from '../limits/within-limits';
import { orRefusal, type When } from '../postings/posting-time';
import { type ConversionAmounts, givenInAll, insufficientPoints, receivedInAll } from './conversion-amounts';
import type { RoutedRate } from './conversion-rates';
import { CONVERSION } from './fact-tables';

/** What is refused of a conversion once its wallets are known. */
export const planConversionRefusals = refusals(
  defineRefusal('RECEIVED_BELOW_MINIMUM', {
    description: 'The points would give less than minimumReceived.',
    retrySafe: true,
    fields: { received: points('What they would give.') },
    discloses: { received: 'OWN' },
    message: ({ received }) => `These points give ${received}, which is less than minimumReceived. Ask the member again.`,
  }),
  defineRefusal('QUOTE_USED', {
    description: 'Another conversion has used the quote.',
    retrySafe: false,
    message: 'This quote was used by another conversion. Ask for a new one.',
  }),
);

/**
 * The accounts that a conversion moves points between. `out`, `fee`, `remainder` are of the source currency, `in` of
 * the target.
 */
export interface ConversionAccounts {
  readonly source: AccountId;
  readonly target: AccountId;
  readonly out: AccountId;
  readonly in: AccountId;
  readonly fee: AccountId;
  readonly remainder: AccountId;
}

/** A rate, and what it gives for the points. */
export interface AgreedConversion extends RoutedRate {
  readonly amounts: ConversionAmounts;
}

/** All that a conversion is planned from, loaded beforehand. */
export interface ConversionFacts {
  /** New ids of the transfers; `out` is the conversion's too. */
  readonly ids: Readonly<Record<'postingId' | 'out' | 'in' | 'fee' | 'remainder', Uuid>>;
  readonly who: {
    /** null: the member asked. */
    readonly brandId: Uuid | null;
    readonly memberId: Uuid;
    readonly walletId: Uuid;
    /** The wallet's own row says that it is locked. */
    readonly locked: boolean;
  };
  readonly accounts: ConversionAccounts;
  readonly currencies: { readonly from: PointCurrency; readonly to: PointCurrency };
  readonly agreed: AgreedConversion;
  readonly command: { readonly quoteId: Uuid | null; readonly minimumReceived: bigint | null };
  /** Velocity limits of the source that the conversion must keep: see limitsFor. */
  readonly limits: readonly HeldLimit[];
  /** Origins of the target currency's lots, by first day of the month of issue. */
  readonly origins: ReadonlyMap<Day, number>;
  /** The source's local day of occurredAt, with its end, and the target's. */
  readonly when: When & { readonly dayEnd: Date; readonly targetDay: Day };
}

/** What a conversion came to; stored with it. */
export type ConversionAnswer = {
  readonly conversionId: Uuid;
  readonly from: string;
  readonly to: string;
  /**
   * Given, in smallest units of the source; the fee was taken on top, the remainder is the part that bought nothing.
   */
  readonly points: number;
  readonly fee: number;
  readonly remainder: number;
  /** In smallest units of the target: floored, then the blocks' bonus, and both together. */
  readonly base: number;
  readonly bonus: number;
  readonly received: number;
  readonly rateId: Uuid;
  readonly quoteId: Uuid | null;
  readonly occurredAt: string;
};

/** Points that the wallet has converted on the route on a day, counted while the rate has a daily maximum. */
export function dailyCounter(routeId: Uuid, day: Day): string {
  return `converted:${routeId}:${dayToIso(day)}`;
}

/** Not 0 once a conversion has used the quote. */
export function quoteCounter(quoteId: Uuid): string {
  return `quote:${quoteId}`;
}

/** The counters of the source wallet that the plan looks at. */
export function countersOf({ accounts, agreed, command, limits, when }: ConversionFacts): { readonly account: AccountId; readonly key: string }[] {
  const keys = [
    ...(agreed.rate.dailyMaximum === null ? [] : [dailyCounter(agreed.routeId, when.day)]),
    ...(command.quoteId === null ? [] : [quoteCounter(command.quoteId)]),
  ];
  return [...keys.map((key) => ({ account: accounts.source, key })), ...velocityCounters(limits)];
}

/**
 * Decides a conversion: the quote, the daily maximum and what the wallet has. Conversion, remainder and fee are one
 * posting. Pure.
 */
export function planConversion(facts: ConversionFacts): Planner<ConversionAnswer> {
  const rows = [rowOf(facts)];
  const answer = answerOf(facts);
  return (view) => {
    const allowed = orRefusal(() => requireAllowed(facts, view));
    if ('refused' in allowed) return allowed;
    const within = withinLimits(view, facts.limits, Number(facts.agreed.amounts.points));
    return 'refused' in within ? within : { steps: [...within.steps, ...stepsOf(facts)], rows, answer };
  };
}

function requireAllowed({ who, accounts, agreed, command, when }: ConversionFacts, view: LedgerView): void {
  const { rate, routeId, amounts } = agreed;
  const { quoteId, minimumReceived } = command;
  if (quoteId !== null && view.counter(accounts.source, quoteCounter(quoteId)) > 0) throw planConversionRefusals.refuse('QUOTE_USED');
  const wallet = view.wallet(accounts.source);
  if (who.locked || wallet.spendLocked) throw debitRefusals.refuse('WALLET_LOCKED');
  const received = receivedInAll(amounts);
  if (minimumReceived !== null && received < minimumReceived) throw planConversionRefusals.refuse('RECEIVED_BELOW_MINIMUM', { received });
  if (rate.dailyMaximum !== null) {
    const left = rate.dailyMaximum - BigInt(view.counter(accounts.source, dailyCounter(routeId, when.day)));
    if (amounts.points > left) throw capRefusals.refuse('CAP_REACHED', { capLeft: left > 0n ? left : 0n, resetsAt: when.dayEnd });
  }
  // Said for points and fee together.
  if (!wallet.closed && givenInAll(amounts) > BigInt(wallet.spendable)) throw insufficientPoints(wallet.spendable, amounts);
}

function stepsOf({ ids, accounts, currencies: { to }, agreed, command, origins, when }: ConversionFacts): Step[] {
  const { rate, routeId, amounts } = agreed;
  const termsId = rate.id;
  const apart = (code: 'FEE' | 'REMAINDER', id: Uuid, account: AccountId, amount: bigint): Step[] =>
    amount === 0n ? [] : [{ do: 'debit', id, from: accounts.source, to: account, amount: Number(amount), code, termsId }];
  const count = (key: string, by: number): Step => ({ do: 'count', account: accounts.source, key, by });
  return [
    ...activity(to.expiry, accounts.target, when.targetDay),
    {
      do: 'convert',
      out: { id: ids.out, from: accounts.source, to: accounts.out, amount: Number(amounts.points - amounts.remainder) },
      in: { id: ids.in, from: accounts.in, to: accounts.target, amount: Number(receivedInAll(amounts)) },
      origins,
      expiry: to.conversionExpiry,
      notAfter: expiryDate(to.expiry, when.targetDay),
      termsId,
    },
    // After it, from what expires later. Taken before, they would use up what expires first, and leave what lasts
    // longer to be converted.
    ...apart('FEE', ids.fee, accounts.fee, amounts.fee),
    ...apart('REMAINDER', ids.remainder, accounts.remainder, amounts.remainder),
    ...(rate.dailyMaximum === null ? [] : [count(dailyCounter(routeId, when.day), Number(amounts.points))]),
    ...(command.quoteId === null ? [] : [count(quoteCounter(command.quoteId), 1)]),
  ];
}

function rowOf({ ids, who, accounts, currencies: { from, to }, agreed: { rate, amounts }, command, when }: ConversionFacts): AlongsideRow {
  return alongside(CONVERSION, {
    id: ids.out,
    wallet_id: who.walletId,
    brand_id: who.brandId,
    member_id: who.memberId,
    posting_id: ids.postingId,
    from_account_id: accounts.source,
    to_account_id: accounts.target,
    from_currency_id: from.id,
    to_currency_id: to.id,
    rate_id: rate.id,
    quote_id: command.quoteId,
    points: Number(amounts.points),
    fee: Number(amounts.fee),
    remainder: Number(amounts.remainder),
    base: Number(amounts.base),
    bonus: Number(amounts.bonus),
    in_transfer_id: ids.in,
    fee_transfer_id: amounts.fee === 0n ? null : ids.fee,
    remainder_transfer_id: amounts.remainder === 0n ? null : ids.remainder,
    occurred_at: when.occurredAt.getTime(),
    recorded_at: when.recordedAt.getTime(),
  });
}

function answerOf({ ids, currencies: { from, to }, agreed: { rate, amounts }, command, when }: ConversionFacts): ConversionAnswer {
  return {
    conversionId: ids.out,
    from: from.code,
    to: to.code,
    points: Number(amounts.points),
    fee: Number(amounts.fee),
    remainder: Number(amounts.remainder),
    base: Number(amounts.base),
    bonus: Number(amounts.bonus),
    received: Number(receivedInAll(amounts)),
    rateId: rate.id,
    quoteId: command.quoteId,
    occurredAt: when.occurredAt.toISOString(),
  };
}
