import type { CoalitionSnapshot, PointCurrency, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import type { Uuid } from '../../platform/ids';
import { Refusal } from '../../platform/refusal';

/** The terms in force say nothing about points that come in from an old programme. */
export class OpeningsNotAgreed extends Refusal {
  constructor(currency: string) {
    super({
      code: 'OPENINGS_NOT_AGREED',
      retrySafe: true,
      message: `The terms in force agree on no price for opening balances of ${currency}. Propose terms with an openingPrice and have them countersigned.`,
      fields: { currency },
    });
  }
}

/**
 * The terms under which a brand brings in balances that came over at an instant; now when left out. Throws
 * TermsNotActive, OpeningsNotAgreed, OccurredAtOutOfRange.
 */
export function requireOpeningTerms(snapshot: CoalitionSnapshot, brandId: Uuid, currency: PointCurrency, now: Date, openedAt = now): TermsVersion {
  const terms = requireTerms(snapshot, brandId, currency.id, 'issue', openedAt, now);
  if (terms.openingPrice === null) throw new OpeningsNotAgreed(currency.code);
  return terms;
}
