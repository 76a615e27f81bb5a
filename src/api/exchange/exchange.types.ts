import { InputType, ObjectType } from 'type-graphql';
import { storeConversionRateRefusals } from '../../programme/exchange/store-conversion-rate';
import { PointCurrencyType } from '../coalition/coalition.types';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { Id, Instant, Of, Points, Text } from '../graphql/fields';
import { MoneyInput, MoneyType, RatioInput, RatioType } from '../graphql/money.types';
import { answerUnion } from '../graphql/refusal.types';

@ObjectType('ConversionRate', { description: "What one currency's points are worth in another, in that direction only." })
@Discloses('NOBODY')
export class ConversionRateType {
  @Id('Opaque id.') id!: string;

  @Of(() => PointCurrencyType, 'The currency that is given.') from?: PointCurrencyType;

  @Of(() => PointCurrencyType, 'The currency that is received.') to?: PointCurrencyType;

  @Of(() => RatioType, 'Smallest units received for smallest units given.') ratio!: RatioType;

  @Points('Least that can be given, in smallest units.') minimum!: bigint;

  @Points('What is given is a multiple of this, in smallest units.') increment!: bigint;

  @Points.orNull('Most that a member can give in a day, in smallest units; null for no limit.') dailyMaximum!: bigint | null;

  @Points('Taken on top, in smallest units of the currency that is given.') fee!: bigint;

  @Points.orNull('A bonus comes with each whole block of this many smallest units given.') blockSize!: bigint | null;

  @Points.orNull('The bonus of a block, in smallest units of the currency that is received.') blockBonus!: bigint | null;

  @Of(
    () => MoneyType,
    "Money per whole point given that its lots' issuers (under OPERATOR the operator) pay the issuer of what is received, in the settlement currency of what is given.",
  )
  transferPrice!: MoneyType;

  @Instant('From when it holds.') effectiveFrom!: Date;

  @Instant.orNull('Until when, exclusive; null while no end is known.') effectiveUntil!: Date | null;
}
export const ConversionRateConnection = connectionOf('ConversionRate', () => ConversionRateType);

export const StoreConversionRateResult = answerUnion('StoreConversionRateResult', 'The rate.', () => ConversionRateType, storeConversionRateRefusals);

@InputType()
export class StoreConversionRateInput extends CreationInput {
  @Text('Code of the currency that is given.') fromCurrency!: string;

  @Text('Code of the currency that is received.') toCurrency!: string;

  @Of(() => RatioInput, 'Smallest units received for smallest units given; both above zero.') ratio!: RatioInput;

  @Points('Least that can be given, in smallest units: a multiple of the increment.') minimum!: bigint;

  @Points('What is given is a multiple of this, in smallest units; at least 1.') increment!: bigint;

  @Points.orNull('Most that a member can give in a day, in smallest units; no limit when left out.') dailyMaximum?: bigint | null;

  @Points.orNull('Taken on top, in smallest units of the currency that is given; 0 when left out.') fee?: bigint | null;

  @Points.orNull('A bonus comes with each whole block of this many smallest units given.') blockSize?: bigint | null;

  @Points.orNull('The bonus of a block, in smallest units of the currency that is received.') blockBonus?: bigint | null;

  @Of.orNull(
    () => MoneyInput,
    "Money per whole point given that its lots' issuers (under OPERATOR the operator) pay the issuer of what is received; in the settlement currency of what is given. 0 when left out.",
  )
  transferPrice?: MoneyInput | null;

  @Instant('From when it holds: now or later.') effectiveFrom!: Date;

  @Instant.orNull('Until when, exclusive; left out while no end is known.') effectiveUntil?: Date | null;
}

@InputType()
export class EndConversionRateInput extends ChangeInput {
  @Id('The rate.') rateId!: string;

  @Instant('First instant at which it no longer holds: now or later.') endsAt!: Date;
}
