import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { moveTestClockRefusals } from '../../coalition/sandbox/move-test-clock';
import { CreationInput } from '../graphql/change-input.types';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar } from '../graphql/scalars';

@InputType('ClockStepInput', { description: 'How far the clock goes forward: the sum of its parts, at most 366 days.' })
export class ClockStepInput {
  @Field(() => Int, { nullable: true, description: 'Days of 24 hours.' })
  days?: number | null;

  @Field(() => Int, { nullable: true, description: 'Hours.' })
  hours?: number | null;

  @Field(() => Int, { nullable: true, description: 'Minutes.' })
  minutes?: number | null;

  @Field(() => Int, { nullable: true, description: 'Seconds.' })
  seconds?: number | null;
}

@InputType('MoveTestClockInput', { description: 'A step of the test clock: exactly one of by and to.' })
export class MoveTestClockInput extends CreationInput {
  @Field(() => ClockStepInput, { nullable: true, description: 'By how much.' })
  by?: ClockStepInput | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'To which instant.' })
  to?: Date | null;
}

@ObjectType('MovedTestClock', { description: 'The test clock after a step.' })
export class MovedTestClockType {
  @Field(() => DateTimeScalar, { description: 'What it shows now.' })
  now!: Date;
}

export const MoveTestClockResult = answerUnion(
  'MoveTestClockResult',
  'The clock, or why it stayed where it is.',
  () => MovedTestClockType,
  moveTestClockRefusals,
);
