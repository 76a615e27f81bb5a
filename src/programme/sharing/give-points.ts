import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import type { RulesInForce } from '../../coalition/rules/rules-in-force';
import { findPosting, sameOutcome } from '../../ledger/ledger/find-posting';
import { contentHash, postingId } from '../../ledger/ledger/idempotency';
import { acceptedAnswer } from '../../ledger/ledger/outcome';
import type { PostingOutcome, PostingRequest } from '../../ledger/ledger/posting';
import { currencyCode, dryRun, idempotencyKey, occurredAt, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf, dayStart } from '../../ledger/points/calendar';
import { type Asker, findActingMember, lookAsAsker, memberContent, requireAsker } from '../../members/identification/acting-member';
import { type MemberRef, memberRefContent } from '../../members/identification/member-ref';
import type { ResolvedMember } from '../../members/identification/resolve-members';
import { seesWallet } from '../../members/identification/sees-wallet';
import { lookingAgain, whileProved } from '../../members/identification/surviving-accounts';
import { type ToldBalance, toldBalance } from '../../members/identification/what-is-told';
import { newUuid, type Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';
import { type VelocityLimits, velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { orRefusal } from '../postings/posting-time';
import { findRecipient, type Recipient } from './find-recipient';
import { GIFT_RULE, type GiftRule, requireGiftRule } from './gift-rule';
import { givenCounter, planGift } from './plan-gift';

export const givePointsSchema = z.object({
  idempotencyKey,
  /** null: whoever asks. */
  from: z.custom<MemberRef | null>(),
  to: z.custom<MemberRef>(),
  currency: currencyCode,
  points: somePoints,
  occurredAt,
  dryRun,
});
export type GivePoints = z.output<typeof givePointsSchema>;

/** Points that were given; the same for every repetition of the request. Nothing in it is about the receiver. */
export interface GivenPoints {
  readonly giftId: Uuid;
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly points: number;
  readonly occurredAt: string;
  /** The giver's; null: the giver is no longer linked with the brand. */
  readonly balance: ToldBalance | null;
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Gives points of one member to another: asked for by the giver, or by a brand for a member that it has enrolled or
 * linked. The points keep their issuer and age. Throws GiftsNotAllowed, BelowMinimum, NotAStep, AboveMaximum,
 * CapReached, TermsNotActive, OccurredAtOutOfRange, INSUFFICIENT_POINTS, WALLET_LOCKED, WALLET_CLOSED,
 * IDEMPOTENCY_CONFLICT, NotFound (giver or receiver), PermissionDenied.
 */
export async function givePoints(app: App, principal: Principal, command: GivePoints): Promise<GivenPoints> {
  const asker = requireAsker(principal, command.from, 'input.from');
  const { party } = asker;
  // Points that have expired since could be given away as of then.
  if (asker.brandId === null && command.occurredAt) throw new InvalidInput('input.occurredAt', 'A member gives now.');
  const { idempotencyKey: key, dryRun, from: _from, to, ...rest } = command;
  const hash = contentHash('GIVE_POINTS', { ...rest, from: memberContent(app, asker), to: memberRefContent(app.keys, party, to) });
  const id = postingId(party, key);
  return lookingAgain(() => giveOnce(app, principal, command, { id, hash, asker }));
}

async function giveOnce(
  app: App,
  principal: Principal,
  command: GivePoints,
  { id, hash, asker }: { id: Uuid; hash: Buffer; asker: Asker },
): Promise<GivenPoints> {
  const { dryRun, to } = command;
  const found = await lookAsAsker(app, principal, dryRun, async (tx) => {
    const stored = dryRun ? null : await findPosting(tx.client, id);
    if (stored) return { stored, linked: await seesWallet(tx.client, stored.outcome.balances[0]?.account ?? 0) };
    const version = await app.coalition.version(tx.client);
    const snapshot = await app.coalition.at(version);
    const currency = requireCurrency(snapshot, command.currency);
    const giver = await findActingMember(app, tx, asker, dryRun ? newUuid() : id);
    const recipient = await findRecipient(app, tx, asker, to, 'input.to');
    if (recipient.memberId === giver.memberId) throw new InvalidInput('input.to', 'Points are given to somebody else.');
    return {
      stored: null,
      linked: true,
      giver,
      recipient,
      snapshot,
      currency,
      rules: await GIFT_RULE.inForce(app, version),
      limits: await velocityLimits(app, version),
    };
  });
  if (found.stored) return toGiven(sameOutcome(found.stored, hash), { linked: found.linked, dryRun: false });
  const request = await toRequest(app, found, command, { id, hash, asker });
  const outcome = dryRun ? await app.ledger.preview({ ...request, id: newUuid() }) : await app.ledger.post(request);
  return toGiven(outcome, { linked: true, dryRun });
}

interface Found {
  readonly giver: ResolvedMember;
  readonly recipient: Recipient;
  readonly snapshot: CoalitionSnapshot;
  readonly currency: PointCurrency;
  readonly rules: RulesInForce<GiftRule>;
  readonly limits: VelocityLimits;
}

async function toRequest(
  app: App,
  { giver, recipient, snapshot, currency, rules, limits: all }: Found,
  command: GivePoints,
  { id, hash, asker }: { id: Uuid; hash: Buffer; asker: Asker },
): Promise<PostingRequest> {
  const { brandId, party } = asker;
  const now = app.clock.now();
  const happenedAt = command.occurredAt ?? now;
  const day = dayOf(happenedAt, currency.timeZone);
  const [from, to] = await app.ledger.openAccounts(
    [giver, recipient].map(({ walletId }) => ({ kind: 'WALLET', owner: walletId, currencyId: currency.id }) as const),
  );
  const agreed = orRefusal(() => {
    if (brandId !== null) requireTerms(snapshot, brandId, currency.id, 'redeem', happenedAt, now);
    return requireGiftRule(rules, currency, happenedAt);
  });
  const request = {
    id,
    party,
    kind: 'GIVE_POINTS',
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day,
    recordedAt: now.getTime(),
    // What the receiver has is nobody's to know.
    shows: [from],
    loads: { wallets: [from, to], counters: [{ account: from, key: givenCounter(day) }] },
  };
  if ('refused' in agreed) return { ...request, plan: () => agreed };
  const limits = limitsFor(all, { act: 'GIFT', currency, account: from, brandId, occurredAt: happenedAt, day });
  return {
    ...request,
    loads: { ...request.loads, counters: [...request.loads.counters, ...velocityCounters(limits)] },
    plan: whileProved(
      { account: from, proofsEnded: giver.proofsEnded },
      [from, to],
      planGift({
        giftId: newUuid(),
        postingId: id,
        brandId,
        from: { ...giver, account: from },
        to: { ...recipient, account: to },
        currency,
        rule: agreed.is,
        limits,
        points: command.points,
        day,
        resetsAt: dayStart(day + 1, currency.timeZone),
        occurredAt: happenedAt,
        recordedAt: now,
      }),
    ),
  };
}

function toGiven(outcome: PostingOutcome, { linked, dryRun }: { linked: boolean; dryRun: boolean }): GivenPoints {
  const answer = acceptedAnswer(outcome) as unknown as Omit<GivenPoints, 'balance' | 'dryRun' | 'duplicate'>;
  // Only the first is the giver's.
  return { ...answer, balance: toldBalance(outcome.balances[0], linked), dryRun, duplicate: outcome.duplicate };
}
