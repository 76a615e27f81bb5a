import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { storeConversionRateRefusals } from '../../programme/exchange/store-conversion-rate';
import { PointCurrencyType } from '../coalition/coalition.types';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, MoneyInput, MoneyType, PointsScalar, RatioInput, RatioType } from '../graphql/scalars';

@ObjectType('ConversionRate', { description: "What one currency's points are worth in another, in that direction only." })
export class ConversionRateType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => PointCurrencyType, { description: 'The currency that is given.' })
  from?: PointCurrencyType;

  @Field(() => PointCurrencyType, { description: 'The currency that is received.' })
  to?: PointCurrencyType;

  @Field(() => RatioType, { description: 'Smallest units received for smallest units given.' })
  ratio!: RatioType;

  @Field(() => PointsScalar, { description: 'Least that can be given, in smallest units.' })
  minimum!: bigint;

  @Field(() => PointsScalar, { description: 'What is given is a multiple of this, in smallest units.' })
  increment!: bigint;

  @Field(() => PointsScalar, { nullable: true, description: 'Most that a member can give in a day, in smallest units; null for no limit.' })
  dailyMaximum!: bigint | null;

  @Field(() => PointsScalar, { description: 'Taken on top, in smallest units of the currency that is given.' })
  fee!: bigint;

  @Field(() => PointsScalar, { nullable: true, description: 'A bonus comes with each whole block of this many smallest units given.' })
  blockSize!: bigint | null;

  @Field(() => PointsScalar, { nullable: true, description: 'The bonus of a block, in smallest units of the currency that is received.' })
  blockBonus!: bigint | null;

  @Field(() => MoneyType, {
    description:
      "Money per whole point given that its lots' issuers (under OPERATOR the operator) pay the issuer of what is received, in the settlement currency of what is given.",
  })
  transferPrice!: MoneyType;

  @Field(() => DateTimeScalar, { description: 'From when it holds.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when, exclusive; null while no end is known.' })
  effectiveUntil!: Date | null;
}
export const ConversionRateConnection = connectionOf('ConversionRate', () => ConversionRateType);

export const StoreConversionRateResult = answerUnion('StoreConversionRateResult', 'The rate.', () => ConversionRateType, storeConversionRateRefusals);

@InputType()
export class StoreConversionRateInput extends CreationInput {
  @Field(() => String, { description: 'Code of the currency that is given.' })
  fromCurrency!: string;

  @Field(() => String, { description: 'Code of the currency that is received.' })
  toCurrency!: string;

  @Field(() => RatioInput, { description: 'Smallest units received for smallest units given; both above zero.' })
  ratio!: RatioInput;

  @Field(() => PointsScalar, { description: 'Least that can be given, in smallest units: a multiple of the increment.' })
  minimum!: bigint;

  @Field(() => PointsScalar, { description: 'What is given is a multiple of this, in smallest units; at least 1.' })
  increment!: bigint;

  @Field(() => PointsScalar, { nullable: true, description: 'Most that a member can give in a day, in smallest units; no limit when left out.' })
  dailyMaximum?: bigint | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Taken on top, in smallest units of the currency that is given; 0 when left out.' })
  fee?: bigint | null;

  @Field(() => PointsScalar, { nullable: true, description: 'A bonus comes with each whole block of this many smallest units given.' })
  blockSize?: bigint | null;

  @Field(() => PointsScalar, { nullable: true, description: 'The bonus of a block, in smallest units of the currency that is received.' })
  blockBonus?: bigint | null;

  @Field(() => MoneyInput, {
    nullable: true,
    description:
      "Money per whole point given that its lots' issuers (under OPERATOR the operator) pay the issuer of what is received; in the settlement currency of what is given. 0 when left out.",
  })
  transferPrice?: MoneyInput | null;

  @Field(() => DateTimeScalar, { description: 'From when it holds: now or later.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Until when, exclusive; left out while no end is known.' })
  effectiveUntil?: Date | null;
}

@InputType()
export class EndConversionRateInput extends ChangeInput {
  @Field(() => ID, { description: 'The rate.' })
  rateId!: string;

  @Field(() => DateTimeScalar, { description: 'First instant at which it no longer holds: now or later.' })
  endsAt!: Date;
}
