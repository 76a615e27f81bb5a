import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './connection';
import { enumOf } from './enum-of';
import { RuleStartTakenAnswer, TooManyVersionsAnswer } from './posting-refusals.types';
import { answerUnion, IdempotencyConflictAnswer } from './refusal.types';
import { DateScalar, DateTimeScalar, RatioInput, RatioType } from './scalars';

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

@InputType('SetEarningRuleInput', {
  description: "A version of the brand's earning rule for a points currency. It is in force from effectiveFrom until the next one starts, and never edited.",
})
export class SetEarningRuleInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters.' })
  idempotencyKey!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => String, { description: 'ISO 4217 code of the money that baskets are in.' })
  moneyCurrency!: string;

  @Field(() => Int, { description: 'Whole points for each whole unit of money: 0 to 1,000,000. Fractions of the result are dropped.' })
  pointsPerUnit!: number;

  @Field(() => RatioInput, { nullable: true, description: 'Applied to the whole points, whose fraction is dropped again; 1 by default.' })
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

  @Field(() => Int, { description: 'Whole points for each whole unit of money.' })
  pointsPerUnit!: number;

  @Field(() => RatioType, { description: 'Applied to the whole points.' })
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
}

export const SetEarningRuleResult = answerUnion(
  'SetEarningRuleResult',
  'The version, or why it was not added.',
  () => EarningRuleType,
  () => [IdempotencyConflictAnswer, RuleStartTakenAnswer, TooManyVersionsAnswer],
);

export const EarningRuleConnection = connectionOf('EarningRule', () => EarningRuleType);
