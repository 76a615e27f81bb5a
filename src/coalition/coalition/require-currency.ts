import { InvalidInput, NotFound } from '../../platform/refusal';
import type { CoalitionSnapshot, PointCurrency } from './coalition-snapshot';

/** The points currency with this code; throws InvalidInput naming `field`. */
export function requireCurrency(snapshot: CoalitionSnapshot, code: string, field = 'input.currency'): PointCurrency {
  const currency = snapshot.currenciesByCode.get(code);
  if (!currency) throw new InvalidInput(field, `There is no points currency ${code}.`);
  return currency;
}

/** The same for one that is asked about; throws NotFound. */
export function findCurrency(snapshot: CoalitionSnapshot, code: string): PointCurrency {
  const currency = snapshot.currenciesByCode.get(code);
  if (!currency) throw new NotFound('Currency');
  return currency;
}

/** The points currency that something recorded is in: there is one, or the snapshot is wrong. */
export function currencyById(snapshot: CoalitionSnapshot, id: number): PointCurrency {
  const currency = snapshot.currenciesById.get(id);
  if (!currency) throw new Error(`points currency ${id} is not in the coalition's snapshot`);
  return currency;
}
