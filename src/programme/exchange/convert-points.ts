import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { capRefusals } from '../../coalition/coalition/amount-limits';
import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireCurrency } from '../../coalition/coalition/require-currency';
import { requireNotInFuture, requireTerms, termsRefusals } from '../../coalition/coalition/terms-in-force';
import { creditRefusals, debitRefusals, postingRefusals } from '../../ledger/ledger/ledger-refusals';
import type { PostingOutcome } from '../../ledger/ledger/posting';
import { currencyCode, dryRun, idempotencyKey, occurredAt, someExactPoints } from '../../ledger/ledger/request-fields';
import { type Day, dayFromIso, dayOf, dayStart, monthStart } from '../../ledger/points/calendar';
import { type Asker, findActingMember, memberContent, requireAsker } from '../../members/identification/acting-member';
import type { MemberRef } from '../../members/identification/member-ref';
import type { ResolvedMember } from '../../members/identification/resolve-members';
import { tellAgain, tellsOfEvent } from '../../members/identification/sees-wallet';
import { whileProved } from '../../members/identification/surviving-accounts';
import { balancesIf, balancesWhere, type ToldBalance, type ToldOutcome } from '../../members/identification/what-is-told';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { newUuid, type Uuid } from '../../platform/ids';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { instant, text } from '../../platform/refusal-fields';
import { type VelocityLimits, velocityLimits } from '../limits/velocity-limit';
import { limitsFor } from '../limits/within-limits';
import { orRefusal, type When, whenOf } from '../postings/posting-time';
import { type Asked, type Planned, runPosting } from '../postings/run-posting';
import { checkConversion, checkConversionRefusals } from './check-conversion';
import { type ConversionRates, conversionRates } from './conversion-rates';
import {
  type AgreedConversion,
  type ConversionAccounts,
  type ConversionAnswer,
  type ConversionFacts,
  countersOf,
  planConversion,
  planConversionRefusals,
} from './plan-conversion';
import { type ConversionQuote, readQuote } from './read-quotes';

const QUOTED = { member: 'another member', from: 'another currency', to: 'another currency', points: 'other points' } as const;

/** What is refused of a conversion that was quoted. */
export const quoteRefusals = refusals(
  defineRefusal('QUOTE_EXPIRED', {
    description: 'The quote has ended.',
    retrySafe: false,
    fields: { expiredAt: instant('When it ended.') },
    discloses: { expiredAt: 'OWN' },
    message: ({ expiredAt }) => `This quote ended at ${expiredAt}. Ask for a new one.`,
  }),
  defineRefusal('QUOTE_MISMATCH', {
    description: 'The quote is for another member, currency or number of points.',
    retrySafe: false,
    fields: { field: text('What differs: member, from, to or points.') },
    discloses: { field: 'OWN' },
    message: (_, { field }: { field: keyof typeof QUOTED }) =>
      `This quote is for ${QUOTED[field]} than was sent. Send what was quoted, or ask for a new quote.`,
  }),
);

/** What is refused where points are converted. */
export const convertPointsRefusals = refusals(
  postingRefusals,
  checkConversionRefusals,
  quoteRefusals,
  planConversionRefusals,
  capRefusals,
  debitRefusals,
  creditRefusals,
);

export const convertPointsSchema = z
  .object({
    idempotencyKey,
    /** null: whoever asks. */
    member: z.custom<MemberRef | null>(),
    from: currencyCode,
    to: currencyCode,
    points: someExactPoints,
    quoteId: z
      .string()
      .nullish()
      .transform((id) => id ?? null),
    minimumReceived: someExactPoints.nullish().transform((points) => points ?? null),
    occurredAt,
    dryRun,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'A currency does not convert into itself.' });
export type ConvertPoints = z.output<typeof convertPointsSchema>;

/** Points of one currency that became points of another; the same for every repetition of the request. */
export interface ConvertedPoints extends ConversionAnswer {
  /** Of each currency; null: the brand has no terms for it, or is no longer linked with the member. */
  readonly balances: { readonly from: ToldBalance | null; readonly to: ToldBalance | null };
  readonly dryRun: boolean;
  readonly duplicate: boolean;
}

/**
 * Converts a member's points at the rate in force, or at a quote's. The member asks, or a brand for a member that it
 * has enrolled or linked, under terms that let it redeem the source. Refuses as convertPointsRefusals lists; throws
 * NotFound (member, quote), PermissionDenied.
 */
