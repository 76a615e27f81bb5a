import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { reasonSchema } from '../../coalition/access/record-change';
import type { BrandRecord } from '../../coalition/coalition/brand.entity';
import type { Brand, PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import { createBrand, createBrandSchema } from '../../coalition/coalition/create-brand';
import { createPointCurrency, createPointCurrencySchema } from '../../coalition/coalition/create-point-currency';
import { listBrands, listPointCurrencies } from '../../coalition/coalition/list-brands';
import { resumeBrand, settlingDaysSchema, suspendBrand, updateBrand, updateBrandSchema } from '../../coalition/coalition/update-brand';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { brandById, requireCurrencyByCode } from './coalition.loaders';
import {
  BrandConnection,
  BrandType,
  ChangeBrandStatusInput,
  CreateBrandInput,
  CreateBrandResult,
  CreatePointCurrencyInput,
  CreatePointCurrencyResult,
  PointCurrencyConnection,
  PointCurrencyType,
  UpdateBrandInput,
} from './coalition.types';

const byCode = z.tuple([z.string().max(32)]);

/** A brand as shown. */
export function showBrand(ctx: Context, brand: Brand | BrandRecord): BrandType {
  const { id, code, name, isOperator, country, status, referencesRepeat, cardOnlyPerDay } = brand;
  const { principal } = ctx;
  const told = principal?.kind !== 'member' && (principal?.brandId === id || (principal?.kind === 'staff' && principal.ofOperator));
  return {
    id: showId(ctx, 'brand', id),
    code,
    name,
    isOperator,
    country,
    status,
    ...(told ? { referencesRepeat, cardOnlyPerDay } : { referencesRepeat: null, cardOnlyPerDay: null }),
  };
}

/** The brand with a uuid, as shown; throws NotFound. */
export async function showBrandById(ctx: Context, id: string): Promise<BrandType> {
  const brand = await brandById(ctx).load(id);
  if (!brand) throw new NotFound('Brand');
  return showBrand(ctx, brand);
}

/** A points currency as its GraphQL type's fields expect it. */
export interface PointCurrencyView extends Omit<PointCurrencyType, 'owner'> {
  readonly ownerBrandId: string | null;
}

/** A points currency as shown. */
export function showPointCurrency(currency: PointCurrency): PointCurrencyView {
  const { code, name, scale, ownerBrandId, timeZone, clearingModel, settlementCurrency, expiry, graceDays, conversionExpiry, noticeDays } = currency;
  return {
    code,
    name,
    scale,
    ownerBrandId,
    timeZone,
    clearingModel,
    settlementCurrency,
    expiry: {
      kind: expiry.kind,
      months: expiry.kind === 'ROLLING' || expiry.kind === 'SLIDING' ? expiry.months : null,
      rounding: expiry.kind === 'ROLLING' ? expiry.rounding : null,
      monthDay: expiry.kind === 'FIXED_DATE' ? expiry.monthDay : null,
    },
    graceDays,
    conversionExpiry,
    noticeDays,
  };
}

@Resolver(() => PointCurrencyType)
export class CoalitionResolver {
  @Query(() => BrandConnection, { description: "The coalition's directory: its brands, by code." })
  async brands(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'brands', null, byCode);
    const rows = await listBrands(ctx.app, requirePrincipal(ctx), { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.code], node: (row) => showBrand(ctx, row) });
  }

  @Query(() => BrandType, { description: 'One brand; an error NOT_FOUND when there is none.' })
  brand(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Its id.' }) id: string) {
    return showBrandById(ctx, readId(ctx, 'brand', id, 'id'));
  }

  @Query(() => PointCurrencyConnection, { description: 'The points currencies, by code.' })
  async pointCurrencies(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'pointCurrencies', null, byCode);
    const rows = await listPointCurrencies(ctx.app, requirePrincipal(ctx), { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.code], node: showPointCurrency });
  }

  @Query(() => PointCurrencyType, { description: 'One points currency; an error NOT_FOUND when there is none.' })
  async pointCurrency(@Ctx() ctx: Context, @Arg('code', () => String, { description: 'Its code.' }) code: string) {
    return showPointCurrency(await requireCurrencyByCode(ctx, code));
  }

  @FieldResolver()
  async owner(@Ctx() ctx: Context, @Root() currency: PointCurrencyView): Promise<BrandType | null> {
    return currency.ownerBrandId === null ? null : showBrandById(ctx, currency.ownerBrandId);
  }

  @Mutation(() => CreateBrandResult, { description: "Makes a brand. For the operator's programme managers." })
  createBrand(@Ctx() ctx: Context, @Input(() => CreateBrandInput, 'The brand.') input: CreateBrandInput) {
    const command = parseInput(createBrandSchema, input);
    return answerOrRefusal(ctx, async (app, principal) => showBrand(ctx, await createBrand(app, principal, command)));
  }

  @Mutation(() => BrandType, {
    description: "Renames a brand, or changes its country or how often it uses a reference. For the operator's programme managers.",
  })
  async updateBrand(@Ctx() ctx: Context, @Input(() => UpdateBrandInput, 'What changes.') input: UpdateBrandInput) {
    const command = { ...parseInput(updateBrandSchema, input), brandId: readId(ctx, 'brand', input.brandId, 'input.brandId') };
    return showBrand(ctx, await updateBrand(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => BrandType, {
    description:
      "Suspends a brand: nothing is issued or redeemed there, and its tokens do nothing but tell, for settlingDays, what happened before. For the operator's role OPERATOR.",
  })
  async suspendBrand(@Ctx() ctx: Context, @Input(() => ChangeBrandStatusInput, 'Which brand.') input: ChangeBrandStatusInput) {
    const command = { ...readStatusChange(ctx, input), settlingDays: parseInput(settlingDaysSchema, input.settlingDays, 'input.settlingDays') };
    return showBrand(ctx, await suspendBrand(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => BrandType, { description: "Lifts a brand's suspension. For the operator's role OPERATOR." })
  async resumeBrand(@Ctx() ctx: Context, @Input(() => ChangeBrandStatusInput, 'Which brand.') input: ChangeBrandStatusInput) {
    if (input.settlingDays != null) throw new InvalidInput('input.settlingDays', 'Settling is of suspendBrand. Leave it out here.');
    return showBrand(ctx, await resumeBrand(ctx.app, requirePrincipal(ctx), readStatusChange(ctx, input)));
  }

  @Mutation(() => CreatePointCurrencyResult, { description: "Makes a points currency. For the operator's programme managers." })
  createPointCurrency(@Ctx() ctx: Context, @Input(() => CreatePointCurrencyInput, 'The currency.') input: CreatePointCurrencyInput) {
    const ownerBrandId = input.ownerBrandId == null ? null : readId(ctx, 'brand', input.ownerBrandId, 'input.ownerBrandId');
    const command = { ...parseInput(createPointCurrencySchema, input), ownerBrandId };
    return answerOrRefusal(ctx, async (app, principal) => showPointCurrency(await createPointCurrency(app, principal, command)));
  }
}

function readStatusChange(ctx: Context, input: ChangeBrandStatusInput) {
  return { brandId: readId(ctx, 'brand', input.brandId, 'input.brandId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
}
