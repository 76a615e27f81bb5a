import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { endVelocityLimitRefusals } from '../../programme/limits/end-velocity-limit';
import { setVelocityLimitRefusals } from '../../programme/limits/set-velocity-limit';
import type { Act, LimitWindow, Measure } from '../../programme/limits/velocity-limit';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, PointsScalar } from '../graphql/scalars';

export const LimitedActEnum = enumOf<Act>('LimitedAct', 'What a velocity limit is about.', {
  EARN: 'What purchases earn.',
  REDEEM: 'Burns, and holds when they are placed.',
  CONVERT: 'Points of the currency converted into another.',
  GIFT: 'Points given to another member.',
});
export const LimitMeasureEnum = enumOf<Measure>('LimitMeasure', 'What a velocity limit counts.', {
  POINTS: "Points, in the currency's smallest unit.",
  COUNT: 'How many times.',
});
export const LimitWindowEnum = enumOf<LimitWindow>('LimitWindow', "A window of the calendar in the currency's time zone.", {
  DAY: 'A calendar day.',
  WEEK: 'Monday to Sunday.',
  MONTH: 'A calendar month.',
  YEAR: 'A calendar year.',
});
export const WhenExceededEnum = enumOf<'REFUSE' | 'REDUCE'>('WhenExceeded', 'What happens beyond a velocity limit.', {
  REFUSE: 'The whole request is refused as CAP_REACHED.',
  REDUCE: 'For EARN only: what is left is awarded, and the rest forgone.',
});

@ObjectType('VelocityLimit', {
  description:
    'How much one member may do within a window. Held under the lock of the wallet. What is voided, refunded or clawed back later gives nothing of it back; what is told late counts in the window in which it happened.',
})
export class VelocityLimitType {
  @Field(() => ID, { description: 'Id of the limit.' })
  id!: string;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => LimitedActEnum, { description: 'What it is about.' })
  act!: Act;

  @Field(() => LimitMeasureEnum, { description: 'What it counts.' })
  measure!: Measure;

  @Field(() => LimitWindowEnum, { description: 'Within which window.' })
  window!: LimitWindow;

  @Field(() => ID, { description: 'The brand that set it for itself, or the operator for the coalition.' })
  setByBrandId!: string;

  @Field(() => ID, { nullable: true, description: 'What happens at this brand counts; null: what happens at all brands together.' })
  brandId!: string | null;

  @Field(() => ID, { nullable: true, description: "What is earned by this version of a brand's earning rule counts; null: by any." })
  earningRuleId!: string | null;

  @Field(() => PointsScalar, { description: 'Most points, or times, in a window. What is voided, refunded or returned later makes no room again.' })
  maximum!: number;

  @Field(() => WhenExceededEnum, { description: 'What happens beyond it.' })
  whenExceeded!: 'REFUSE' | 'REDUCE';

  @Field(() => DateTimeScalar, { description: 'It holds, and counts, from then on.' })
  effectiveFrom!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First instant at which it no longer holds; null: nobody has ended it.' })
  endsAt!: Date | null;
}

export const VelocityLimitConnection = connectionOf('VelocityLimit', () => VelocityLimitType);

@InputType('SetVelocityLimitInput', { description: 'A velocity limit.' })
export class SetVelocityLimitInput extends CreationInput {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => LimitedActEnum, { description: 'What it is about.' })
  act!: Act;

  @Field(() => LimitMeasureEnum, { description: 'What it counts.' })
  measure!: Measure;

  @Field(() => LimitWindowEnum, { description: 'Within which window.' })
  window!: LimitWindow;

  @Field(() => ID, { nullable: true, description: 'For the operator: only what happens at this brand; absent: at all brands together. For a brand: itself.' })
  brandId?: string | null;

  @Field(() => ID, { nullable: true, description: 'For EARN: only what is earned by this version of an earning rule.' })
  earningRuleId?: string | null;

  @Field(() => PointsScalar, { description: "Most points (in the currency's smallest unit), or times, in a window; 0 forbids it." })
  maximum!: bigint;

  @Field(() => WhenExceededEnum, { nullable: true, description: 'What happens beyond it; REFUSE by default.' })
  whenExceeded?: 'REFUSE' | 'REDUCE' | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when on; not in the past. Default: now.' })
  effectiveFrom?: Date | null;
}

@InputType('EndVelocityLimitInput', { description: 'The end of a velocity limit.' })
export class EndVelocityLimitInput extends ChangeInput {
  @Field(() => ID, { description: 'The limit.' })
  limitId!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First instant at which it no longer holds; not in the past. Default: now.' })
  endsAt?: Date | null;
}

export const SetVelocityLimitResult = answerUnion(
  'SetVelocityLimitResult',
  'The limit, or why it was refused.',
  () => VelocityLimitType,
  setVelocityLimitRefusals,
);
export const EndVelocityLimitResult = answerUnion(
  'EndVelocityLimitResult',
  'The limit with its end, or why it was refused.',
  () => VelocityLimitType,
  endVelocityLimitRefusals,
);
