import type { CoalitionSnapshot, PointCurrency, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import { activeTermsRefusals, requireTerms } from '../../coalition/coalition/terms-in-force';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { text } from '../../platform/refusal-fields';

/** What is refused where balances are taken over. */
export const openingRefusals = refusals(
  activeTermsRefusals,
  defineRefusal('OPENINGS_NOT_AGREED', {
    description: 'The terms in force agree on no price for opening balances.',
    retrySafe: true,
    fields: { currency: text('Code of the points currency.') },
    discloses: 'NOBODY',
    message: ({ currency }) =>
      `The terms in force agree on no price for opening balances of ${currency}. Propose terms with an openingPrice and have them countersigned.`,
  }),
);

/**
 * The terms under which a brand brings in balances that came over at an instant; now when left out. Throws
 * TERMS_NOT_ACTIVE, OPENINGS_NOT_AGREED, OCCURRED_AT_OUT_OF_RANGE.
 */
export function requireOpeningTerms(snapshot: CoalitionSnapshot, brandId: Uuid, currency: PointCurrency, now: Date, openedAt = now): TermsVersion {
  const terms = requireTerms(snapshot, { brandId, currencyId: currency.id, act: 'issue' }, openedAt, now);
  if (terms.openingPrice === null) throw openingRefusals.refuse('OPENINGS_NOT_AGREED', { currency: currency.code });
  return terms;
}
