import { z } from 'zod';
import type { App } from '../../app';
import { requireBrand } from '../../coalition/access/permissions';
import type { Principal } from '../../coalition/access/principal';
import { mostClearable } from '../../coalition/coalition/clearable-points';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import { sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { currencyCode, decimal, dryRun, idempotencyKey, moneyCurrency, occurredAt, optionalText, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { type PoolAccess, spendsFromPool } from '../../members/households/household';
import { type HashedRef, hashedRefContent, hashRef, type MemberRef } from '../../members/identification/member-ref';
import { MemberUnknown } from '../../members/identification/member-refusals';
import { type FoundOrNot, isFound, knowPresented, presentedFor, type ResolvedMember, requireOpenWallet } from '../../members/identification/resolve-members';
import { lookingAgain, whileProved } from '../../members/identification/surviving-accounts';
import { asTold, type ToldBalance, type ToldOutcome, tellsBalance, withoutBalances } from '../../members/identification/what-is-told';
import { requireToBurn } from '../../members/identification/what-proves';
import { newUuid, type Uuid } from '../../platform/ids';
import { activity } from '../expiry/activity';
import { type VelocityLimits, velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { type JudgedReference, judgeReference, type SameReceipt } from '../postings/claim-reference';
import { soughtReference } from '../postings/look-at-references';
import { lookUp } from '../postings/look-up';
import { orRefusal } from '../postings/posting-time';
import { PoolNotSpendable } from '../sharing/sharing-refusals';
import { standingCounters } from '../sharing/standing';
import { cardLimit } from './card-limit';
import { MOST_MONEY } from './check-rule';
import { planRedemption } from './plan-redemption';
import { type RedemptionRules, redemptionRules } from './redemption-rule';

export const POINT_SOURCES = ['WALLET', 'POOL'] as const;

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
    .enum(POINT_SOURCES)
    .nullish()
    .transform((source) => source ?? 'WALLET'),
  dryRun,
});
export type SpendPoints = z.output<typeof spendPointsSchema>;

/**
 * Points spent, or set aside until they are captured or the hold ends; the same for every repetition of the request.
 */
export interface SpentPoints {
  readonly redemptionId: Uuid;
  readonly source: (typeof POINT_SOURCES)[number];
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly points: number;
  /** Decimal text with six decimals: what the points pay. */
  readonly moneyValue: string;
  readonly moneyCurrency: string;
  /** When a hold ends by itself; null for a burn. */
  readonly expiresAt: string | null;
  readonly occurredAt: string;
  /**
   * Of the wallet or the pool: of what was spent from. null: of a repetition by which nothing proves any more that the
   * member stands behind it.
   */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/** A burn, or a hold until the instant that `holdUntil` gives for the moment it happened and the moment it is told. */
export interface Spending {
  readonly kind: 'REDEEM' | 'HOLD';
  readonly holdUntil: (happenedAt: Date, now: Date) => Date | null;
  /** What the request asks for beyond SpendPoints; part of its content. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** What redeemPoints and holdPoints share: look up, plan, post. */
export async function spendPoints(app: App, principal: Principal, command: SpendPoints, spending: Spending): Promise<SpentPoints> {
  const brandId = requireBrand(principal, { scope: 'redemptions' });
  const { idempotencyKey: key, dryRun, member: ref, source, ...rest } = command;
  // What is left out, as it once always was, is not in the content.
  const content = { ...rest, ...spending.content, source: source === 'WALLET' ? undefined : source };
  const member = hashRef(app.keys, brandId, ref, command.occurredAt);
  const hash = contentHash(spending.kind, { ...content, member: hashedRefContent(member) });
  const id = postingId(brandId, key);
  return lookingAgain(() => spendOnce(app, command, spending, { brandId, id, hash, named: member }));
}

async function spendOnce(
  app: App,
  command: SpendPoints,
  spending: Spending,
  { brandId, id, hash, named }: { brandId: Uuid; id: Uuid; hash: Buffer; named: HashedRef },
): Promise<SpentPoints> {
  const { source, dryRun } = command;
  const now = app.clock.now();
  const {
    found: [{ stored, member, pool, reference }],
    version,
    snapshot,
  } = await lookUp(app, brandId, [{ id: dryRun ? null : id, member: named, redemptionIds: [], reference: soughtReference('REDEMPTION', command, now) }]);
  if (stored) {
    const outcome = sameOutcome(stored, hash);
    await knowMet(app, brandId, outcome, named, member);
    return toSpent(await repeated(app, command, outcome, snapshot, { member, pool }), false);
  }
  const happenedAt = command.occurredAt ?? now;
  const currency = requireCurrency(snapshot, command.currency);
  const holdUntil = spending.holdUntil(happenedAt, now);
  const day = dayOf(happenedAt, currency.timeZone);
  if (command.moneyCurrency !== undefined) requireMoney(command.moneyCurrency, day, 'input.moneyCurrency');
  if (command.purchase) requireMoney(command.purchase.moneyCurrency, day, 'input.purchaseAmount.currency');
  if (!isFound(member)) throw member;
  const receipt = reference && judgeReference(reference, receiptOf(command, spending, member));
  if (receipt?.is === 'taken') throw receipt.refusal;
  if (receipt?.is === 'repeated') {
    if (!dryRun) await knowMet(app, brandId, receipt.first.outcome, named, member);
    return toSpent(await repeated(app, command, receipt.first.outcome, snapshot, { member, pool }), dryRun);
  }
  // Whoever had it then may have been somebody else, or has replaced it: points are burned on what is the member's now
  // as well.
  if (!member.inForce) throw new MemberUnknown(named);
  requireToBurn(member);
  const [rules, limits] = await Promise.all([redemptionRules(app, version), velocityLimits(app, version)]);
  const told = tellsBalance(member, dryRun);
  const perDay = member.proof === 'CARD' ? (snapshot.brandsById.get(brandId)?.cardOnlyPerDay ?? null) : null;
  // Dry runs leave no trace: one after the other they would tell what whoever has seen a card may not know.
  const unseen = dryRun && !told;
  const found: Found = {
    member,
    pool: source === 'POOL' && !unseen ? pool : undefined,
    unseen,
    snapshot,
    currency,
    rules,
    limits,
    perDay,
    now,
    happenedAt,
    holdUntil,
  };
  const request = await toRequest(app, found, command, { kind: spending.kind, id, hash, brandId, receipt });
  if (dryRun) return toSpent(asTold(await app.ledger.preview({ ...request, id: newUuid() }), told, null), true);
  const outcome = await app.ledger.post(request);
  await knowMet(app, brandId, outcome, named, member);
  return toSpent(asTold(outcome, told, null), false);
}

/**
 * A repetition tells what became of the request, and the balance only as it may be told today: of what the member named
 * spends from now.
 */
async function repeated(
  app: App,
  { currency: code, source, dryRun }: SpendPoints,
  outcome: PostingOutcome,
  snapshot: CoalitionSnapshot,
  { member, pool }: { readonly member: FoundOrNot; readonly pool: PoolAccess | undefined },
): Promise<ToldOutcome> {
  const currency = snapshot.currenciesByCode.get(code);
  if (!currency || !isFound(member) || !tellsBalance(member, dryRun) || (source === 'POOL' && !pool)) return withoutBalances(outcome);
  const [account] = await app.ledger.openAccounts([
    source === 'POOL' && pool
      ? { kind: 'POOL', owner: pool.poolId, currencyId: currency.id }
      : { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
  ]);
  return asTold(outcome, true, account);
}

function receiptOf({ source, points, purchase, moneyCurrency }: SpendPoints, { kind }: Spending, { memberId }: ResolvedMember): SameReceipt {
  const total = `${kind === 'HOLD' ? 'HOLD' : 'BURN'} ${source} ${points}`;
  return { memberId, moneyCurrency: moneyCurrency ?? purchase?.moneyCurrency ?? null, comesTo: (other) => other === total };
}

/** Also of a repetition: the first request may have been cut off before. */
async function knowMet(app: App, brandId: Uuid, outcome: PostingOutcome, ref: HashedRef, member: FoundOrNot): Promise<void> {
  if (!outcome.refusal && isFound(member) && member.toKnow) await knowPresented(app, brandId, [presentedFor(outcome, ref)]);
}

function toSpent(outcome: ToldOutcome, dryRun: boolean): SpentPoints {
  const answer = acceptedAnswer(outcome) as unknown as Omit<SpentPoints, 'balance' | 'dryRun' | 'duplicate'>;
  return { ...answer, source: answer.source ?? 'WALLET', balance: outcome.balances[0] ?? null, dryRun, duplicate: outcome.duplicate };
}

interface Found {
  readonly member: ResolvedMember;
  /** The member's place in a household, if any. */
  readonly pool: PoolAccess | undefined;
  /** See planRedemption. */
  readonly unseen: boolean;
  readonly snapshot: CoalitionSnapshot;
  readonly currency: PointCurrency;
  readonly rules: RedemptionRules;
  readonly limits: VelocityLimits;
  /** Whole points that a card alone burns in a day here; null: no limit, or more than a card was shown. */
  readonly perDay: number | null;
  readonly now: Date;
  readonly happenedAt: Date;
  readonly holdUntil: Date | null;
}

async function toRequest(
  app: App,
  { member, pool, unseen, snapshot, currency, rules, limits: all, perDay, now, happenedAt, holdUntil }: Found,
  command: SpendPoints,
  { kind, id, hash, brandId, receipt }: { kind: Spending['kind']; id: Uuid; hash: Buffer; brandId: Uuid; receipt: JudgedReference | null },
): Promise<PostingRequest> {
  const household = command.source === 'POOL' && pool && spendsFromPool(pool.role) ? pool : null;
  const [wallet, redeemed, from] = await app.ledger.openAccounts([
    { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
    { kind: 'REDEEMED', owner: brandId, currencyId: currency.id },
    household ? { kind: 'POOL', owner: household.poolId, currencyId: currency.id } : { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
  ]);
  const agreed = orRefusal(() => {
    requireOpenWallet(member);
    if (command.source === 'POOL' && !household && !unseen) throw new PoolNotSpendable();
    return {
      terms: requireTerms(snapshot, brandId, currency.id, 'redeem', happenedAt, now),
      rule: rules.inForce(brandId, currency, command.moneyCurrency ?? command.purchase?.moneyCurrency ?? null, happenedAt),
    };
  });
  const redemptionId = newUuid();
  const request = {
    id,
    party: brandId,
    kind,
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day: dayOf(happenedAt, currency.timeZone),
    recordedAt: now.getTime(),
    // First the one that is spent from: its balance is the answer's.
    loads: { wallets: [...new Set([from, wallet])] },
    claims: receipt?.is === 'free' ? [receipt.claim(redemptionId)] : undefined,
  };
  if ('refused' in agreed) return { ...request, plan: () => agreed };
  // A hold counts when it is placed: what it may spend later is asked for now.
  const limits = limitsFor(all, { act: 'REDEEM', currency, account: wallet, brandId, occurredAt: happenedAt, day: request.day });
  const onCard = cardLimit(perDay, brandId, currency, wallet, dayOf(now, currency.timeZone));
  return {
    ...request,
    loads: {
      ...request.loads,
      counters: [...velocityCounters(limits), ...(onCard ? [onCard] : []), ...(household ? standingCounters(from, [household.id]) : [])],
    },
    plan: whileProved(
      { account: wallet, proofsEnded: member.proofsEnded },
      [wallet],
      planRedemption({
        redemptionId,
        postingId: id,
        brandId,
        memberId: member.memberId,
        walletId: member.walletId,
        wallet,
        from,
        household,
        source: command.source,
        unseen,
        redeemed,
        locked: member.locked,
        currency,
        rule: agreed.is.rule,
        termsId: agreed.is.terms.id,
        points: command.points,
        mostPoints: mostClearable(snapshot, currency),
        limits,
        cardLimit: onCard,
        purchase: command.purchase,
        holdUntil,
        // A pool has no expiry of its own: what is in it keeps the dates that it came with.
        // A wallet does not lapse while points of it are held: they come back with the wallet's date.
        activity: household === null ? activity(currency.expiry, wallet, request.day, holdUntil ? dayOf(holdUntil, currency.timeZone) : undefined) : [],
        channel: command.channel,
        instrument: command.instrument,
        reference: command.reference,
        occurredAt: happenedAt,
        recordedAt: now,
      }),
    ),
  };
}
