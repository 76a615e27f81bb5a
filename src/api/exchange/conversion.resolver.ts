import { Args, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { type ConversionAmounts, receivedInAll } from '../../programme/exchange/conversion-amounts';
import { type ConvertedPoints, convertPoints, convertPointsSchema } from '../../programme/exchange/convert-points';
import { importConversionRates, importConversionRatesSchema } from '../../programme/exchange/import-conversion-rates';
import { type Conversion, listConversions, listLiveQuotes } from '../../programme/exchange/list-conversions';
import { quoteConversion, quoteConversionSchema } from '../../programme/exchange/quote-conversion';
import type { ConversionQuote } from '../../programme/exchange/read-quotes';
import { requireCurrencyById } from '../coalition/coalition.loaders';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { WalletType } from '../members/member.types';
import { readMemberRef } from '../members/member-ref.types';
import {
  ConversionConnection,
  ConversionQuoteType,
  ConversionType,
  ConvertedPointsType,
  ConvertInput,
  ConvertResult,
  ImportConversionRatesInput,
  ImportConversionRatesResult,
  ImportedConversionRatesType,
  QuoteConversionInput,
  QuoteConversionResult,
} from './conversion.types';

const byId = z.tuple([z.uuid()]);

function withMember<Input extends QuoteConversionInput>(ctx: Context, input: Input) {
  return { ...input, member: input.member ? readMemberRef(ctx, input.member, 'input.member') : null };
}

function showAmounts(ctx: Context, amounts: ConversionAmounts, rateId: string) {
  return { ...amounts, received: receivedInAll(amounts), rateId: showId(ctx, 'rate', rateId) };
}

function showConverted(ctx: Context, { conversionId, rateId, quoteId: _, balances, ...converted }: ConvertedPoints): ConvertedPointsType {
  return Object.assign(new ConvertedPointsType(), converted, {
    conversionId: converted.dryRun ? null : showId(ctx, 'conversion', conversionId),
    rateId: showId(ctx, 'rate', rateId),
    fromBalance: balances.from && showBalance(converted.from, balances.from),
    toBalance: balances.to && showBalance(converted.to, balances.to),
  });
}

async function showQuote(ctx: Context, quote: ConversionQuote): Promise<ConversionQuoteType> {
  const [from, to] = await Promise.all([requireCurrencyById(ctx, quote.fromCurrencyId), requireCurrencyById(ctx, quote.toCurrencyId)]);
  const { id, amounts, rateId, quotedAt, expiresAt } = quote;
  const figures = { from: from.code, to: to.code, ...showAmounts(ctx, amounts, rateId) };
  return Object.assign(new ConversionQuoteType(), figures, { quoteId: showId(ctx, 'quote', id), quotedAt, expiresAt });
}

function showConversion(ctx: Context, { id, from, to, amounts, rateId, brandId, occurredAt }: Conversion): ConversionType {
  const figures = { from, to, ...showAmounts(ctx, amounts, rateId) };
  return { ...figures, id: showId(ctx, 'conversion', id), brandId: brandId && showId(ctx, 'brand', brandId), occurredAt };
}

@Resolver(() => WalletType)
export class ConversionResolver {
  @Mutation(() => QuoteConversionResult, {
    description:
      'Says what a conversion gives and promises it for a while. All quotes of a wallet that are still good and not used are for no more than it can spend when one is asked for, but set nothing aside; what it has then, and what is left of a daily maximum, is looked at when it is converted. The member asks, or a brand with the scope redemptions for a member that it has enrolled or linked.',
  })
  quoteConversion(@Ctx() ctx: Context, @Input(() => QuoteConversionInput, 'What to convert.') input: QuoteConversionInput) {
    const command = parseInput(quoteConversionSchema, withMember(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showQuote(ctx, await quoteConversion(app, principal, command)));
  }

  @Mutation(() => ConvertResult, {
    description:
      "Converts a member's points into those of another currency, at the rate in force or at a quote's. The member asks, or a brand with the scope redemptions for a member that it has enrolled or linked.",
  })
  convert(@Ctx() ctx: Context, @Input(() => ConvertInput, 'What to convert.') input: ConvertInput) {
    const quoteId = input.quoteId == null ? null : readId(ctx, 'quote', input.quoteId, 'input.quoteId');
    const command = parseInput(convertPointsSchema, { ...withMember(ctx, input), quoteId });
    return answerOrRefusal(ctx, async (app, principal) => showConverted(ctx, await convertPoints(app, principal, command)));
  }

  @Mutation(() => ImportConversionRatesResult, {
    description: "Stores the conversion rates of a CSV of routes, all of them or none. For the operator's programme managers.",
  })
  importConversionRates(@Ctx() ctx: Context, @Input(() => ImportConversionRatesInput, 'The file.') input: ImportConversionRatesInput) {
    const command = parseInput(importConversionRatesSchema, { ...input, currencies: input.currencies ?? [] });
    return answerOrRefusal(ctx, async (app, principal) =>
      Object.assign(new ImportedConversionRatesType(), await importConversionRates(app, principal, command)),
    );
  }

  @FieldResolver(() => ConversionConnection, { description: 'Conversions, newest first. A brand sees those that it asked for itself.' })
  async conversions(@Ctx() ctx: Context, @Root() wallet: WalletType, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'conversions', wallet.id, byId);
    const rows = await listConversions(ctx.app, requirePrincipal(ctx), wallet.of.memberId, { limit: page.limit, before: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => showConversion(ctx, row) });
  }

  @FieldResolver(() => [ConversionQuoteType], {
    description: 'Quotes of conversions that are still good, soonest to end first, at most 100. A brand sees those that it asked for itself.',
  })
  async conversionQuotes(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<ConversionQuoteType[]> {
    const quotes = await listLiveQuotes(ctx.app, requirePrincipal(ctx), wallet.of.memberId);
    return Promise.all(quotes.map((quote) => showQuote(ctx, quote)));
  }
}
