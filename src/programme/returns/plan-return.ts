import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { alongside } from '../../ledger/ledger/alongside';
import type { AccountId, Done, ExpiredPoints, LedgerView, Planner, Step } from '../../ledger/ledger/posting';
import { dayOf } from '../../ledger/points/calendar';
import { formatDecimal } from '../../ledger/points/decimal';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { awardCounter, isTakenBack } from '../earning/award';
import type { EarningRule } from '../earning/earning-rule';
import { awaySince } from '../expiry/away';
import type { When } from '../postings/posting-time';
import { exactFromMicros, formatExact } from '../purchases/exact-amount';
import { PURCHASE_RETURN, PURCHASE_RETURN_LINE } from '../purchases/fact-tables';
import { minorUnitOf } from '../purchases/minor-unit';
import type { PurchaseFact } from '../purchases/read-purchase';
import type { PayingPoints } from './points-that-pay';
import { decideReturnByPieces } from './return-by-pieces';
import { countReturned, reducedCounter, returnedCounter } from './return-counters';
import { decideReturn, type StandingPurchase } from './return-decision';
import type { ReturnedGoods } from './returned-goods';

/** All that a return is planned from, loaded beforehand. */
export interface ReturnFacts {
  readonly ids: {
    readonly returnId: Uuid;
    readonly postingId: Uuid;
    readonly clawbackId: Uuid;
    /** One for each of the purchase's paidBy. */
    readonly reinstatementIds: readonly Uuid[];
  };
  /** Where points of it that expired unspent come back from. */
  readonly expired: ExpiredPoints;
  readonly purchase: PurchaseFact;
  /** Where the wallets' points are: of a merged member, the survivor's. */
  readonly survivors: { readonly of: (account: AccountId) => AccountId };
  readonly currency: Pick<PointCurrency, 'code' | 'scale' | 'expiry' | 'timeZone' | 'graceDays'>;
  /** The version that the purchase earned by. */
  readonly rule: EarningRule;
  readonly terms: Pick<StandingPurchase, 'refundOrder'>;
  readonly command: {
    readonly lines: readonly ReturnedGoods[];
    /** The brand's own number of it; null: none. */
    readonly reference: string | null;
  };
  readonly when: When;
}

/** What a return came to; stored with it. */
export type ReturnAnswer = {
  readonly returnId: Uuid;
  readonly purchaseId: Uuid;
  readonly currency: string;
  /** Earned points taken back of the member, in the currency's smallest unit. */
  readonly clawedBack: number;
  /** Earned points that had expired unspent: they are not taken again; absent: recorded before it was told. */
  readonly expired?: number;
  /** Burned points given back. */
  readonly reinstated: number;
  /** Points of clawedBack that the member had no longer, and owes from now on; absent: recorded before it was told. */
  readonly arrearsMade?: number;
  /** Points of reinstated that paid what was owed; absent: as above. */
  readonly arrearsFilled?: number;
  /** Points that the purchase still stands for. */
  readonly pointsKept: number;
  readonly moneyCurrency: string;
  /** Decimal text with nine decimals: what is left of the purchase. */
  readonly amountLeft: string;
  /**
   * Money to give back, decimal text with nine decimals; null or absent: it was not worked out, for a purchase or a
   * return of before it was.
   */
  readonly moneyBack?: string | null;
  /** Quantities as decimal text with three decimals. */
  readonly lines: readonly { readonly lineNo: number; readonly quantity: string; readonly left: string }[];
  readonly occurredAt: string;
};

