import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { type ConversionRate, RATE_COLUMNS, type RateRow, toConversionRate } from './conversion-rate';

/** Which rates: null for any. */
export interface ConversionRateFilter {
  readonly fromCurrencyId: number | null;
  readonly toCurrencyId: number | null;
  /** In force at this instant. */
  readonly at: Date | null;
}

/** Published rates, in the order in which they were stored; everybody who is somebody may read them. */
export function listConversionRates(
  app: App,
  principal: Principal,
  filter: ConversionRateFilter,
  page: { limit: number; after: Uuid | null },
): Promise<ConversionRate[]> {
  return app.database.transaction(databasePrincipal(principal), async ({ client }) => {
    const { rows } = await client.query<RateRow>({
      name: 'list-conversion-rates',
      text: `SELECT ${RATE_COLUMNS} FROM conversion_rate
             WHERE ($1::smallint IS NULL OR from_currency_id = $1) AND ($2::smallint IS NULL OR to_currency_id = $2)
               AND ($3::timestamptz IS NULL OR effective @> $3::timestamptz) AND ($4::uuid IS NULL OR id > $4) ORDER BY id LIMIT $5`,
      values: [filter.fromCurrencyId, filter.toCurrencyId, filter.at, page.after, page.limit],
    });
    return rows.map(toConversionRate);
  });
}
