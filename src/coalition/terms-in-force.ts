import type { Uuid } from '../ids';
import { Refusal } from '../refusal';
import type { CoalitionSnapshot, TermsVersion } from './coalition-snapshot';

/** No countersigned terms allow this brand to do this at that moment. */
export class TermsNotActive extends Refusal {
  constructor(message: string) {
    super({ code: 'TERMS_NOT_ACTIVE', message });
  }
}

/** The event lies in the future, or further back than the terms allow. */
export class OccurredAtOutOfRange extends Refusal {
  constructor(message: string) {
    super({ code: 'OCCURRED_AT_OUT_OF_RANGE', message });
  }
}

const DAY_MS = 86_400_000;

/** Clocks of tills run ahead a little. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/** The terms between two brands (the operator by default) in force for a currency at an instant, or null. */
export function findTerms(snapshot: CoalitionSnapshot, brandId: Uuid, currencyId: number, at: Date, partnerBrandId?: Uuid): TermsVersion | null {
  const partner = partnerBrandId ?? snapshot.operator?.id;
  const partnership = snapshot.partnerships.find(
    (each) =>
      each.currencyId === currencyId &&
      ((each.brandId === brandId && each.partnerBrandId === partner) || (each.brandId === partner && each.partnerBrandId === brandId)),
  );
  return partnership ? findTermsOf(partnership, at) : null;
}

/** The terms of one partnership in force at an instant, or null: none had started, or it was suspended or ended. */
export function findTermsOf<Terms extends { readonly effectiveFrom: Date }>(
  partnership: { readonly history: readonly { readonly state: string; readonly at: Date }[]; readonly terms: readonly Terms[] },
  at: Date,
): Terms | null {
  // A suspension counts from when it was made; before any later change the partnership was as it began: active from its first terms on.
  const instant = at.getTime();
  let [state, since] = ['ACTIVE', 0];
  for (const change of partnership.history) {
    const changed = change.at.getTime();
    if (change.state !== 'PROPOSED' && changed <= instant && changed >= since) [state, since] = [change.state, changed];
  }
  if (state !== 'ACTIVE' && state !== 'ENDING') return null;
  let found: Terms | null = null;
  for (const terms of partnership.terms) {
    const from = terms.effectiveFrom.getTime();
    if (from <= instant && (!found || from >= found.effectiveFrom.getTime())) found = terms;
  }
  return found;
}

/** Throws OccurredAtOutOfRange for what happens later than now. */
export function requireNotInFuture(occurredAt: Date, now: Date): void {
  if (occurredAt.getTime() > now.getTime() + CLOCK_SKEW_MS)
    throw new OccurredAtOutOfRange(`occurredAt ${occurredAt.toISOString()} is in the future. Send the time at which it happened.`);
}

/** Throws OccurredAtOutOfRange for what happened further back than the terms allow. */
export function requireWithinBackdating({ backdatingDays }: Pick<TermsVersion, 'backdatingDays'>, occurredAt: Date, now: Date): void {
  if (now.getTime() - occurredAt.getTime() > backdatingDays * DAY_MS)
    throw new OccurredAtOutOfRange(`occurredAt ${occurredAt.toISOString()} is more than the ${backdatingDays} days back that the terms allow.`);
}

/** The terms under which a brand may issue or redeem a currency at occurredAt; throws TermsNotActive or OccurredAtOutOfRange. */
export function requireTerms(
  snapshot: CoalitionSnapshot,
  brandId: Uuid,
  currencyId: number,
  act: 'issue' | 'redeem',
  occurredAt: Date,
  now: Date,
): TermsVersion {
  requireNotInFuture(occurredAt, now);
  const brand = snapshot.brandsById.get(brandId);
  const currency = snapshot.currenciesById.get(currencyId);
  const terms = findTerms(snapshot, brandId, currencyId, occurredAt);
  const what = () => `${act} ${currency?.code ?? 'this currency'} at ${occurredAt.toISOString()}`;
  if (!terms || brand?.status !== 'ACTIVE')
    throw new TermsNotActive(`No terms in force let ${brand?.code ?? 'this brand'} ${what()}. Propose terms and have them countersigned.`);
  if (act === 'issue' ? !terms.mayIssue : !terms.mayRedeem) throw new TermsNotActive(`The terms in force do not let ${brand.code} ${what()}.`);
  requireWithinBackdating(terms, occurredAt, now);
  return terms;
}
