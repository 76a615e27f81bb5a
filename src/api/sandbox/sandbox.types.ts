import { InputType, ObjectType } from 'type-graphql';
import { moveTestClockRefusals } from '../../coalition/sandbox/move-test-clock';
import { CreationInput } from '../graphql/change-input.types';
import { Discloses } from '../graphql/discloses';
import { Count, Instant, Of } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';

@InputType('ClockStepInput', { description: 'How far the clock goes forward: the sum of its parts, at most 366 days.' })
export class ClockStepInput {
  @Count.orNull('Days of 24 hours.') days?: number | null;

  @Count.orNull('Hours.') hours?: number | null;

  @Count.orNull('Minutes.') minutes?: number | null;

  @Count.orNull('Seconds.') seconds?: number | null;
}

@InputType('MoveTestClockInput', { description: 'A step of the test clock: exactly one of by and to.' })
export class MoveTestClockInput extends CreationInput {
  @Of.orNull(() => ClockStepInput, 'By how much.') by?: ClockStepInput | null;

  @Instant.orNull('To which instant.') to?: Date | null;
}

@ObjectType('MovedTestClock', { description: 'The test clock after a step.' })
@Discloses('NOBODY')
export class MovedTestClockType {
  @Instant('What it shows now.') now!: Date;
}

export const MoveTestClockResult = answerUnion(
  'MoveTestClockResult',
  'The clock, or why it stayed where it is.',
  () => MovedTestClockType,
  moveTestClockRefusals,
);
