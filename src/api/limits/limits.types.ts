import { InputType, ObjectType } from 'type-graphql';
import { endVelocityLimitRefusals } from '../../programme/limits/end-velocity-limit';
import { setVelocityLimitRefusals } from '../../programme/limits/set-velocity-limit';
import type { Act, LimitWindow, Measure } from '../../programme/limits/velocity-limit';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';

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
  @Id('Id of the limit.') id!: string;

  @Text('Code of the points currency.') currency!: string;

  @Of(() => LimitedActEnum, 'What it is about.') act!: Act;

  @Of(() => LimitMeasureEnum, 'What it counts.') measure!: Measure;

  @Of(() => LimitWindowEnum, 'Within which window.') window!: LimitWindow;

  @Id('The brand that set it for itself, or the operator for the coalition.') setByBrandId!: string;

  @Id.orNull('What happens at this brand counts; null: what happens at all brands together.') brandId!: string | null;

  @Id.orNull("What is earned by this version of a brand's earning rule counts; null: by any.") earningRuleId!: string | null;

  @Points('Most points, or times, in a window. What is voided, refunded or returned later makes no room again.') maximum!: number;

  @Of(() => WhenExceededEnum, 'What happens beyond it.') whenExceeded!: 'REFUSE' | 'REDUCE';

  @Instant('It holds, and counts, from then on.') effectiveFrom!: Date;

  @Instant.orNull('First instant at which it no longer holds; null: nobody has ended it.') endsAt!: Date | null;
}

export const VelocityLimitConnection = connectionOf('VelocityLimit', () => VelocityLimitType);

@InputType('SetVelocityLimitInput', { description: 'A velocity limit.' })
export class SetVelocityLimitInput extends CreationInput {
  @Text('Code of the points currency.') currency!: string;

  @Of(() => LimitedActEnum, 'What it is about.') act!: Act;

  @Of(() => LimitMeasureEnum, 'What it counts.') measure!: Measure;

  @Of(() => LimitWindowEnum, 'Within which window.') window!: LimitWindow;

  @Id.orNull('For the operator: only what happens at this brand; absent: at all brands together. For a brand: itself.') brandId?: string | null;

  @Id.orNull('For EARN: only what is earned by this version of an earning rule.') earningRuleId?: string | null;

  @Points("Most points (in the currency's smallest unit), or times, in a window; 0 forbids it.") maximum!: bigint;

  @Of.orNull(() => WhenExceededEnum, 'What happens beyond it; REFUSE by default.') whenExceeded?: 'REFUSE' | 'REDUCE' | null;

  @Instant.orNull('From when on; not in the past. Default: now.') effectiveFrom?: Date | null;
}

@InputType('EndVelocityLimitInput', { description: 'The end of a velocity limit.' })
export class EndVelocityLimitInput extends ChangeInput {
  @Id('The limit.') limitId!: string;

  @Instant.orNull('First instant at which it no longer holds; not in the past. Default: now.') endsAt?: Date | null;
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