export async function convertPoints(app: App, principal: Principal, command: ConvertPoints): Promise<ConvertedPoints> {
  const asker = requireAsker(principal, command.member, 'input.member');
  // At a rate that has ended since, or with points that have expired since: a member converts now.
  if (asker.brandId === null && command.occurredAt) throw new InvalidInput('input.occurredAt', 'A member converts now: leave it out.');
  const { idempotencyKey, dryRun, ...content } = command;
  return runPosting(app, principal, {
    kind: 'CONVERT_POINTS',
    party: asker.party,
    idempotencyKey,
    dryRun,
    content: { ...content, member: memberContent(app, asker) },
    tellAgain: tellAgain(app, asker.brandId),
    async look(tx, { id, now }) {
      const version = await app.coalition.version(tx.client);
      const snapshot = await app.coalition.at(version);
      const [from, to] = [requireCurrency(snapshot, command.from, 'input.from'), requireCurrency(snapshot, command.to, 'input.to')];
      const member = await findActingMember(app, tx, asker, id);
      const quote = command.quoteId === null ? null : await requireQuote(tx.client, command.quoteId, asker);
      const months = await readIssueMonths(tx.client, member.walletId, from.id);
      const [rates, limits] = [await conversionRates(app, version), await velocityLimits(app, version)];
      return { tell: tellBoth(snapshot, asker, from, to, now), snapshot, from, to, member, quote, months, rates, limits };
    },
    plan: (found, asked) => convert(app, found, command, asker.brandId, asked),
    answer({ answer, balances: [from = null, to = null], duplicate }) {
      return { ...answer, balances: { from, to }, dryRun, duplicate };
    },
  });
}

/** What a member may know of both accounts, who asks, or a brand by its terms for each currency. */
function tellBoth(
  snapshot: CoalitionSnapshot,
  { brandId }: Asker,
  from: PointCurrency,
  to: PointCurrency,
  now: Date,
): (outcome: PostingOutcome) => ToldOutcome {
  if (brandId === null) return balancesIf(true);
  const [source, target] = [from, to].map(({ id }) => tellsOfEvent(snapshot, { brandId, currencyId: id }, true, 'a confirmed link', now));
  return (outcome) => balancesWhere((account) => (account === outcome.balances[0]?.account ? source === true : target === true))(outcome);
}

/** The asker's own quote; throws NotFound. */
async function requireQuote(client: PoolClient, id: Uuid, asker: Asker): Promise<ConversionQuote> {
  const quote = await readQuote(client, id);
  if (!quote || quote.party !== asker.party) throw new NotFound('Quote');
  return quote;
}

/**
 * First days of the months in which the wallet's points of the currency were issued; held ones too, which are free once
 * their hold has ended.
 */
async function readIssueMonths(client: PoolClient, walletId: Uuid, currencyId: number): Promise<Day[]> {
  const { rows } = await client.query<{ month: string }>({
    name: 'issue-months',
    text: `SELECT DISTINCT l.issue_month::text AS month FROM lot l JOIN account a ON a.id = l.account_id
           WHERE a.owner_id = $1 AND a.kind = 'WALLET' AND a.currency_id = $2 AND (l.remaining > 0 OR l.held > 0)`,
    values: [walletId, currencyId],
  });
  return rows.map((row) => dayFromIso(row.month));
}

interface FoundConversion {
  readonly snapshot: CoalitionSnapshot;
  readonly from: PointCurrency;
  readonly to: PointCurrency;
  readonly member: ResolvedMember;
  readonly quote: ConversionQuote | null;
  readonly months: readonly Day[];
  readonly rates: ConversionRates;
  readonly limits: VelocityLimits;
}

