import { InvalidInput } from '../refusal';
import type { CoalitionSnapshot, PointCurrency } from './coalition-snapshot';

/** The points currency with this code; throws InvalidInput naming `field`. */
export function requireCurrency(snapshot: CoalitionSnapshot, code: string, field = 'input.currency'): PointCurrency {
  const currency = snapshot.currenciesByCode.get(code);
  if (!currency) throw new InvalidInput(field, `There is no points currency ${code}.`);
  return currency;
}
