import { z } from 'zod';
import { requireBrand } from '../access/permissions';
import { databasePrincipal, type Principal } from '../access/principal';
import type { App } from '../app';
import { mostClearable } from '../coalition/clearable-points';
import type { CoalitionSnapshot, PointCurrency } from '../coalition/coalition-snapshot';
import { requireCurrency } from '../coalition/require-currency';
import { requireTerms } from '../coalition/terms-in-force';
import { activity } from '../expiry/activity';
import { newUuid, type Uuid } from '../ids';
import { findPosting, sameOutcome } from '../ledger/find-posting';
import { contentHash, postingId } from '../ledger/idempotency';
import { acceptedAnswer } from '../ledger/outcome';
import type { BalanceAfter, PostingOutcome, PostingRequest } from '../ledger/posting';
import { currencyCode, decimal, dryRun, idempotencyKey, moneyCurrency, occurredAt, optionalText, somePoints } from '../ledger/request-fields';
import { type VelocityLimits, velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { type MemberRef, memberRefContent } from '../members/member-ref';
import { knowPresented, lookAtMembers, type ResolvedMember } from '../members/resolve-members';
import { dayOf } from '../points/calendar';
import { orRefusal } from '../purchases/posting-time';
import { NotFound } from '../refusal';
import { MOST_MONEY } from './check-rule';
import { planRedemption } from './plan-redemption';
import { type RedemptionRules, redemptionRules } from './redemption-rule';

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
  channel: optionalText(50),
  instrument: optionalText(50),
  reference: optionalText(200),
  dryRun,
});
export type SpendPoints = z.output<typeof spendPointsSchema>;

/** Points spent, or set aside until they are captured or the hold ends; the same for every repetition of the request. */
export interface SpentPoints {
  readonly redemptionId: Uuid;
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly points: number;
  /** Decimal text with six decimals: what the points pay. */
  readonly moneyValue: string;
  readonly moneyCurrency: string;
  /** When a hold ends by itself; null for a burn. */
  readonly expiresAt: string | null;
  readonly occurredAt: string;
  readonly balance: BalanceAfter;
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
  const { idempotencyKey: key, dryRun, member: ref, ...rest } = command;
  const hash = contentHash(spending.kind, { ...rest, ...spending.content, member: memberRefContent(app.keys, brandId, ref) });
  const id = postingId(brandId, key);
  const found = await app.database.transaction(databasePrincipal(principal), async (tx) => {
    const stored = dryRun ? null : await findPosting(tx.client, id);
    if (stored) return { stored };
    const version = await app.coalition.version(tx.client);
    const snapshot = await app.coalition.at(version);
    const now = app.clock.now();
    const happenedAt = command.occurredAt ?? now;
    const currency = requireCurrency(snapshot, command.currency);
    const holdUntil = spending.holdUntil(happenedAt, now);
    const [member] = await lookAtMembers(app, tx, brandId, [ref]);
    if (!member) throw new NotFound('Member');
    return {
      stored: null,
      member,
      snapshot,
      currency,
      rules: await redemptionRules(app, version),
      limits: await velocityLimits(app, version),
      now,
      happenedAt,
      holdUntil,
    };
  });
  if (found.stored) return toSpent(sameOutcome(found.stored, hash), false);
  const request = await toRequest(app, found, command, { kind: spending.kind, id, hash, brandId });
  if (dryRun) return toSpent(await app.ledger.preview({ ...request, id: newUuid() }), true);
  const outcome = await app.ledger.post(request);
  if (!outcome.refusal) await knowPresented(app, brandId, [ref]);
  return toSpent(outcome, false);
}

function toSpent(outcome: PostingOutcome, dryRun: boolean): SpentPoints {
  const answer = acceptedAnswer(outcome) as unknown as Omit<SpentPoints, 'balance' | 'dryRun' | 'duplicate'>;
  return { ...answer, balance: outcome.balances[0], dryRun, duplicate: outcome.duplicate };
}

interface Found {
  readonly member: ResolvedMember;
  readonly snapshot: CoalitionSnapshot;
  readonly currency: PointCurrency;
  readonly rules: RedemptionRules;
  readonly limits: VelocityLimits;
  readonly now: Date;
  readonly happenedAt: Date;
  readonly holdUntil: Date | null;
}

async function toRequest(
  app: App,
  { member, snapshot, currency, rules, limits: all, now, happenedAt, holdUntil }: Found,
  command: SpendPoints,
  { kind, id, hash, brandId }: { kind: Spending['kind']; id: Uuid; hash: Buffer; brandId: Uuid },
): Promise<PostingRequest> {
  const [wallet, redeemed] = await app.ledger.openAccounts([
    { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
    { kind: 'REDEEMED', owner: brandId, currencyId: currency.id },
  ]);
  const agreed = orRefusal(() => ({
    terms: requireTerms(snapshot, brandId, currency.id, 'redeem', happenedAt, now),
    rule: rules.inForce(brandId, currency, happenedAt),
  }));
  const request = {
    id,
    party: brandId,
    kind,
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day: dayOf(happenedAt, currency.timeZone),
    recordedAt: now.getTime(),
    loads: { wallets: [wallet] },
  };
  if ('refused' in agreed) return { ...request, plan: () => agreed };
  // A hold counts when it is placed: what it may spend later is asked for now.
  const limits = limitsFor(all, { act: 'REDEEM', currency, account: wallet, brandId, occurredAt: happenedAt, day: request.day });
  return {
    ...request,
    loads: { ...request.loads, counters: velocityCounters(limits) },
    plan: planRedemption({
      redemptionId: newUuid(),
      postingId: id,
      brandId,
      memberId: member.memberId,
      walletId: member.walletId,
      wallet,
      redeemed,
      locked: member.locked,
      currency,
      rule: agreed.is.rule,
      termsId: agreed.is.terms.id,
      points: command.points,
      mostPoints: mostClearable(snapshot, currency),
      limits,
      purchase: command.purchase,
      holdUntil,
      activity: activity(currency.expiry, wallet, request.day),
      channel: command.channel,
      instrument: command.instrument,
      reference: command.reference,
      occurredAt: happenedAt,
      recordedAt: now,
    }),
  };
}
