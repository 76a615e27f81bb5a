import type { App } from '../../app';
import { databasePrincipal, type Principal } from '../access/principal';
import type { Brand, PointCurrency } from './coalition-snapshot';

/**
 * The directory: all brands by code, `limit` of them after the one with code `after`. Everybody who is somebody may
 * read it.
 */
export async function listBrands(app: App, principal: Principal, page: { limit: number; after: string | null }): Promise<Brand[]> {
  const { brandsByCode } = await readDirectory(app, principal);
  return pageByCode([...brandsByCode.values()], page);
}

/** All points currencies, by code. */
export async function listPointCurrencies(app: App, principal: Principal, page: { limit: number; after: string | null }): Promise<PointCurrency[]> {
  const { currenciesByCode } = await readDirectory(app, principal);
  return pageByCode([...currenciesByCode.values()], page);
}

/** Brands and currencies as they are now, which everybody may know. What else the snapshot holds stays here. */
export async function readDirectory(app: App, principal: Principal) {
  const { brandsById, brandsByCode, currenciesById, currenciesByCode } = await app.database.transaction(databasePrincipal(principal), ({ client }) =>
    app.coalition.snapshot(client),
  );
  return { brandsById, brandsByCode, currenciesById, currenciesByCode };
}

function pageByCode<Row extends { readonly code: string }>(rows: readonly Row[], { limit, after }: { limit: number; after: string | null }): Row[] {
  return rows
    .filter((row) => after === null || row.code > after)
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .slice(0, limit);
}
