import { InputType, ObjectType } from 'type-graphql';
import { convertPointsRefusals } from '../../programme/exchange/convert-points';
import { importConversionRatesRefusals } from '../../programme/exchange/import-conversion-rates';
import { quoteConversionRefusals } from '../../programme/exchange/quote-conversion';
import { CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { Count, Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';

const KEY = 'Names this request for ever, within the brand or for the member: at most 255 characters. Send it again and get the first answer.';

@InputType('QuoteConversionInput', { description: 'A conversion to be told the outcome of.' })
export class QuoteConversionInput {
  @Text(KEY) idempotencyKey!: string;

  @Of.orNull(
    () => MemberRefInput,
    'Whose points; leave it out when you are the member. A brand names a member that it has enrolled or linked before; naming one here does not make it known to the brand.',
  )
  member?: MemberRefInput | null;

  @Text('Code of the currency that is given.') from!: string;

  @Text('Code of the currency that is received.') to!: string;

  @Points("How many to give, in that currency's smallest unit; a fee comes on top.") points!: bigint;
}

@InputType('ConvertInput', { description: 'Points to convert.' })
export class ConvertInput extends QuoteConversionInput {
  @Id.orNull('A quote to convert at, with the member, currencies and points that it was given for. It is used once.') quoteId?: string | null;

  @Points.orNull('Refuse to give less than this, in the smallest unit of the currency that is received.') minimumReceived?: bigint | null;

  @Instant.orNull(
    'When it happened at the brand; now by default, and always for a member. Rate, terms and lots are those of that moment; the rate must be the one that holds now.',
  )
  occurredAt?: Date | null;

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType()
@Discloses<ConversionFigures>({
  from: 'OWN',
  to: 'OWN',
  points: 'OWN',
  fee: 'OWN',
  remainder: 'OWN',
  base: 'OWN',
  bonus: 'OWN',
  received: 'OWN',
  rateId: 'NOBODY',
})
abstract class ConversionFigures {
  @Text('Code of the currency that is given.') from!: string;

  @Text('Code of the currency that is received.') to!: string;

  @Points('Points given, without the fee, in the smallest unit of the currency that is given.') points!: number | bigint;

  @Points('Taken on top of them.') fee!: number | bigint;

  @Points('Those of the points given that buy nothing, since what is received is rounded down.') remainder!: number | bigint;

  @Points('Points received at the ratio, rounded down, in the smallest unit of the currency that is received.') base!: number | bigint;

  @Points('Points received for full blocks.') bonus!: number | bigint;

  @Points('Points received in all: base and bonus.') received!: number | bigint;

  @Id('The conversion rate.') rateId!: string;
}

@ObjectType('ConversionQuote', { description: 'What a conversion gives, promised until it ends.' })
@Discloses<ConversionQuoteType, ConversionFigures>({ quoteId: 'OWN', quotedAt: 'OWN', expiresAt: 'OWN' })
export class ConversionQuoteType extends ConversionFigures {
  @Id('The quote, to convert at.') quoteId!: string;

  @Instant('When it was given.') quotedAt!: Date;

  @Instant('First instant at which it is no longer honoured.') expiresAt!: Date;
}

@ObjectType('ConvertedPoints', { description: 'Points of one currency that became points of another.' })
@Discloses<ConvertedPointsType, ConversionFigures>({
  conversionId: 'OWN',
  occurredAt: 'OWN',
  fromBalance: 'PROGRAMME',
  toBalance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class ConvertedPointsType extends ConversionFigures {
  @Id.orNull('The conversion; null for a dry run.') conversionId!: string | null;

  @Instant('When it happened.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The member's balance of what was given; null for a brand whose link with the member is not confirmed now, or that has no terms for the currency.",
  )
  fromBalance!: BalanceType | null;

  @Of.orNull(
    () => BalanceType,
    "The member's balance of what was received; null for a brand whose link with the member is not confirmed now, or that has no terms for the currency.",
  )
  toBalance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

@ObjectType('Conversion', { description: 'A conversion that was made.' })
@Discloses<ConversionType, ConversionFigures>({ id: 'OWN', brandId: 'OWN', occurredAt: 'OWN' })
export class ConversionType extends ConversionFigures {
  @Id('Opaque id; another one at each brand.') id!: string;

  @Id.orNull('The brand that asked for it; null when the member did.') brandId!: string | null;

  @Instant('When it happened.') occurredAt!: Date;
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
  @Text('The name in the columns from and to: at most 100 characters.') name!: string;

  @Text("The points currency's code.") code!: string;
}

@InputType()
export class ImportConversionRatesInput extends CreationInput {
  @Text(
    'CSV with the columns from, to, ratio_num_to, ratio_den_from, increment_from, and, where needed, minimum_from (else the increment), bonus_to_per_block, block_from, fee_from, daily_maximum_from, transfer_price, effective_from, effective_until (days or instants), transfer_days, note. At most 2,000 routes.',
  )
  csv!: string;

  @Instant.orNull('From when the rates hold whose line does not say: now or later; now when left out.') effectiveFrom?: Date | null;

  @Of.orNull(() => [CurrencyNameInput], 'What the file calls the points currencies; a code stands for itself.') currencies?: CurrencyNameInput[] | null;

  @Flag.orNull('Says what would happen and writes nothing.') dryRun?: boolean | null;
}

@ObjectType('ImportedConversionRates', { description: 'What a file of routes changed.' })
@Discloses('NOBODY')
export class ImportedConversionRatesType {
  @Count('Rates that were stored.') added!: number;

  @Count('Earlier rates that end where one of these begins.') replaced!: number;

  @Count('Routes whose rate says so already.') unchanged!: number;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;
}

export const ImportConversionRatesResult = answerUnion(
  'ImportConversionRatesResult',
  'What changed, or why nothing did.',
  () => ImportedConversionRatesType,
  importConversionRatesRefusals,
);
