import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { refusals } from '../../platform/define-refusal';
import { PointCurrencyType } from '../coalition/coalition.types';
import { connectionOf } from '../graphql/connection';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar } from '../graphql/scalars';

@ObjectType('SetAsideEvent', {
  description: 'A points event that clearing could not price. It goes once it is cleared; until then no month of its currency closes beyond it.',
})
export class SetAsideEventType {
  @Field(() => ID, { description: 'The points event, as its transfer is called in logs and by npm run verify.' })
  transferId!: string;

  @Field(() => PointCurrencyType, { description: 'The points currency.' })
  currency?: PointCurrencyType;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field(() => String, { description: 'Why it could not be priced when it was last tried.' })
  reason!: string;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => DateTimeScalar, { description: 'When it was set aside.' })
  setAsideAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was last tried.' })
  triedAt!: Date;
}
export const SetAsideEventConnection = connectionOf('SetAsideEvent', () => SetAsideEventType);

@ObjectType('RetriedEvents', { description: 'What became of events that had been set aside, the 500 longest untried of them.' })
export class RetriedEventsType {
  @Field(() => Int, { description: 'How many are cleared now.' })
  cleared!: number;

  @Field(() => Int, { description: 'How many still cannot be priced.' })
  failed!: number;
}

export const RetrySetAsideEventsResult = answerUnion('RetrySetAsideEventsResult', 'What became of them.', () => RetriedEventsType, refusals());

@InputType()
export class RetrySetAsideEventsInput {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;
}
