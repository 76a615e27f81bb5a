import { InputType, ObjectType } from 'type-graphql';
import { givePointsRefusals } from '../../programme/sharing/give-points';
import { Discloses } from '../graphql/discloses';
import { Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';

@InputType('GivePointsInput', { description: 'Points of one member for another.' })
export class GivePointsInput {
  @Text('Names this request for ever, within the member or brand that asks: at most 255 characters. Send it again and get the first answer.')
  idempotencyKey!: string;

  @Of.orNull(
    () => MemberRefInput,
    'Who gives: the member who asks, when left out. A brand names a member that it has enrolled or linked before; naming one here does not make it known to the brand.',
  )
  from?: MemberRefInput | null;

  @Of(() => MemberRefInput, 'Who receives: found by an identifier, or by an id that you were shown. Does not become known to a brand by it.')
  to!: MemberRefInput;

  @Text('Code of the points currency.') currency!: string;

  @Points("How many, in the currency's smallest unit; above zero.") points!: bigint;

  @Instant.orNull('When it happened, for a brand; now by default. A member gives now.') occurredAt?: Date | null;

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType('Gift', { description: 'Points that a member gave. They keep their issuer, month and end. Nothing is told of who received them.' })
@Discloses<GiftType>({
  giftId: 'OWN',
  currency: 'OWN',
  points: 'OWN',
  occurredAt: 'OWN',
  balance: 'PROGRAMME',
  dryRun: 'NOBODY',
  duplicate: 'NOBODY',
})
export class GiftType {
  @Id.orNull('The gift; null for a dry run.') giftId!: string | null;

  @Text('Code of the points currency.') currency!: string;

  @Points("Points given, in the currency's smallest unit.") points!: number;

  @Instant('When it happened.') occurredAt!: string;

  @Of.orNull(
    () => BalanceType,
    "The giver's balance after it; null for a brand whose link with the giver is not confirmed now, or that has no terms for the currency.",
  )
  balance!: BalanceType | null;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const GivePointsResult = answerUnion('GivePointsResult', 'Points given, or why they were not.', () => GiftType, givePointsRefusals);