/** Decides a return from what came back so far, so that two at once cannot both take the same goods back. Pure. */
export function planReturn(facts: ReturnFacts): Planner<ReturnAnswer> {
  const { ids, purchase, currency, command, when } = facts;
  const { returnId, clawbackId, reinstatementIds } = ids;
  const wallet: AccountId = purchase.account;
  return (view) => {
    const earned = purchase.earnTransferId === null ? undefined : view.transfer(purchase.earnTransferId);
    const standing: StandingPurchase = {
      rule: facts.rule,
      scale: currency.scale,
      lines: purchase.lines.map((line) => ({
        ...line,
        eligible: line.exclusion === null,
        returned: BigInt(view.counter(wallet, returnedCounter(purchase.id, line.lineNo))),
        reduced: exactFromMicros(BigInt(view.counter(wallet, reducedCounter(purchase.id, line.lineNo)))),
      })),
      amount: purchase.amount,
      paidWithPoints: purchase.paidWithPoints,
      // Of an award that is taken back nothing is kept: else a late worker would have the member pay twice.
      pointsKept: earned && !awardIsTakenBack(facts, view) ? earned.amount - earned.reversed : 0,
      paidBy: purchase.paidBy.map((paid) => reversible(view, paid)),
      refundOrder: facts.terms.refundOrder,
      minorUnit: minorUnitOf(purchase.moneyCurrency),
    };
    const decided = (purchase.arithmetic === 1 ? decideReturnByPieces : decideReturn)(standing, command.lines);
    const { returned, clawBack, amountLeft, moneyBack } = decided;
    // Into a wallet that is closed for good nothing comes back; the goods do, and what they earned is taken back all
    // the same.
    const reinstatements = purchase.paidBy.map((paid, i) => {
      const to = facts.survivors.of(paid.account);
      return { ...paid, to, id: itemAt(reinstatementIds, i), amount: view.wallet(to).closed ? 0 : itemAt(decided.reinstate, i) };
    });
    const reinstated = reinstatements.reduce((sum, { amount }) => sum + amount, 0);
    const steps: Step[] = returned.flatMap((line) => countReturned(wallet, purchase.id, line));
    if (clawBack > 0 && earned)
      steps.push({ do: 'clawBack', id: clawbackId, reverses: earned.id, amount: clawBack, expired: facts.expired, wallet: facts.survivors.of(wallet) });
    for (const { id, amount, spentBy: reverses, account, to, spentAt } of reinstatements) {
      if (amount === 0) continue;
      // The household's has no expiry of its own.
      const slides = account === wallet && currency.expiry.kind === 'SLIDING';
      const away = awaySince(spentAt, when.recordedAt, currency);
      steps.push({ do: 'reinstate', id, reverses, amount, code: 'REINSTATEMENT', away, wallet: to, slides });
    }
    const shared = { wallet_id: purchase.walletId, purchase_id: purchase.id, brand_id: purchase.brandId };
    const row = (done: Done) =>
      alongside(PURCHASE_RETURN, {
        ...shared,
        id: returnId,
        posting_id: ids.postingId,
        clawed_back: done.moved(clawbackId),
        expired: done.moved(facts.expired.id),
        reinstated,
        reference: command.reference,
        money_back: moneyBack === null ? null : formatExact(moneyBack),
        occurred_at: when.occurredAt.getTime(),
        recorded_at: when.recordedAt.getTime(),
      });
    const lines = returned.map(({ lineNo, quantity, reduction }) =>
      alongside(PURCHASE_RETURN_LINE, {
        ...shared,
        return_id: returnId,
        line_no: lineNo,
        quantity: formatDecimal(quantity, 3),
        reduction: formatExact(reduction),
      }),
    );
    return {
      steps,
      rows: (done) => [row(done), ...lines],
      answer: (done) => ({
        returnId,
        purchaseId: purchase.id,
        currency: currency.code,
        clawedBack: done.moved(clawbackId),
        expired: done.moved(facts.expired.id),
        reinstated,
        arrearsMade: done.arrears(clawbackId),
        arrearsFilled: reinstatementIds.reduce((sum, id) => sum + done.filled(id), 0),
        pointsKept: standing.pointsKept - clawBack,
        moneyCurrency: purchase.moneyCurrency,
        amountLeft: formatExact(amountLeft),
        moneyBack: moneyBack === null ? null : formatExact(moneyBack),
        lines: returned.map(({ lineNo, quantity, left }) => ({ lineNo, quantity: formatDecimal(quantity, 3), left: formatDecimal(left, 3) })),
        occurredAt: when.occurredAt.toISOString(),
      }),
    };
  };
}

function awardIsTakenBack({ purchase, currency, when }: ReturnFacts, view: LedgerView): boolean {
  const deadline = purchase.award?.deadline ?? null;
  return deadline !== null && isTakenBack(view.counter(purchase.account, awardCounter(purchase.id)), deadline, dayOf(when.recordedAt, currency.timeZone));
}

/** A burn that was refunded in part before it was attached gave that part back for another reason. */
function reversible(view: LedgerView, paid: PurchaseFact['paidBy'][number]): PayingPoints {
  const spent = view.transfer(paid.spentBy);
  const standing = spent ? spent.amount - spent.reversed : 0;
  return { points: paid.points, value: paid.value, reversed: Math.max(0, paid.points - standing) };
}
