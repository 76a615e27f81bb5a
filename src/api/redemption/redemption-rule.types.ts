import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../graphql/connection';
import { RuleStartTakenAnswer, TooManyVersionsAnswer } from '../graphql/posting-refusals.types';
import { answerUnion, IdempotencyConflictAnswer } from '../graphql/refusal.types';
import { DateTimeScalar, DecimalScalar, PointsScalar, RatioInput, RatioType } from '../graphql/scalars';

@InputType('PointsWorthInput', { description: 'So many points pay so much money.' })
export class PointsWorthInput {
  @Field(() => PointsScalar, { description: "Points, in the currency's smallest unit: 1 to 1,000,000,000." })
  points!: bigint;

  @Field(() => DecimalScalar, { description: "What they pay, in the rule's money: above zero, at most six decimals." })
  amount!: string;
}

@ObjectType('PointsWorth', { description: 'So many points pay so much money.' })
export class PointsWorthType {
  @Field(() => PointsScalar, { description: "Points, in the currency's smallest unit." })
  points!: bigint;

  @Field(() => DecimalScalar, { description: "What they pay, in the rule's money, six decimals." })
  amount!: string;
}

@InputType('SetRedemptionRuleInput', {
  description:
    "A version of the brand's redemption rule for a points currency and a money. It is in force from effectiveFrom until the next one of that money starts, and never edited.",
})
export class SetRedemptionRuleInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters.' })
  idempotencyKey!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => String, { description: 'ISO 4217 code of the money that points pay.' })
  moneyCurrency!: string;

  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Points (smallest unit) that pay one whole unit of money: 1 to 1,000,000,000. Send it or worth.',
  })
  pointsPerUnit?: bigint | null;

  @Field(() => PointsWorthInput, { nullable: true, description: 'What points are worth, exactly: also a point worth more than a unit of money.' })
  worth?: PointsWorthInput | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Fewest points spent at once; 1 by default.' })
  minimum?: bigint | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Only multiples of it are spent; 1 by default.' })
  step?: bigint | null;

  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Most points spent at once, no fewer than the first step from the minimum on; no limit by default.',
  })
  maximum?: bigint | null;

  @Field(() => RatioInput, { nullable: true, description: 'Largest share of a purchase that points may pay: above 0, at most 1, which is the default.' })
  share?: RatioInput | null;

  @Field(() => DateTimeScalar, { description: 'When it starts; may lie in the past.' })
  effectiveFrom!: Date;

  @Field(() => String, { nullable: true, description: 'Why, for the audit trail: at most 500 characters. No personal data.' })
  reason?: string | null;
}

@ObjectType('RedemptionRule', { description: "A version of a brand's redemption rule." })
export class RedemptionRuleType {
  @Field(() => ID, { description: 'Opaque id of this version.' })
  id!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => Int, { description: 'Counts from 1, for each brand and currency.' })
  version!: number;

  @Field(() => String, { description: 'ISO 4217 code of the money that points pay.' })
  moneyCurrency!: string;

  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Points (smallest unit) that pay one whole unit of money; null where that is no whole number, see worth.',
  })
  pointsPerUnit!: bigint | null;

  @Field(() => PointsWorthType, { description: 'What points are worth, exactly. What they pay is floored to the minor unit of the money.' })
  worth!: PointsWorthType;

  @Field(() => PointsScalar, { description: 'Fewest points spent at once.' })
  minimum!: bigint;

  @Field(() => PointsScalar, { description: 'Only multiples of it are spent.' })
  step!: bigint;

  @Field(() => PointsScalar, { nullable: true, description: 'Most points spent at once; null: no limit.' })
  maximum!: bigint | null;

  @Field(() => RatioType, { description: 'Largest share of a purchase that points may pay.' })
  share!: RatioType;

  @Field(() => DateTimeScalar, { description: 'When it starts.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When a rule of another money ended it, before there was one for each money; null: the next one of its money does.',
  })
  endsAt!: Date | null;
}

export const SetRedemptionRuleResult = answerUnion(
  'SetRedemptionRuleResult',
  'The version, or why it was not added.',
  () => RedemptionRuleType,
  () => [IdempotencyConflictAnswer, RuleStartTakenAnswer, TooManyVersionsAnswer],
);

export const RedemptionRuleConnection = connectionOf('RedemptionRule', () => RedemptionRuleType);
