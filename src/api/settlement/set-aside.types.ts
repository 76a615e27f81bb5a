import { InputType, ObjectType } from 'type-graphql';
import { refusals } from '../../platform/define-refusal';
import { PointCurrencyType } from '../coalition/coalition.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { Count, Id, Instant, Of, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';

@ObjectType('SetAsideEvent', {
  description: 'A points event that clearing could not price. It goes once it is cleared; until then no month of its currency closes beyond it.',
})
@Discloses('NOBODY')
export class SetAsideEventType {
  @Id('The points event, as its transfer is called in logs and by npm run verify.') transferId!: string;

  @Of(() => PointCurrencyType, 'The points currency.') currency?: PointCurrencyType;

  @Instant('When it happened.') occurredAt!: Date;

  @Text('Why it could not be priced when it was last tried.') reason!: string;

  @Count('How often it was tried.') attempts!: number;

  @Instant('When it was set aside.') setAsideAt!: Date;

  @Instant('When it was last tried.') triedAt!: Date;
}
export const SetAsideEventConnection = connectionOf('SetAsideEvent', () => SetAsideEventType);

@ObjectType('RetriedEvents', { description: 'What became of events that had been set aside, the 500 longest untried of them.' })
@Discloses('NOBODY')
export class RetriedEventsType {
  @Count('How many are cleared now.') cleared!: number;

  @Count('How many still cannot be priced.') failed!: number;
}

export const RetrySetAsideEventsResult = answerUnion('RetrySetAsideEventsResult', 'What became of them.', () => RetriedEventsType, refusals());

@InputType()
export class RetrySetAsideEventsInput {
  @Text('Code of the points currency.') currency!: string;
}
