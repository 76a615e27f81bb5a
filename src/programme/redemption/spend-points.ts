import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { capRefusals } from '../../coalition/coalition/amount-limits';
import { mostClearable } from '../../coalition/coalition/clearable-points';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { hasTerms, requireTerms, termsRefusals } from '../../coalition/coalition/terms-in-force';
import { sameOutcome } from '../../ledger/ledger/find-posting';
import { debitRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { PostingOutcome } from '../../ledger/ledger/posting';
import { currencyCode, decimal, dryRun, idempotencyKey, moneyCurrency, occurredAt, optionalText, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { type PoolAccess, spendsFromPool } from '../../members/households/household';
import { knowPresented, presentedFor } from '../../members/identification/know-presented';
import { type HashedRef, hashedRefContent, hashRef, type MemberRef } from '../../members/identification/member-ref';
import { identificationRefusals } from '../../members/identification/member-refusals';
import { type FoundMember, isFound, type ResolvedMember, requireOpenWallet } from '../../members/identification/resolve-members';
import { whileProved } from '../../members/identification/surviving-accounts';
import { asTold, type ToldBalance, type ToldOutcome, tellsOfNamed, withoutBalances } from '../../members/identification/what-is-told';
import { proofRefusals, requireToBurn } from '../../members/identification/what-proves';
import { refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { activity } from '../expiry/activity';
import { velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { judgeReference, referenceRefusals, type SameReceipt } from '../postings/claim-reference';
import { soughtReference } from '../postings/look-at-references';
import { lookUp } from '../postings/look-up';
import { type When, whenOf } from '../postings/posting-time';
import { type Asked, type Planned, planOrRefusal, Repeated, runPostingBy } from '../postings/run-posting';
import { poolSpendingRefusals, standingCounters } from '../sharing/standing';
import { cardLimit, cardLimitRefusals } from './card-limit';
import { checkRuleRefusals, MOST_MONEY } from './check-rule';
import { planRedemption, type RedemptionFacts, type SpendingAnswer } from './plan-redemption';
import { redemptionRuleRefusals, redemptionRules, requireRedemptionRule } from './redemption-rule';
/** What is refused where points are spent or held. */
export const spendPointsRefusals = refusals(
  postingRefusals,
  termsRefusals,
  identificationRefusals,
  proofRefusals,
  referenceRefusals,
  redemptionRuleRefusals,
  checkRuleRefusals,
  capRefusals,
  cardLimitRefusals,
  poolSpendingRefusals,
  debitRefusals,
);

/** What burns and holds are asked for with. */
export const spendPointsSchema = z.object({
  idempotencyKey,
  member: z.custom<MemberRef>(),
  currency: currencyCode,
  points: somePoints,
  occurredAt,
  /** The purchase that the points pay a part of, before points. */
  purchase: z
    .object({ amount: decimal(6, { above: 0n, below: MOST_MONEY }, 'An amount is above zero, with at most six decimals.'), moneyCurrency })
    .nullish()
    .transform((purchase) => purchase ?? null),
  /** Of which money the points pay; left out: the purchase's, or the only one. */
  moneyCurrency: moneyCurrency
    .nullish()
    .transform((code) => code ?? undefined)
    .optional(),
  channel: optionalText(50),
  instrument: optionalText(50),
  reference: optionalText(200),
  /** Whose points: the member's own, or the household's. */
  source: z
    .enum(['WALLET', 'POOL'])
    .nullish()
    .transform((source) => source ?? 'WALLET'),
  dryRun,
});
export type SpendPoints = z.output<typeof spendPointsSchema>;

/**
 * Points spent, or set aside until they are captured or the hold ends; the same for every repetition of the request.
 */
export interface SpentPoints extends SpendingAnswer {
  /**
   * Of the wallet or the pool: of what was spent from. null: the brand may not be told it, or not any more (see
   * tellsBalance).
   */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/** A burn, or a hold until the instant that `holdUntil` gives for the moment it happened and the moment it is told. */
export interface Spending {
  readonly kind: 'REDEEM' | 'HOLD';
  readonly holdUntil: (when: When) => Date | null;
  /** What the request asks for beyond SpendPoints; part of its content. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** What redeemPoints and holdPoints share. */
export async function spendPoints(app: App, principal: Principal, command: SpendPoints, spending: Spending): Promise<SpentPoints> {
  const brandId = requireBrand(principal, { scope: 'redemptions' });
  const { idempotencyKey, dryRun, member: ref, source, ...content } = command;
  const named = hashRef(app.keys, brandId, ref, command.occurredAt);
  const request: SpendingRequest = { brandId, named, command, spending };
  return runPostingBy(app, (asked) => lookAtSpending(app, request, asked), {
    kind: spending.kind,
    party: brandId,
    idempotencyKey,
    dryRun,
    // What is left out, as it once always was, is not in the content.
    content: { ...content, ...spending.content, source: source === 'WALLET' ? undefined : source, member: hashedRefContent(named) },
    plan: (found, asked) => planSpending(app, request, found, asked),
    answer: ({ answer, balance, duplicate }) => ({ ...answer, source: answer.source ?? 'WALLET', balance, dryRun, duplicate }),
  });
}

interface SpendingRequest {
  readonly brandId: Uuid;
  /** Whom the brand means. */
  readonly named: HashedRef;
  readonly command: SpendPoints;
  readonly spending: Spending;
}

/** What a burn or hold is planned from. Throws what refuses it before the ledger is asked: nothing of that is kept. */
async function lookAtSpending(app: App, { brandId, named, command, spending }: SpendingRequest, { id, hash, dryRun, now }: Asked) {
  const sought = { id: dryRun ? null : id, member: named, redemptionIds: [], reference: soughtReference('REDEMPTION', command, now) };
  const {
    found: [{ stored, member, pool, reference }],
    version,
    snapshot,
  } = await lookUp(app, brandId, [sought]);
  // Also of a repetition: the first request may have been cut off before.
  const onceBooked = async (outcome: PostingOutcome) => {
    if (isFound(member) && member.toKnow) await knowPresented(app, brandId, [presentedFor(outcome, named)]);
  };
  const mayTell = (currencyId: number, isRepeated: boolean) =>
    isFound(member) && tellsOfNamed(member, { repeated: isRepeated, dryRun, hasTerms: hasTerms(snapshot, brandId, currencyId, now) });
  const repeated = async (first: PostingOutcome) => {
    const known = snapshot.currenciesByCode.get(command.currency);
    const again = known && isFound(member) && mayTell(known.id, true) ? await tellAgain(app, command.source, known.id, { member, pool }) : withoutBalances;
    return new Repeated(first, again, onceBooked);
  };
  if (stored) return repeated(sameOutcome(stored, hash));
  const currency = requireCurrency(snapshot, command.currency);
  const when = whenOf(command, now, currency);
  const holdUntil = spending.holdUntil(when);
  if (command.moneyCurrency !== undefined) requireMoney(command.moneyCurrency, when.day, 'input.moneyCurrency');
  if (command.purchase) requireMoney(command.purchase.moneyCurrency, when.day, 'input.purchaseAmount.currency');
  if (!isFound(member)) throw member;
  const receipt = reference && judgeReference(reference, receiptOf(command, spending, member));
  if (receipt?.is === 'taken') throw receipt.refusal;
  if (receipt?.is === 'repeated') return repeated(receipt.first.outcome);
  // Whoever had it then may have been somebody else, or has replaced it: points are burned on what is the member's now
  // as well.
  if (!member.inForce) throw identificationRefusals.refuse('MEMBER_UNKNOWN', { ref: named });
  requireToBurn(member);
  const [rules, limits] = await Promise.all([redemptionRules(app, version), velocityLimits(app, version)]);
  const told = mayTell(currency.id, false);
  const tell = (outcome: PostingOutcome) => asTold(outcome, told, null);
  // Dry runs leave no trace: one after the other they would tell what whoever has seen a card may not know.
  const unseen = dryRun && !told;
  return { tell, onceBooked, member, pool, receipt, snapshot, currency, when, holdUntil, rules, limits, unseen };
}

type FoundSpending = Exclude<Awaited<ReturnType<typeof lookAtSpending>>, Repeated>;

/** A repetition tells the balance of what the member named spends from now. */
async function tellAgain(
  app: App,
  source: SpendPoints['source'],
  currencyId: number,
  { member, pool }: { readonly member: FoundMember; readonly pool: PoolAccess | undefined },
): Promise<(outcome: PostingOutcome) => ToldOutcome> {
  if (source === 'POOL' && !pool) return withoutBalances;
  const [account] = await app.ledger.openAccounts([
    source === 'POOL' && pool ? { kind: 'POOL', owner: pool.poolId, currencyId } : { kind: 'WALLET', owner: member.walletId, currencyId },
  ]);
  return (outcome) => asTold(outcome, true, account);
}

function receiptOf({ source, points, purchase, moneyCurrency }: SpendPoints, { kind }: Spending, { memberId }: ResolvedMember): SameReceipt {
  const total = `${kind === 'HOLD' ? 'HOLD' : 'BURN'} ${source} ${points}`;
  return { memberId, moneyCurrency: moneyCurrency ?? purchase?.moneyCurrency ?? null, comesTo: (other) => other === total };
}

async function planSpending(
  app: App,
  { brandId, command }: SpendingRequest,
  { member, pool, receipt, snapshot, currency, when, holdUntil, rules, limits: all, unseen }: FoundSpending,
  { id, now }: Asked,
): Promise<Planned<SpendingAnswer>> {
  const household = command.source === 'POOL' && !unseen && pool && spendsFromPool(pool.role) ? pool : null;
  const { memberId, walletId, locked } = member;
  const own = { kind: 'WALLET', owner: walletId, currencyId: currency.id } as const;
  const [wallet, redeemed, from] = await app.ledger.openAccounts([
    own,
    { kind: 'REDEEMED', owner: brandId, currencyId: currency.id },
    household ? { kind: 'POOL', owner: household.poolId, currencyId: currency.id } : own,
  ]);
  const redemptionId = newUuid();
  // A hold counts when it is placed: what it may spend later is asked for now.
  const limits = limitsFor(all, { act: 'REDEEM', currency, account: wallet, brandId, ...when });
  const perDay = member.proof === 'CARD' ? (snapshot.brandsById.get(brandId)?.cardOnlyPerDay ?? null) : null;
  const onCard = cardLimit(perDay, brandId, currency, wallet, dayOf(now, currency.timeZone));
  return {
    when,
    loads: {
      // First the one that is spent from: its balance is the answer's.
      wallets: [...new Set([from, wallet])],
      counters: [...velocityCounters(limits), ...(onCard ? [onCard] : []), ...(household ? standingCounters(from, [household.id]) : [])],
    },
    claims: receipt?.is === 'free' ? [receipt.claim(redemptionId)] : undefined,
    plan: planOrRefusal(() => {
      requireOpenWallet(member);
      if (command.source === 'POOL' && !household && !unseen) throw poolSpendingRefusals.refuse('POOL_NOT_SPENDABLE');
      const terms = requireTerms(snapshot, { brandId, currencyId: currency.id, act: 'redeem' }, when.occurredAt, now);
      const rule = requireRedemptionRule(rules, brandId, currency, command.moneyCurrency ?? command.purchase?.moneyCurrency ?? null, when.occurredAt);
      const facts: RedemptionFacts = {
        redemptionId,
        postingId: id,
        who: { brandId, memberId, walletId, locked },
        accounts: { wallet, from, redeemed },
        household,
        unseen,
        currency,
        terms,
        rule,
        limits: { mostPoints: mostClearable(snapshot, currency), velocity: limits, card: onCard },
        command,
        when,
        holdUntil,
        // A pool has no expiry of its own: what is in it keeps the dates that it came with.
        // A wallet does not lapse while points of it are held: they come back with the wallet's date.
        activity: household === null ? activity(currency.expiry, wallet, when.day, holdUntil ? dayOf(holdUntil, currency.timeZone) : undefined) : [],
      };
      return whileProved({ account: wallet, proofsEnded: member.proofsEnded }, [wallet], planRedemption(facts));
    }),
  };
}
