import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { confirmPurchaseRefusals } from '../../programme/earning/confirm-purchase';
import { ChangeInput } from '../graphql/change-input.types';
import { connectionOf, PageArgs } from '../graphql/connection';
import { answerUnion } from '../graphql/refusal.types';
import { DateScalar, DateTimeScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';

@ObjectType('ExpiringPoints', { description: 'Points that can no longer be spent from a day on, as things stand.' })
export class ExpiringPointsType {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => DateScalar, { description: "That day, in the currency's time zone." })
  on!: string;

  @Field(() => PointsScalar, { description: "How many, in the currency's smallest unit. Held points are not in it." })
  points!: number;
}

@ObjectType('Arrears', { description: 'Points that were to be taken back and could not be, because they were spent. What comes in fills them first.' })
export class ArrearsType {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => ID, { description: 'The brand that had issued them.' })
  brandId!: string;

  @Field(() => PointsScalar, { description: "How many, in the currency's smallest unit." })
  points!: number;

  @Field(() => PointsScalar, { description: 'How many of them are still owed.' })
  left!: number;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: Date;
}

@ObjectType('ExpiryNotice', { description: 'A member is told, once for each lot of points and each threshold of its currency, that they are about to expire.' })
export class ExpiryNoticeType {
  @Field(() => ID, { description: 'Whose points.' })
  memberId!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => PointsScalar, { description: "How many were left then, in the currency's smallest unit." })
  points!: number;

  @Field(() => DateScalar, { description: "First day, in the currency's time zone, on which they can no longer be spent, as it was then." })
  on!: string;

  @Field(() => Int, { description: 'The threshold: so many days before that day. Told late, it is fewer; then it is told at the nearest threshold only.' })
  days!: number;

  @Field(() => DateTimeScalar, { description: 'When it was told.' })
  toldAt!: Date;
}
export const ExpiryNoticeConnection = connectionOf('ExpiryNotice', () => ExpiryNoticeType);

@ArgsType()
export class ExpiryNoticesArgs extends PageArgs {
  @Field(() => ID, { nullable: true, description: 'Of this member only.' })
  memberId?: string | null;
}

@InputType('SetExpiryNoticesInput', { description: 'When members are told of points of a currency that are about to expire.' })
export class SetExpiryNoticesInput extends ChangeInput {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => [Int], { description: 'So many days before: at most 10 thresholds of 1 to 730 days, each once. None: nobody is told.' })
  days!: number[];
}

@InputType('ConfirmPurchaseInput', { description: 'What the points of a purchase waited for has happened.' })
export class ConfirmPurchaseInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.' })
  idempotencyKey!: string;

  @Field(() => ID, { description: 'The purchase.' })
  purchaseId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it happened; now by default. It must be told by the deadline, whenever it happened.' })
  occurredAt?: Date | null;
}

@ObjectType('ConfirmedPurchase', { description: 'A purchase whose points can be spent now.' })
export class ConfirmedPurchaseType {
  @Field(() => ID, { description: 'The purchase.' })
  purchaseId!: string;

  @Field(() => PointsScalar, { description: "What it earned less what came back of it, in the currency's smallest unit." })
  points!: number;

  @Field(() => DateScalar, {
    nullable: true,
    description:
      "First day, in the currency's time zone, on which they can no longer be spent: counted from the purchase. Null: they do not expire by themselves.",
  })
  expiresOn!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  confirmedAt!: string;

  @Field(() => BalanceType, { nullable: true, description: "The member's balance after it; null when the member is no longer linked with the brand." })
  balance!: BalanceType | null;

  @Field(() => Boolean, { description: 'The request was made before, and this is its first answer.' })
  duplicate!: boolean;
}

export const ConfirmPurchaseResult = answerUnion(
  'ConfirmPurchaseResult',
  'The purchase, or why its points were not confirmed.',
  () => ConfirmedPurchaseType,
  confirmPurchaseRefusals,
);
