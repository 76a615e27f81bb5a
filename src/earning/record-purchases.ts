import { requireBrand } from '../access/permissions';
import type { Principal } from '../access/principal';
import type { App } from '../app';
import { mostClearable } from '../coalition/clearable-points';
import type { CoalitionSnapshot, PointCurrency } from '../coalition/coalition-snapshot';
import { requireCurrency } from '../coalition/require-currency';
import { requireTerms } from '../coalition/terms-in-force';
import { activity } from '../expiry/activity';
import { newUuid, type Uuid } from '../ids';
import { sameOutcome } from '../ledger/find-posting';
import { contentHash, postingId } from '../ledger/idempotency';
import type { AccountRef } from '../ledger/ledger';
import { acceptedAnswer } from '../ledger/outcome';
import type { BalanceAfter, PostingOutcome, PostingRequest } from '../ledger/posting';
import { StateMoved } from '../ledger/posting-ledger';
import { type VelocityLimits, velocityLimits } from '../limits/velocity-limit';
import { limitsFor, velocityCounters } from '../limits/within-limits';
import { memberRefContent } from '../members/member-ref';
import { knowPresented, requireOpenWallet } from '../members/resolve-members';
import { lookingAgain, whileOpen } from '../members/surviving-accounts';
import { dayOf, monthStart } from '../points/calendar';
import { type Found, lookUp } from '../purchases/look-up';
import { orRefusal } from '../purchases/posting-time';
import { NotFound, Refusal } from '../refusal';
import { contributionOf } from '../sharing/automatic-contribution';
import { awardDates } from './award';
import type { Exclusion } from './earning-rule';
import { type EarningRules, earningRules } from './earning-rules';
import { planPurchase, usedCounter } from './plan-purchase';
import type { RecordPurchase } from './purchase-command';

/** What a purchase came to; the same for every repetition of the request. */
export interface RecordedPurchase {
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
  /** First local day on which the points can no longer be spent; null: they do not expire by themselves, or there are none. */
  readonly expiresOn: string | null;
  /** First local day on which they can be spent; null: at once, or once they are confirmed. Absent from answers of before there were pending awards. */
  readonly availableOn?: string | null;
  /** Last local day on which the brand can confirm them; null: they need not be. */
  readonly confirmBy?: string | null;
  readonly occurredAt: string;
  readonly balance: BalanceAfter;
  readonly dryRun: boolean;
  /** The request was made before: this is its first answer. */
  readonly duplicate: boolean;
}

/** One purchase; see recordPurchases. Throws its refusal. */
export async function recordPurchase(app: App, principal: Principal, command: RecordPurchase): Promise<RecordedPurchase> {
  return recordAlone(app, principal, command, 'input');
}

