import { DAY_MS } from '../../platform/clock';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import type { Refusal } from '../../platform/refusal';
import { instant } from '../../platform/refusal-fields';
import type { CoalitionSnapshot, PartnershipChange, PartnershipState, TermsVersion } from './coalition-snapshot';

/** Nothing new happens at a suspended brand. */
export const suspension = refusals(
  defineRefusal('BRAND_SUSPENDED', {
    description:
      'The brand was suspended at that moment, or is now, and this is not done meanwhile. For some days its API clients may still tell what happened before.',
    retrySafe: true,
    fields: { since: instant('When it was suspended.') },
    discloses: 'NOBODY',
    message: ({ since }, { code, next = 'what happens there from then on is not taken until it is resumed.' }: { code: string; next?: string }) =>
      `The brand ${code} was suspended at ${since}: ${next}`,
  }),
);

/** What is refused where no terms let a brand do something. */
export const activeTermsRefusals = refusals(
  suspension,
  defineRefusal('TERMS_NOT_ACTIVE', {
    description: 'No countersigned terms in force let this brand do this at that moment.',
    retrySafe: true,
  }),
);

/** What is refused of the time at which something is told to have happened. */
export const timeRefusals = refusals(
  suspension,
  defineRefusal('OCCURRED_AT_OUT_OF_RANGE', {
    description: 'occurredAt lies in the future, further back than the terms in force allow, or before what it refers to.',
    retrySafe: true,
  }),
);

/** What is refused where something happens under terms. */
export const termsRefusals = refusals(activeTermsRefusals, timeRefusals);

/** Clocks of tills run ahead a little. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** The partnership of two brands for a currency, or null. */
export function findPartnership(snapshot: CoalitionSnapshot, currencyId: number, brandId: Uuid, partnerId: Uuid): PartnershipState | null {
  const found = snapshot.partnerships.find(
    (each) =>
      each.currencyId === currencyId &&
      ((each.brandId === brandId && each.partnerBrandId === partnerId) || (each.brandId === partnerId && each.partnerBrandId === brandId)),
  );
  return found ?? null;
}

/** A brand's terms with the operator in force for a currency at an instant, or null. */
export function findTerms(snapshot: CoalitionSnapshot, brandId: Uuid, currencyId: number, at: Date): TermsVersion | null {
  const partnership = snapshot.operator && findPartnership(snapshot, currencyId, brandId, snapshot.operator.id);
  return partnership ? findTermsOf(partnership, at) : null;
}

/** Whether a brand has terms with the operator in force for a currency at an instant, whatever they let it do. */
export function hasTerms(snapshot: CoalitionSnapshot, brandId: Uuid, currencyId: number, at: Date): boolean {
  return findTerms(snapshot, brandId, currencyId, at) !== null;
}

/** The terms of one partnership in force at an instant, or null: none had started, or it was suspended or ended. */
export function findTermsOf<Terms extends { readonly effectiveFrom: Date }>(
  partnership: { readonly history: readonly Standing[]; readonly terms: readonly Terms[] },
  at: Date,
): Terms | null {
  if (standsStill(partnership, at)) return null;
  const instant = at.getTime();
  let found: Terms | null = null;
  for (const terms of partnership.terms) {
    const from = terms.effectiveFrom.getTime();
    if (from <= instant && (!found || from >= found.effectiveFrom.getTime())) found = terms;
  }
  return found;
}

type Standing = Pick<PartnershipChange, 'state' | 'at'>;

/** The change that suspended or ended the partnership, if it stood still at that instant. */
function standsStill({ history }: { readonly history: readonly Standing[] }, at: Date): Standing | null {
  // A suspension counts from when it was made. Before any later change the partnership was as it began: active from its
  // first terms on.
  const instant = at.getTime();
  let latest: Standing | null = null;
  for (const change of history) if (change.state !== 'PROPOSED' && change.at.getTime() <= instant && (!latest || change.at >= latest.at)) latest = change;
  return latest === null || latest.state === 'ACTIVE' || latest.state === 'ENDING' ? null : latest;
}

