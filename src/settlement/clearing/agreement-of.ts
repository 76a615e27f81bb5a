import type { CoalitionSnapshot, PartnershipState, PointCurrency, TermsVersion } from '../../coalition/coalition/coalition-snapshot';
import { findPartnership, findTermsOf } from '../../coalition/coalition/terms-in-force';
import { isBefore, type JournalCursor } from '../../ledger/outbox/journal-cursor';
import type { Uuid } from '../../platform/ids';
import type { Agreement } from './price-event';

/**
 * What the coalition has agreed on a currency, as pricing asks for it. Lookups are remembered: a range asks the same
 * ones a thousand times.
 */
export function agreementOf(snapshot: CoalitionSnapshot, currency: PointCurrency): Agreement {
  const versions = new Map<Uuid, TermsVersion>();
  const partnersOf = new Map<Uuid, Set<Uuid>>();
  for (const { brandId, partnerBrandId, currencyId, terms } of snapshot.partnerships) {
    if (currencyId !== currency.id) continue;
    for (const version of terms) versions.set(version.id, version);
    remember(partnersOf, brandId, partnerBrandId);
    remember(partnersOf, partnerBrandId, brandId);
  }
  return {
    model: currency.clearingModel,
    scale: currency.scale,
    operatorId: snapshot.operator?.id ?? null,
    terms(id) {
      const terms = versions.get(id);
      if (!terms) throw new Error(`there are no terms ${id} for ${currency.code}`);
      return terms;
    },
    pairTerms(issuerId, redeemerId, at, posted) {
      // A brand's terms with the operator are its terms with the coalition, not a pair's own.
      if (issuerId === snapshot.operator?.id || redeemerId === snapshot.operator?.id) return null;
      if (!partnersOf.get(issuerId)?.has(redeemerId)) return null;
      const partnership = findPartnership(snapshot, currency.id, issuerId, redeemerId);
      return partnership && findTermsOf(asAgreedBefore(partnership, posted), at);
    },
    issuerOf: (currencyId) => snapshot.currenciesById.get(currencyId)?.ownerBrandId ?? snapshot.operator?.id ?? null,
  };
}

/** The partnership as it stood where the event came into the journal: without what was agreed or changed after it. */
function asAgreedBefore({ history, terms }: PartnershipState, posted: JournalCursor): Pick<PartnershipState, 'history' | 'terms'> {
  return { history: history.filter(({ made }) => isBefore(made, posted)), terms: terms.filter(({ agreed }) => isBefore(agreed, posted)) };
}

/**
 * Every brand that can owe or be owed for the currency: whoever has ever had a partnership for it, the operator, and
 * the owners of currencies. Those are paid for points that become theirs.
 */
export function partiesTo(snapshot: CoalitionSnapshot, currency: PointCurrency): Uuid[] {
  const brands = new Set<Uuid>(snapshot.operator ? [snapshot.operator.id] : []);
  for (const { ownerBrandId } of snapshot.currenciesById.values()) if (ownerBrandId !== null) brands.add(ownerBrandId);
  for (const { brandId, partnerBrandId, currencyId } of snapshot.partnerships) {
    if (currencyId !== currency.id) continue;
    brands.add(brandId).add(partnerBrandId);
  }
  return [...brands];
}

function remember(partnersOf: Map<Uuid, Set<Uuid>>, brand: Uuid, partner: Uuid): void {
  const partners = partnersOf.get(brand);
  if (partners) partners.add(partner);
  else partnersOf.set(brand, new Set([partner]));
}
