import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { readDirectory } from '../../coalition/coalition/list-brands';
import { NotFound } from '../../platform/refusal';
import { type Context, requirePrincipal } from '../graphql/context';
import { defineLoader } from '../graphql/loader';

/** Brands by uuid: the directory is read once a tick, however many are asked for. */
export const brandById = defineLoader(
  async (ctx, ids: readonly string[]) => {
    const { brandsById } = await readDirectory(ctx.app, requirePrincipal(ctx));
    return ids.flatMap((id) => brandsById.get(id) ?? []);
  },
  (brand) => brand.id,
);

/** Points currencies by the ledger's id. */
export const pointCurrencyById = defineLoader(
  async (ctx, ids: readonly number[]) => {
    const { currenciesById } = await readDirectory(ctx.app, requirePrincipal(ctx));
    return ids.flatMap((id) => currenciesById.get(id) ?? []);
  },
  (currency) => currency.id,
);

/** Points currencies by code. */
export const pointCurrencyByCode = defineLoader(
  async (ctx, codes: readonly string[]) => {
    const { currenciesByCode } = await readDirectory(ctx.app, requirePrincipal(ctx));
    return codes.flatMap((code) => currenciesByCode.get(code) ?? []);
  },
  (currency) => currency.code,
);

/** The points currency with an id of the ledger; throws NotFound. */
export async function requireCurrencyById(ctx: Context, id: number): Promise<PointCurrency> {
  return found(await pointCurrencyById(ctx).load(id));
}

/** The points currency with a code; throws NotFound. */
export async function requireCurrencyByCode(ctx: Context, code: string): Promise<PointCurrency> {
  return found(await pointCurrencyByCode(ctx).load(code));
}

function found(currency: PointCurrency | null): PointCurrency {
  if (!currency) throw new NotFound('Currency');
  return currency;
}