/** Throws OCCURRED_AT_OUT_OF_RANGE for what happens later than now. */
export function requireNotInFuture(occurredAt: Date, now: Date): void {
  if (occurredAt.getTime() > now.getTime() + CLOCK_SKEW_MS)
    throw termsRefusals.refuse('OCCURRED_AT_OUT_OF_RANGE', {
      message: `occurredAt ${occurredAt.toISOString()} is in the future. Send the time at which it happened.`,
    });
}

/** Throws OCCURRED_AT_OUT_OF_RANGE for what happened further back than the terms allow. */
export function requireWithinBackdating({ backdatingDays }: Pick<TermsVersion, 'backdatingDays'>, occurredAt: Date, now: Date): void {
  if (now.getTime() - occurredAt.getTime() > backdatingDays * DAY_MS)
    throw termsRefusals.refuse('OCCURRED_AT_OUT_OF_RANGE', {
      message: `occurredAt ${occurredAt.toISOString()} is more than the ${backdatingDays} days back that the terms allow.`,
    });
}

/** Throws BRAND_SUSPENDED for what happens at a brand while it is suspended. */
export function requireNotSuspended(snapshot: CoalitionSnapshot, brandId: Uuid, occurredAt: Date): void {
  const brand = snapshot.brandsById.get(brandId);
  const latest = brand?.history.findLast(({ at }) => at <= occurredAt);
  if (brand && latest?.status === 'SUSPENDED') throw suspension.refuse('BRAND_SUSPENDED', { code: brand.code, since: latest.at });
}

/** What a brand wants to do with a points currency. */
interface AskedTerms {
  readonly brandId: Uuid;
  readonly currencyId: number;
  readonly act: 'issue' | 'redeem';
}

/**
 * The terms under which a brand may issue or redeem a currency at occurredAt: brand and partnership are judged as they
 * were then. Throws BRAND_SUSPENDED, TERMS_NOT_ACTIVE or OCCURRED_AT_OUT_OF_RANGE.
 */
export function requireTerms(snapshot: CoalitionSnapshot, asked: AskedTerms, occurredAt: Date, now: Date): TermsVersion {
  const { brandId, currencyId, act } = asked;
  requireNotInFuture(occurredAt, now);
  requireNotSuspended(snapshot, brandId, occurredAt);
  const terms = findTerms(snapshot, brandId, currencyId, occurredAt);
  if (!terms || (act === 'issue' ? !terms.mayIssue : !terms.mayRedeem)) throw whyNoTerms(snapshot, asked, occurredAt);
  requireWithinBackdating(terms, occurredAt, now);
  return terms;
}

function whyNoTerms(snapshot: CoalitionSnapshot, { brandId, currencyId, act }: AskedTerms, occurredAt: Date): Refusal {
  const brand = snapshot.brandsById.get(brandId)?.code ?? 'this brand';
  const currency = snapshot.currenciesById.get(currencyId)?.code ?? 'this currency';
  const partnership = snapshot.operator && findPartnership(snapshot, currencyId, brandId, snapshot.operator.id);
  const stopped = partnership && standsStill(partnership, occurredAt);
  if (stopped) {
    const was = stopped.state === 'SUSPENDED' ? 'was suspended at' : 'ended at';
    return termsRefusals.refuse('TERMS_NOT_ACTIVE', {
      message: `The partnership of ${brand} with the operator for ${currency} ${was} ${stopped.at.toISOString()}: what happens from then on is not taken. What happened before may still be told.`,
    });
  }
  if (partnership && findTermsOf(partnership, occurredAt))
    return termsRefusals.refuse('TERMS_NOT_ACTIVE', { message: `The terms in force do not let ${brand} ${act} ${currency} at ${occurredAt.toISOString()}.` });
  return termsRefusals.refuse('TERMS_NOT_ACTIVE', {
    message: `No terms in force let ${brand} ${act} ${currency} at ${occurredAt.toISOString()}. Propose terms and have them countersigned.`,
  });
}
