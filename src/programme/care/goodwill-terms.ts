import type { CoalitionSnapshot, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { requireTerms } from '../../coalition/coalition/terms-in-force';
import type { Uuid } from '../../platform/ids';

/** What points carry that the operator gives itself: it has no terms with itself, and nothing prices them. */
const OPERATORS_OWN: Uuid = '00000000-0000-8000-8000-000000000001';

/** The terms under which a brand may give points of the currency now, as it may issue them; throws TERMS_NOT_ACTIVE. */
export function requireFunding(snapshot: CoalitionSnapshot, funderId: Uuid, currency: PointCurrency, now: Date): Uuid {
  return funderId === snapshot.operator?.id ? OPERATORS_OWN : requireTerms(snapshot, { brandId: funderId, currencyId: currency.id, act: 'issue' }, now, now).id;
}
