import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { OccurredAtOutOfRangeAnswer, TermsNotActiveAnswer } from '../coalition/terms-refusals.types';
import { CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import {
  AboveMaximumAnswer,
  BalanceOutOfRangeAnswer,
  BelowMinimumAnswer,
  CapReachedAnswer,
  InsufficientPointsAnswer,
  NotAStepAnswer,
  NumberIsNoProofAnswer,
  WalletClosedAnswer,
  WalletLockedAnswer,
} from '../graphql/posting-refusals.types';
import { answerUnion, IdempotencyConflictAnswer, OverloadedAnswer, RefusalAnswer, RefusalType } from '../graphql/refusal.types';
import { DateTimeScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';
import { ConversionRateOverlapAnswer, ProfitableCycleAnswer } from './exchange.types';

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

@RefusalType('NO_CONVERSION_RATE', 'No rate of that direction is in force at that moment.')
export class NoConversionRateAnswer extends RefusalAnswer {}

@RefusalType('CONVERTS_TO_NOTHING', 'The points would buy nothing, since what is received is rounded down.')
export class ConvertsToNothingAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Fewest points that buy something and are taken.' })
  minimum!: number;
}

@RefusalType('RECEIVED_BELOW_MINIMUM', 'The points would give less than minimumReceived.')
export class ReceivedBelowMinimumAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'What they would give.' })
  received!: number;
}

@RefusalType('QUOTE_EXPIRED', 'The quote has ended.')
export class QuoteExpiredAnswer extends RefusalAnswer {
  @Field(() => DateTimeScalar, { description: 'When it ended.' })
  expiredAt!: string;
}

@RefusalType('QUOTE_USED', 'Another conversion has used the quote.')
export class QuoteUsedAnswer extends RefusalAnswer {}

@RefusalType('QUOTE_MISMATCH', 'The quote is for another member, currency or number of points.')
export class QuoteMismatchAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'What differs: member, from, to or points.' })
  field!: string;
}

@RefusalType('TOO_MANY_QUOTES', 'So many quotes of the member are still good that no more are given.')
export class TooManyQuotesAnswer extends RefusalAnswer {
  @Field(() => Int, { description: 'How many.' })
  live!: number;

  @Field(() => DateTimeScalar, { description: 'When the first of them ends.' })
  resetsAt!: string;
}

const amountRefusals = () => [
  AboveMaximumAnswer,
  BelowMinimumAnswer,
  ConvertsToNothingAnswer,
  IdempotencyConflictAnswer,
  NoConversionRateAnswer,
  NotAStepAnswer,
  NumberIsNoProofAnswer,
  OccurredAtOutOfRangeAnswer,
  TermsNotActiveAnswer,
];
export const QuoteConversionResult = answerUnion(
  'QuoteConversionResult',
  'The quote, or why there is none.',
  () => ConversionQuoteType,
  () => [...amountRefusals(), InsufficientPointsAnswer, TooManyQuotesAnswer],
);
export const ConvertResult = answerUnion(
  'ConvertResult',
  'What was converted, or why it was not.',
  () => ConvertedPointsType,
  () => [
    ...amountRefusals(),
    BalanceOutOfRangeAnswer,
    CapReachedAnswer,
    InsufficientPointsAnswer,
    OverloadedAnswer,
    QuoteExpiredAnswer,
    QuoteMismatchAnswer,
    QuoteUsedAnswer,
    ReceivedBelowMinimumAnswer,
    WalletClosedAnswer,
    WalletLockedAnswer,
  ],
);

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

@RefusalType('RATE_FILE_WRONG', 'The file is wrong in one place; nothing of it was taken.')
export class RateFileWrongAnswer extends RefusalAnswer {
  @Field(() => Int, { description: 'Which line, counted from 1; the names of the columns are line 1.' })
  line!: number;

  @Field(() => String, { nullable: true, description: 'Which column; null when it is the line as a whole.' })
  column!: string | null;
}

export const ImportConversionRatesResult = answerUnion(
  'ImportConversionRatesResult',
  'What changed, or why nothing did.',
  () => ImportedConversionRatesType,
  () => [ConversionRateOverlapAnswer, IdempotencyConflictAnswer, ProfitableCycleAnswer, RateFileWrongAnswer],
);