async function convert(app: App, found: FoundConversion, command: ConvertPoints, brandId: Uuid | null, { id, now }: Asked): Promise<Planned<ConversionAnswer>> {
  const { from, to, member, quote } = found;
  const when = whenOf(command, now, from);
  const targetDay = dayOf(when.occurredAt, to.timeZone);
  const [source, target] = await app.ledger.openAccounts([
    { kind: 'WALLET', owner: member.walletId, currencyId: from.id },
    { kind: 'WALLET', owner: member.walletId, currencyId: to.id },
  ]);
  const booked = { when, days: new Map([[target, targetDay]]) };
  const wallets = [source, target];
  const agreed = orRefusal(() => agree(found, command, brandId, when));
  if ('refused' in agreed) return { ...booked, loads: { wallets }, plan: () => agreed };
  const { rate, routeId } = agreed.is;
  const facts: ConversionFacts = {
    ids: { postingId: id, fee: newUuid(), remainder: newUuid(), out: newUuid(), in: newUuid() },
    who: { brandId, ...member },
    accounts: { source, target, ...(await openRoute(app, routeId, from, to)) },
    currencies: { from, to },
    agreed: agreed.is,
    command: { quoteId: quote?.id ?? null, minimumReceived: command.minimumReceived },
    limits: limitsFor(found.limits, { act: 'CONVERT', currency: from, account: source, brandId, ...when }),
    origins: await openOrigins(app, found, rate.id, [...found.months, monthStart(when.day)]),
    when: { ...when, dayEnd: dayStart(when.day + 1, from.timeZone), targetDay },
  };
  const plan = whileProved({ account: source, proofsEnded: member.proofsEnded }, wallets, planConversion(facts));
  return { ...booked, loads: { wallets, counters: countersOf(facts) }, plan };
}

function agree(
  { snapshot, from, to, member, quote, rates }: FoundConversion,
  { points }: ConvertPoints,
  brandId: Uuid | null,
  { occurredAt, recordedAt: now }: When,
): AgreedConversion {
  requireNotInFuture(occurredAt, now);
  if (brandId !== null) requireTerms(snapshot, { brandId, currencyId: from.id, act: 'redeem' }, occurredAt, now);
  if (quote === null) {
    const routed = rates.inForce(from, to, occurredAt);
    // By the rates of one moment no points come back as more than they were. By those of two moments they might, again
    // and again.
    // Late or ahead: the rate of that moment may be over, or have yet to come.
    if (rates.inForce(from, to, now).rate.id !== routed.rate.id)
      throw termsRefusals.refuse('OCCURRED_AT_OUT_OF_RANGE', {
        message: `The rate of ${occurredAt.toISOString()} does not hold now. Leave occurredAt out, and convert at the one that does.`,
      });
    return { ...routed, amounts: checkConversion(routed.rate, from.scale, points) };
  }
  if (quote.walletId !== member.walletId) throw quoteRefusals.refuse('QUOTE_MISMATCH', { field: 'member' });
  if (quote.fromCurrencyId !== from.id) throw quoteRefusals.refuse('QUOTE_MISMATCH', { field: 'from' });
  if (quote.toCurrencyId !== to.id) throw quoteRefusals.refuse('QUOTE_MISMATCH', { field: 'to' });
  if (quote.amounts.points !== points) throw quoteRefusals.refuse('QUOTE_MISMATCH', { field: 'points' });
  // Judged when it is booked: who comes late cannot say that it happened in time.
  if (quote.expiresAt <= now) throw quoteRefusals.refuse('QUOTE_EXPIRED', { expiredAt: quote.expiresAt });
  return { ...rates.byId(quote.rateId), amounts: quote.amounts };
}

async function openRoute(app: App, routeId: Uuid, from: PointCurrency, to: PointCurrency): Promise<Omit<ConversionAccounts, 'source' | 'target'>> {
  const [out, into, fee, remainder] = await app.ledger.openAccounts([
    { kind: 'CONVERSION', owner: routeId, currencyId: from.id },
    { kind: 'CONVERSION', owner: routeId, currencyId: to.id },
    { kind: 'FEE', owner: routeId, currencyId: from.id },
    { kind: 'REMAINDER', owner: routeId, currencyId: from.id },
  ]);
  return { out, in: into, fee, remainder };
}

/**
 * Origins of the target's lots, a month each: their issuer is the brand whose currency it is, or the operator for one
 * that is shared.
 */
async function openOrigins(app: App, { snapshot, to }: FoundConversion, rateId: Uuid, months: readonly Day[]): Promise<Map<Day, number>> {
  const issuer = to.ownerBrandId === null ? snapshot.operator : snapshot.brandsById.get(to.ownerBrandId);
  if (!issuer) throw new Error(`nobody issues ${to.code}`);
  const origins = new Map<Day, number>();
  for (const issueMonth of new Set(months)) {
    const origin = { issuer: issuer.id, issuerCode: issuer.code, currencyId: to.id, issueMonth, termsId: rateId, offerId: null };
    origins.set(issueMonth, await app.ledger.lotOrigin(origin));
  }
  return origins;
}
