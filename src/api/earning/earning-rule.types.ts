import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { RuleStartTakenAnswer, TooManyVersionsAnswer } from '../graphql/posting-refusals.types';
import { answerUnion, IdempotencyConflictAnswer } from '../graphql/refusal.types';
import { DateScalar, DateTimeScalar, DecimalScalar, RatioInput, RatioType } from '../graphql/scalars';

const AvailabilityKindEnum = enumOf('AvailabilityKind', 'When earned points can be spent.', {
  IMMEDIATE: 'At once.',
  DELAY: 'A number of days after the purchase.',
  FIXED_DATE: 'From a date on; at once when they are earned on it or later.',
  ON_EVENT: 'Once the brand confirms the purchase (see confirmPurchase), within a number of days after it; what it has not confirmed by then is taken back.',
});

const EarningBaseEnum = enumOf('EarningBase', 'What of a basket earns.', {
  GROSS: 'What it costs with tax, less what points paid.',
  NET: 'What it costs without the tax that its lines tell, less the part that points paid of it.',
});

@InputType('AvailabilityInput', { description: 'When earned points can be spent.' })
export class AvailabilityInput {
  @Field(() => AvailabilityKindEnum, { description: 'In which way.' })
  kind!: string;

  @Field(() => Int, { nullable: true, description: 'DELAY and ON_EVENT: 1 to 730 days.' })
  days?: number | null;

  @Field(() => DateScalar, { nullable: true, description: "FIXED_DATE: the first day on which they can be spent, in the currency's time zone." })
  date?: string | null;
}

@ObjectType('Availability', { description: 'When earned points can be spent.' })
export class AvailabilityType {
  @Field(() => AvailabilityKindEnum, { description: 'In which way.' })
  kind!: string;

  @Field(() => Int, { nullable: true, description: 'DELAY: days after the purchase. ON_EVENT: days within which the brand confirms it.' })
  days!: number | null;

  @Field(() => DateScalar, { nullable: true, description: "FIXED_DATE: the first day on which they can be spent, in the currency's time zone." })
  date!: string | null;
}

const RoundToEnum = enumOf('RoundTo', 'What earned points are floored to.', {
  UNIT: 'Whole points: before the multiplier, and after it.',
  SMALLEST: "The currency's smallest unit: once, after the multiplier.",
});

@InputType('FullStepsInput', { description: 'Points for each full step of money.' })
export class FullStepsInput {
  @Field(() => Int, { description: 'Whole points for a full step: 0 to 1,000,000.' })
  points!: number;

  @Field(() => DecimalScalar, { description: 'How much money a full step is: above zero, at most six decimals.' })
  per!: string;
}

@ObjectType('FullSteps', { description: 'Points for each full step of money.' })
export class FullStepsType {
  @Field(() => Int, { description: 'Whole points for a full step.' })
  points!: number;

  @Field(() => DecimalScalar, { description: 'How much money a full step is, six decimals.' })
  per!: string;
}

@InputType('SetEarningRuleInput', {
  description:
    "A version of the brand's earning rule for a points currency and a money. It is in force from effectiveFrom until the next one of that money starts, and never edited.",
})
export class SetEarningRuleInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters.' })
  idempotencyKey!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => String, { description: 'ISO 4217 code of the money that baskets are in.' })
  moneyCurrency!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Whole points for each unit of money, in proportion: 0 to 1,000,000. Send it or fullSteps.',
  })
  pointsPerUnit?: number | null;

  @Field(() => FullStepsInput, { nullable: true, description: 'Points for each full step of money instead, and none for what is beyond the last one.' })
  fullSteps?: FullStepsInput | null;

  @Field(() => RoundToEnum, {
    nullable: true,
    description: 'What points are floored to; by default SMALLEST where the currency has decimals, UNIT where it has none.',
  })
  roundTo?: string | null;

  @Field(() => RatioInput, { nullable: true, description: 'Applied to the points; 1 by default.' })
  multiplier?: RatioInput | null;

  @Field(() => EarningBaseEnum, { nullable: true, description: 'Whether tax that lines tell beside their price earns; GROSS by default.' })
  earnsOn?: string | null;

  @Field(() => [String], { nullable: true, description: 'Categories that earn; all by default.' })
  eligibleCategories?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Categories that earn nothing.' })
  excludedCategories?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Skus that earn nothing.' })
  excludedSkus?: string[] | null;

  @Field(() => AvailabilityInput, { nullable: true, description: 'When the points can be spent; at once by default.' })
  availability?: AvailabilityInput | null;

  @Field(() => DateTimeScalar, { description: 'When it starts; may lie in the past.' })
  effectiveFrom!: Date;

  @Field(() => String, { nullable: true, description: 'Why, for the audit trail: at most 500 characters. No personal data.' })
  reason?: string | null;
}

@ObjectType('EarningRule', { description: "A version of a brand's earning rule." })
export class EarningRuleType {
  @Field(() => ID, { description: 'Opaque id of this version.' })
  id!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => Int, { description: 'Counts from 1, for each brand and currency.' })
  version!: number;

  @Field(() => String, { description: 'ISO 4217 code of the money that baskets are in.' })
  moneyCurrency!: string;

  @Field(() => Int, { nullable: true, description: 'Whole points for each unit of money, in proportion; null: they are for full steps.' })
  pointsPerUnit!: number | null;

  @Field(() => FullStepsType, { nullable: true, description: 'Points for each full step of money; null: they are in proportion.' })
  fullSteps!: FullStepsType | null;

  @Field(() => RoundToEnum, { description: 'What points are floored to.' })
  roundTo!: string;

  @Field(() => RatioType, { description: 'Applied to the points.' })
  multiplier!: RatioType;

  @Field(() => EarningBaseEnum, { description: 'Whether tax that lines tell beside their price earns.' })
  earnsOn!: string;

  @Field(() => [String], { nullable: true, description: 'Categories that earn; null: all.' })
  eligibleCategories!: string[] | null;

  @Field(() => [String], { description: 'Categories that earn nothing.' })
  excludedCategories!: string[];

  @Field(() => [String], { description: 'Skus that earn nothing.' })
  excludedSkus!: string[];

  @Field(() => AvailabilityType, { description: 'When the points can be spent.' })
  availability!: AvailabilityType;

  @Field(() => DateTimeScalar, { description: 'When it starts.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When a rule of another money ended it, before there was one for each money; null: the next one of its money does.',
  })
  endsAt!: Date | null;
}

export const SetEarningRuleResult = answerUnion(
  'SetEarningRuleResult',
  'The version, or why it was not added.',
  () => EarningRuleType,
  () => [IdempotencyConflictAnswer, RuleStartTakenAnswer, TooManyVersionsAnswer],
);

export const EarningRuleConnection = connectionOf('EarningRule', () => EarningRuleType);