/** A member who was merged meanwhile is looked up again. */
function recordAlone(app: App, principal: Principal, command: RecordPurchase, field: string): Promise<RecordedPurchase> {
  return lookingAgain(async () => {
    const [result] = await record(app, principal, [command], () => field);
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

/**
 * Records what members bought at the brand and credits what it earns. In the order of the commands; a refused one does not harm the others.
 * A bulk costs one transaction to look everything up, then its postings go to the ledger together.
 */
export async function recordPurchases(app: App, principal: Principal, commands: readonly RecordPurchase[]): Promise<PromiseSettledResult<RecordedPurchase>[]> {
  const results = await record(app, principal, commands, (at) => `input.${at}`);
  return Promise.all(
    results.map(async (result, at) => {
      if (result.status === 'fulfilled' || !(result.reason instanceof StateMoved)) return result;
      const [again] = await Promise.allSettled([recordAlone(app, principal, commands[at], `input.${at}`)]);
      return again;
    }),
  );
}

async function record(
  app: App,
  principal: Principal,
  commands: readonly RecordPurchase[],
  fieldOf: (at: number) => string,
): Promise<PromiseSettledResult<RecordedPurchase>[]> {
  const brandId = requireBrand(principal, { scope: 'purchases' });
  const now = app.clock.now();
  const named = commands.map((command) => ({ command, id: postingId(brandId, command.idempotencyKey), hash: hashOf(app, brandId, command) }));
  const sought = named.map(({ command, id }) => ({ id: command.dryRun ? null : id, member: command.member, redemptionIds: command.redemptionIds }));
  const looked = await orEach(commands, lookUp(app, brandId, sought));
  if (Array.isArray(looked)) return looked;
  const { found, version, snapshot } = looked;
  const asked: Asked[] = named.map((each, at) => ({ ...each, found: found[at] }));
  asked.forEach(({ command, found: { stored } }, at) => {
    if (!stored) requireCurrency(snapshot, command.currency, `${fieldOf(at)}.currency`);
  });
  const [rules, limits] = await Promise.all([earningRules(app, version), velocityLimits(app, version)]);
  const context: Context = { brandId, now, snapshot, rules, limits };
  await openAccounts(app, context, asked);
  const requests = await Promise.all(asked.map((each, at) => requestOrNotFound(app, context, each, fieldOf(at))));
  // All requests are made before the first is posted: bad input posts nothing, and a member's purchases keep their order.
  const results = await Promise.allSettled(asked.map((each, at) => post(app, each, requests[at])));
  const met = asked.filter(({ command, found: { member } }, at) => !command.dryRun && results[at].status === 'fulfilled' && member?.isNew);
  await knowPresented(
    app,
    brandId,
    met.map(({ command }) => command.member),
  );
  return results;
}

/** What refuses all of them (too many wait, no database) is the answer of each. */
async function orEach<T>(commands: readonly RecordPurchase[], look: Promise<T>): Promise<T | PromiseRejectedResult[]> {
  return look.catch((reason) => {
    if (!(reason instanceof Refusal)) throw reason;
    return commands.map(() => ({ status: 'rejected' as const, reason }));
  });
}

interface Context {
  readonly brandId: Uuid;
  readonly now: Date;
  readonly snapshot: CoalitionSnapshot;
  readonly rules: EarningRules;
  readonly limits: VelocityLimits;
}

interface Asked {
  readonly command: RecordPurchase;
  readonly id: Uuid;
  readonly hash: Buffer;
  readonly found: Found;
}

function hashOf(app: App, brandId: Uuid, { idempotencyKey: _key, dryRun: _dryRun, ...content }: RecordPurchase): Buffer {
  return contentHash('RECORD_PURCHASE', { ...content, member: memberRefContent(app.keys, brandId, content.member) });
}

/** One trip for the whole bulk, instead of one a purchase. */
async function openAccounts(app: App, { brandId, snapshot }: Context, asked: readonly Asked[]): Promise<void> {
  const refs = new Map<string, AccountRef>();
  for (const { command, found } of asked) {
    const { stored, member } = found;
    const currency = snapshot.currenciesByCode.get(command.currency);
    if (stored || !member || !currency) continue;
    refs.set(`${member.walletId} ${currency.id}`, { kind: 'WALLET', owner: member.walletId, currencyId: currency.id });
    refs.set(`issued ${currency.id}`, { kind: 'ISSUED', owner: brandId, currencyId: currency.id });
  }
  await app.ledger.openAccounts([...refs.values()]);
}

async function requestOrNotFound(app: App, context: Context, asked: Asked, field: string): Promise<PostingRequest | NotFound | null> {
  if (asked.found.stored) return null;
  return toRequest(app, context, asked, field).catch((error) => {
    if (error instanceof NotFound) return error;
    throw error;
  });
}

async function post(
  app: App,
  { command: { dryRun }, id, hash, found: { stored } }: Asked,
  request: PostingRequest | NotFound | null,
): Promise<RecordedPurchase> {
  if (stored) return toRecorded(sameOutcome(stored, hash), false);
  if (!request || request instanceof NotFound) throw request ?? new Error(`purchase ${id} was neither stored nor planned`);
  return toRecorded(dryRun ? await app.ledger.preview({ ...request, id: newUuid() }) : await app.ledger.post(request), dryRun);
}

function toRecorded(outcome: PostingOutcome, dryRun: boolean): RecordedPurchase {
  const answer = acceptedAnswer(outcome) as unknown as Omit<RecordedPurchase, 'balance' | 'dryRun' | 'duplicate'>;
  return { ...answer, balance: outcome.balances[0], dryRun, duplicate: outcome.duplicate };
}

async function toRequest(app: App, context: Context, { command, id, hash, found }: Asked, field: string): Promise<PostingRequest> {
  const { brandId, now, snapshot } = context;
  const { member } = found;
  if (!member) throw new NotFound('Member');
  const currency = requireCurrency(snapshot, command.currency, `${field}.currency`);
  const redemptions = command.redemptionIds.map((redemptionId) => {
    const redemption = found.redemptions.get(redemptionId);
    if (redemption?.brandId !== brandId) throw new NotFound('Redemption');
    return redemption;
  });
  const happenedAt = command.occurredAt ?? now;
  const day = dayOf(happenedAt, currency.timeZone);
  const accounts: AccountRef[] = [
    { kind: 'WALLET', owner: member.walletId, currencyId: currency.id },
    { kind: 'ISSUED', owner: brandId, currencyId: currency.id },
  ];
  const [wallet, issued] = await app.ledger.openAccounts(accounts);
  const contribution = await contributionOf(app, found.pool, currency.id);
  const agreed = orRefusal(() => {
    requireOpenWallet(member);
    return {
      terms: requireTerms(snapshot, brandId, currency.id, 'issue', happenedAt, now),
      rule: context.rules.inForce(brandId, currency, happenedAt),
    };
  });
  const request = {
    id,
    party: brandId,
    kind: 'RECORD_PURCHASE',
    contentHash: hash,
    occurredAt: happenedAt.getTime(),
    day,
    recordedAt: now.getTime(),
    // The household's balance is not the brand's to know.
    shows: [wallet],
    loads: {
      // First the wallet: its balance is the answer's.
      wallets: [...new Set([wallet, ...(contribution ? [contribution.pool] : []), ...redemptions.map(({ account }) => account)])],
      transfers: redemptions.flatMap(({ spentBy }) => spentBy ?? []),
      counters: redemptions.map((redemption) => ({ account: wallet, key: usedCounter(redemption.id) })),
    },
  };
  if ('refused' in agreed) return { ...request, plan: () => agreed };
  const { terms, rule } = agreed.is;
  const limits = limitsFor(context.limits, { act: 'EARN', currency, account: wallet, brandId, earningRuleId: rule.id, occurredAt: happenedAt, day });
  const award = awardDates(currency.expiry, rule.availability, day);
  return {
    ...request,
    loads: { ...request.loads, counters: [...request.loads.counters, ...velocityCounters(limits)] },
    plan: whileOpen(
      [wallet],
      planPurchase({
        purchaseId: newUuid(),
        postingId: id,
        earnTransferId: newUuid(),
        brandId,
        memberId: member.memberId,
        walletId: member.walletId,
        wallet,
        issued,
        currency,
        rule,
        termsId: terms.id,
        mostPoints: mostClearable(snapshot, currency),
        limits,
        originId: await lotOrigin(app, snapshot, brandId, currency, terms.id, day),
        award,
        recordedOn: dayOf(now, currency.timeZone),
        activity: activity(currency.expiry, wallet, day, award.deadline === null ? award.lot.availableOn : award.lot.expiresOn),
        locked: member.locked,
        contribution,
        day,
        lines: command.lines,
        moneyCurrency: command.moneyCurrency,
        redemptions,
        channel: command.channel,
        instrument: command.instrument,
        reference: command.reference,
        occurredAt: happenedAt,
        recordedAt: now,
      }),
    ),
  };
}

function lotOrigin(app: App, snapshot: CoalitionSnapshot, brandId: Uuid, currency: PointCurrency, termsId: Uuid, day: number): Promise<number> {
  const issuerCode = snapshot.brandsById.get(brandId)?.code ?? '';
  return app.ledger.lotOrigin({ issuer: brandId, issuerCode, currencyId: currency.id, issueMonth: monthStart(day), termsId, offerId: null });
}
