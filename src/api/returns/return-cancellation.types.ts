import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { cancelReturnRefusals } from '../../programme/returns/cancel-return';
import { KEEPING_REASONS } from '../../programme/returns/plan-return-cancellation';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';

@InputType('CancelReturnInput', { description: 'A return that was recorded by mistake.' })
export class CancelReturnInput {
  @Field(() => String, { description: 'Names this request for ever, within the brand: at most 255 characters. Send it again and get the first answer.' })
  idempotencyKey!: string;

  @Field(() => ID, { description: 'The return. Of a purchase with several, the latest that counts.' })
  returnId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was cancelled; now by default. Not before the return.' })
  occurredAt?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.',
  })
  dryRun?: boolean | null;
}

@ObjectType('CancelledReturn', {
  simpleResolvers: true,
  description: 'A return that counts no longer: its goods can be returned again, and its reference is free.',
})
export class CancelledReturnType {
  @Field(() => ID, { description: 'The return.' })
  returnId!: string;

  @Field(() => ID, { description: 'The purchase that it was of.' })
  purchaseId!: string;

  @Field(() => PointsScalar, { description: 'Points that the return took back, given to the member again.' })
  pointsGivenBack!: number;

  @Field(() => PointsScalar, {
    description: "Points of pointsGivenBack that paid what the member owed, and so cannot be spent: what was left of the return's own arrears first.",
  })
  arrearsFilled!: number;

  @Field(() => PointsScalar, { description: 'Points that the return gave back, taken again: those that came back, then any others.' })
  pointsTakenBack!: number;

  @Field(() => DateTimeScalar, { description: 'When it was cancelled.' })
  occurredAt!: string;

  @Field(() => BalanceType, {
    nullable: true,
    description: "The member's balance after it; null when the member's link with the brand is not confirmed, or there is none.",
  })
  balance!: BalanceType | null;

  @Field(() => Boolean, { description: 'Nothing was written: this is what would happen.' })
  dryRun!: boolean;

  @Field(() => Boolean, { description: 'The request was made before, and this is its first answer.' })
  duplicate!: boolean;
}

enumOf('ReturnKeptReason', 'Why a return cannot be cancelled.', KEEPING_REASONS);

export const CancelReturnResult = answerUnion(
  'CancelReturnResult',
  'A return as cancelled, or why it was not.',
  () => CancelledReturnType,
  cancelReturnRefusals,
);
