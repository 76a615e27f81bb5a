import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { convertPointsRefusals } from '../../programme/exchange/convert-points';
import { importConversionRatesRefusals } from '../../programme/exchange/import-conversion-rates';
import { quoteConversionRefusals } from '../../programme/exchange/quote-conversion';
import { CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';

const KEY = 'Names this request for ever, within the brand or for the member: at most 255 characters. Send it again and get the first answer.';

@InputType('QuoteConversionInput', { description: 'A conversion to be told the outcome of.' })
export class QuoteConversionInput {
  @Field(() => String, { description: KEY })
  idempotencyKey!: string;

  @Field(() => MemberRefInput, {
    nullable: true,
    description:
      'Whose points; leave it out when you are the member. A brand names a member that it has enrolled or linked before; naming one here does not make it known to the brand.',
  })
  member?: MemberRefInput | null;

  @Field(() => String, { description: 'Code of the currency that is given.' })
  from!: string;

  @Field(() => String, { description: 'Code of the currency that is received.' })
  to!: string;

  @Field(() => PointsScalar, { description: "How many to give, in that currency's smallest unit; a fee comes on top." })
  points!: bigint;
}

@InputType('ConvertInput', { description: 'Points to convert.' })
export class ConvertInput extends QuoteConversionInput {
  @Field(() => ID, { nullable: true, description: 'A quote to convert at, with the member, currencies and points that it was given for. It is used once.' })
  quoteId?: string | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Refuse to give less than this, in the smallest unit of the currency that is received.' })
  minimumReceived?: bigint | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When it happened at the brand; now by default, and always for a member. Rate, terms and lots are those of that moment; the rate must be the one that holds now.',
  })
  occurredAt?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.',
  })
  dryRun?: boolean | null;
}

@ObjectType()
abstract class ConversionFigures {
  @Field(() => String, { description: 'Code of the currency that is given.' })
  from!: string;

  @Field(() => String, { description: 'Code of the currency that is received.' })
  to!: string;

  @Field(() => PointsScalar, { description: 'Points given, without the fee, in the smallest unit of the currency that is given.' })
  points!: number | bigint;

  @Field(() => PointsScalar, { description: 'Taken on top of them.' })
  fee!: number | bigint;

  @Field(() => PointsScalar, { description: 'Those of the points given that buy nothing, since what is received is rounded down.' })
  remainder!: number | bigint;

  @Field(() => PointsScalar, { description: 'Points received at the ratio, rounded down, in the smallest unit of the currency that is received.' })
  base!: number | bigint;

  @Field(() => PointsScalar, { description: 'Points received for full blocks.' })
  bonus!: number | bigint;

  @Field(() => PointsScalar, { description: 'Points received in all: base and bonus.' })
  received!: number | bigint;

  @Field(() => ID, { description: 'The conversion rate.' })
  rateId!: string;
}

@ObjectType('ConversionQuote', { description: 'What a conversion gives, promised until it ends.' })
export class ConversionQuoteType extends ConversionFigures {
  @Field(() => ID, { description: 'The quote, to convert at.' })
  quoteId!: string;

  @Field(() => DateTimeScalar, { description: 'When it was given.' })
  quotedAt!: Date;

  @Field(() => DateTimeScalar, { description: 'First instant at which it is no longer honoured.' })
  expiresAt!: Date;
}

@ObjectType('ConvertedPoints', { description: 'Points of one currency that became points of another.' })
export class ConvertedPointsType extends ConversionFigures {
  @Field(() => ID, { nullable: true, description: 'The conversion; null for a dry run.' })
  conversionId!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: string;

  @Field(() => BalanceType, { nullable: true, description: "The member's balance of what was given; null when the brand knows the member no longer." })
  fromBalance!: BalanceType | null;

  @Field(() => BalanceType, { nullable: true, description: "The member's balance of what was received; null when the brand knows the member no longer." })
  toBalance!: BalanceType | null;

  @Field(() => Boolean, { description: 'Nothing was written: this is what would happen.' })
  dryRun!: boolean;

  @Field(() => Boolean, { description: 'The request was made before, and this is its first answer.' })
  duplicate!: boolean;
}

@ObjectType('Conversion', { description: 'A conversion that was made.' })
export class ConversionType extends ConversionFigures {
  @Field(() => ID, { description: 'Opaque id; another one at each brand.' })
  id!: string;

  @Field(() => ID, { nullable: true, description: 'The brand that asked for it; null when the member did.' })
  brandId!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: Date;
}
export const ConversionConnection = connectionOf('Conversion', () => ConversionType);

export const QuoteConversionResult = answerUnion(
  'QuoteConversionResult',
  'The quote, or why there is none.',
  () => ConversionQuoteType,
  quoteConversionRefusals,
);
export const ConvertResult = answerUnion('ConvertResult', 'What was converted, or why it was not.', () => ConvertedPointsType, convertPointsRefusals);

@InputType('CurrencyNameInput', { description: 'What a file of routes calls a points currency.' })
export class CurrencyNameInput {
  @Field(() => String, { description: 'The name in the columns from and to: at most 100 characters.' })
  name!: string;

  @Field(() => String, { description: "The points currency's code." })
  code!: string;
}

@InputType()
export class ImportConversionRatesInput extends CreationInput {
  @Field(() => String, {
    description:
      'CSV with the columns from, to, ratio_num_to, ratio_den_from, increment_from, and, where needed, minimum_from (else the increment), bonus_to_per_block, block_from, fee_from, daily_maximum_from, transfer_price, effective_from, effective_until (days or instants), transfer_days, note. At most 2,000 routes.',
  })
  csv!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when the rates hold whose line does not say: now or later; now when left out.' })
  effectiveFrom?: Date | null;

  @Field(() => [CurrencyNameInput], { nullable: true, description: 'What the file calls the points currencies; a code stands for itself.' })
  currencies?: CurrencyNameInput[] | null;

  @Field(() => Boolean, { nullable: true, description: 'Says what would happen and writes nothing.' })
  dryRun?: boolean | null;
}

@ObjectType('ImportedConversionRates', { description: 'What a file of routes changed.' })
export class ImportedConversionRatesType {
  @Field(() => Int, { description: 'Rates that were stored.' })
  added!: number;

  @Field(() => Int, { description: 'Earlier rates that end where one of these begins.' })
  replaced!: number;

  @Field(() => Int, { description: 'Routes whose rate says so already.' })
  unchanged!: number;

  @Field(() => Boolean, { description: 'Nothing was written: this is what would happen.' })
  dryRun!: boolean;
}

export const ImportConversionRatesResult = answerUnion(
  'ImportConversionRatesResult',
  'What changed, or why nothing did.',
  () => ImportedConversionRatesType,
  importConversionRatesRefusals,
);
