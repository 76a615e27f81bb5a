import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { findTerms } from '../../coalition/coalition/terms-in-force';
import type { Uuid } from '../../platform/ids';
import { partiesTo } from '../clearing/agreement-of';
import type { Period } from '../clearing/periods';
import type { ObligationSum, Party } from './statement';

/**
 * Who gets a statement of a month. Two kinds of brands always do: who owes or is owed in it, and who carries a
 * remainder from the month before. Without one of them the month would not sum to zero. The others are those with terms
 * for the currency that began before the month ended: a statement of 0 tells them that nothing is owed. The operator is
 * one of these where the currency clears through it.
 */
export function partiesOfMonth(
  snapshot: CoalitionSnapshot,
  currency: PointCurrency,
  period: Pick<Period, 'endsAt'>,
  sums: readonly ObligationSum[],
  carried: ReadonlyMap<Uuid, bigint>,
): Party[] {
  const operatorId = snapshot.operator?.id;
  const ids = new Set<Uuid>(sums.flatMap((sum) => [sum.debtorId, sum.creditorId]));
  for (const [id, remainder] of carried) if (remainder !== 0n) ids.add(id);
  for (const { brandId, partnerBrandId, currencyId, terms } of snapshot.partnerships) {
    if (currencyId !== currency.id || !terms.some(({ effectiveFrom }) => effectiveFrom < period.endsAt)) continue;
    for (const id of [brandId, partnerBrandId]) if (id !== operatorId || currency.clearingModel === 'OPERATOR') ids.add(id);
  }
  const days = new Map([...ids].filter((id) => id !== operatorId).map((id) => [id, paymentDays(snapshot, currency, id, period)]));
  // The operator pays and is paid when the last brand is.
  if (operatorId && ids.has(operatorId)) days.set(operatorId, Math.max(0, ...days.values()));
  const known = new Set(partiesTo(snapshot, currency));
  return [...days].map(([id, each]) => {
    const brand = snapshot.brandsById.get(id);
    if (!brand || !known.has(id)) throw new Error(`brand ${id} has no terms for ${currency.code} and cannot owe or be owed`);
    return { id, code: brand.code, openingBalance: carried.get(id) ?? 0n, paymentDays: each };
  });
}

/** As the terms in force at the month's end say; of a brand that has left, as its last ones said. */
function paymentDays(snapshot: CoalitionSnapshot, currency: PointCurrency, brand: Uuid, period: Pick<Period, 'endsAt'>): number {
  const lastInstant = new Date(period.endsAt.getTime() - 1);
  const inForce = findTerms(snapshot, brand, currency.id, lastInstant);
  if (inForce) return inForce.paymentDays;
  const own = snapshot.partnerships.filter(
    ({ currencyId, brandId, partnerBrandId }) => currencyId === currency.id && (brandId === brand || partnerBrandId === brand),
  );
  const versions = own.flatMap(({ terms }) => terms).filter(({ effectiveFrom }) => effectiveFrom <= lastInstant);
  return versions.sort((a, b) => a.effectiveFrom.getTime() - b.effectiveFrom.getTime()).at(-1)?.paymentDays ?? 0;
}
