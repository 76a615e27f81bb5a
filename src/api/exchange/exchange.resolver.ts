import { Args, ArgsType, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { reasonSchema } from '../../coalition/access/record-change';
import { InvalidInput } from '../../platform/refusal';
import type { ConversionRate } from '../../programme/exchange/conversion-rate';
import { listConversionRates } from '../../programme/exchange/list-conversion-rates';
import { endConversionRate, storeConversionRate, storeConversionRateSchema } from '../../programme/exchange/store-conversion-rate';
import { requireCurrencyByCode, requireCurrencyById } from '../coalition/coalition.loaders';
import { showPointCurrency } from '../coalition/coalition.resolver';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input, Instant, Text } from '../graphql/fields';
import { type MoneyType, readMoney, readRatio, showMoney, showRatio } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { ConversionRateConnection, ConversionRateType, EndConversionRateInput, StoreConversionRateInput, StoreConversionRateResult } from './exchange.types';

@ArgsType()
class ConversionRateArgs extends PageArgs {
  @Text.orNull('Code of the currency that is given; any when left out.') from?: string | null;

  @Text.orNull('Code of the currency that is received; any when left out.') to?: string | null;

  @Instant.orNull('Only what holds at this instant.') at?: Date | null;
}

type ConversionRateView = Omit<ConversionRateType, 'from' | 'to' | 'transferPrice'> & { readonly record: ConversionRate };

const byId = z.tuple([z.uuid()]);

function showRate(ctx: Context, record: ConversionRate): ConversionRateView {
  const { minimum, increment, dailyMaximum, fee, blockSize, blockBonus, effectiveFrom, effectiveUntil } = record;
  return {
    id: showId(ctx, 'rate', record.id),
    ratio: showRatio(record),
    ...{ minimum, increment, dailyMaximum, fee, blockSize, blockBonus, effectiveFrom, effectiveUntil },
    record,
  };
}

async function currencyId(ctx: Context, code: string | null | undefined): Promise<number | null> {
  return code == null ? null : (await requireCurrencyByCode(ctx, code)).id;
}

@Resolver(() => ConversionRateType)
export class ExchangeResolver {
  @Query(() => ConversionRateConnection, { description: 'Published conversion rates, in the order in which they were stored.' })
  async conversionRates(@Ctx() ctx: Context, @Args(() => ConversionRateArgs) args: ConversionRateArgs) {
    const page = readPage(ctx, args, 'conversionRates', null, byId);
    const [fromCurrencyId, toCurrencyId] = await Promise.all([currencyId(ctx, args.from), currencyId(ctx, args.to)]);
    const filter = { fromCurrencyId, toCurrencyId, at: args.at ?? null };
    const rows = await listConversionRates(ctx.app, requirePrincipal(ctx), filter, { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => showRate(ctx, row) });
  }

  @FieldResolver()
  from(@Ctx() ctx: Context, @Root() { record }: ConversionRateView) {
    return currencyOf(ctx, record.fromCurrencyId);
  }

  @FieldResolver()
  to(@Ctx() ctx: Context, @Root() { record }: ConversionRateView) {
    return currencyOf(ctx, record.toCurrencyId);
  }

  @FieldResolver()
  async transferPrice(@Ctx() ctx: Context, @Root() { record }: ConversionRateView): Promise<MoneyType> {
    return showMoney(record.transferPrice, (await requireCurrencyById(ctx, record.fromCurrencyId)).settlementCurrency);
  }

  @Mutation(() => StoreConversionRateResult, { description: "Publishes a directional conversion rate. For the operator's programme managers." })
  storeConversionRate(@Ctx() ctx: Context, @Input(() => StoreConversionRateInput, 'The rate.') input: StoreConversionRateInput) {
    const { numerator, denominator } = readRatio(input.ratio, 'input.ratio');
    if (numerator < 1n) throw new InvalidInput('input.ratio.numerator', 'At least 1.');
    const command = parseInput(storeConversionRateSchema, {
      ...input,
      ...{ numerator, denominator, fee: input.fee ?? 0n },
      transferPrice: input.transferPrice ? readMoney(input.transferPrice, 'input.transferPrice') : 0n,
      transferPriceCurrency: input.transferPrice?.currency,
    });
    return answerOrRefusal(ctx, async (app, principal) => showRate(ctx, await storeConversionRate(app, principal, command)));
  }

  @Mutation(() => ConversionRateType, { description: "Ends a conversion rate, now or later. For the operator's programme managers." })
  async endConversionRate(@Ctx() ctx: Context, @Input(() => EndConversionRateInput, 'Which rate, and when.') input: EndConversionRateInput) {
    const command = {
      rateId: readId(ctx, 'rate', input.rateId, 'input.rateId'),
      endsAt: input.endsAt,
      reason: parseInput(reasonSchema, input.reason, 'input.reason'),
    };
    return showRate(ctx, await endConversionRate(ctx.app, requirePrincipal(ctx), command));
  }
}

async function currencyOf(ctx: Context, id: number) {
  return showPointCurrency(await requireCurrencyById(ctx, id));
}
