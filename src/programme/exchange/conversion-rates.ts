import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { cachedByVersion } from '../../coalition/rules/versioned-cache';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { type ConversionRate, RATE_COLUMNS, type RateRow, toConversionRate } from './conversion-rate';

/** What is refused where no rate is in force. */
export const rateRefusals = refusals(
  defineRefusal('NO_CONVERSION_RATE', {
    description: 'No rate of that direction is in force at that moment.',
    retrySafe: true,
    message: (_, { from, to, at }: { from: string; to: string; at: Date }) =>
      `No rate converts ${from} into ${to} at ${at.toISOString()}. The query conversionRates shows those that do.`,
  }),
);

/**
 * A rate and the route that it is a version of: one direction between two currencies, which owns its accounts in the
 * ledger.
 */
export interface RoutedRate {
  readonly rate: ConversionRate;
  readonly routeId: Uuid;
}

/** All rates that there ever were: few, read whole. */
export interface ConversionRates {
  /** The rate of a direction at an instant; throws NO_CONVERSION_RATE. */
  inForce(from: PointCurrency, to: PointCurrency, at: Date): RoutedRate;
  /** A rate by its id, in force or not. */
  byId(id: Uuid): RoutedRate;
}

export const conversionRates = cachedByVersion<ConversionRates>(async (client) => {
  const { rows: routes } = await client.query<{ id: Uuid; from_currency_id: number; to_currency_id: number }>(
    'SELECT id, from_currency_id, to_currency_id FROM conversion_route',
  );
  const routeIds = new Map(routes.map((row) => [direction(row.from_currency_id, row.to_currency_id), row.id]));
  const { rows } = await client.query<RateRow>(`SELECT ${RATE_COLUMNS} FROM conversion_rate ORDER BY lower(effective)`);
  const byId = new Map<Uuid, RoutedRate>();
  const byDirection = new Map<string, RoutedRate[]>();
  for (const row of rows) {
    const rate = toConversionRate(row);
    const key = direction(rate.fromCurrencyId, rate.toCurrencyId);
    const routed = { rate, routeId: routeIds.get(key) as Uuid };
    byId.set(rate.id, routed);
    const earlier = byDirection.get(key);
    if (earlier) earlier.push(routed);
    else byDirection.set(key, [routed]);
  }
  return {
    inForce(from, to, at) {
      const found = byDirection.get(direction(from.id, to.id))?.findLast(({ rate }) => rate.effectiveFrom <= at);
      if (!found || (found.rate.effectiveUntil !== null && found.rate.effectiveUntil <= at))
        throw rateRefusals.refuse('NO_CONVERSION_RATE', { from: from.code, to: to.code, at });
      return found;
    },
    byId(id) {
      const found = byId.get(id);
      if (!found) throw new Error(`conversion rate ${id} does not exist`);
      return found;
    },
  };
});

function direction(from: number, to: number): string {
  return `${from} ${to}`;
}
