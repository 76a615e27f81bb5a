import { ArgsType, InputType, ObjectType } from 'type-graphql';
import type { Uuid } from '../../platform/ids';
import { closePoolRefusals } from '../../programme/sharing/close-pool';
import { contributeToPoolRefusals } from '../../programme/sharing/contribute-to-pool';
import { createPoolRefusals } from '../../programme/sharing/create-pool';
import { inviteToPoolRefusals } from '../../programme/sharing/invite-to-pool';
import { leavePoolRefusals } from '../../programme/sharing/leave-pool';
import { setPoolRoleRefusals } from '../../programme/sharing/set-pool-role';
import { joinPoolRefusals } from '../../programme/sharing/standing';
import { connectionOf, PageArgs } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Flag, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { RatioInput, RatioType } from '../graphql/money.types';
import { answerUnion } from '../graphql/refusal.types';
import { BalanceType } from '../members/balance.types';
import { ExpiryType, MovementKindEnum } from '../members/member.types';
import { MemberRefInput } from '../members/member-ref.types';

const KEY = 'Names this request for ever, within the member who asks: at most 255 characters. Send it again and get the first answer.';
const SHARE = 'The part, from 0 to 1, of what the member earns that goes into the pool; what is below a whole unit stays with the member.';

const PoolRoleEnum = enumOf('PoolRole', 'What a member of a household pool may do. All put points in, see the pool, and leave.', {
  OWNER: 'Spends from the pool, invites, sets roles, removes, closes. One a pool.',
  ADULT: 'Spends from the pool.',
  CHILD: 'Does not spend from the pool.',
});

const InvitedRoleEnum = enumOf('InvitedRole', 'As what somebody is invited to a household pool.', {
  ADULT: 'Spends from the pool.',
  CHILD: 'Does not spend from the pool.',
});

@ObjectType('PoolMember', { description: 'A member of a household pool.' })
@Discloses<PoolMemberType>({ memberId: 'MEMBER', role: 'MEMBER', share: 'MEMBER', joinedAt: 'MEMBER' })
export class PoolMemberType {
  @Id('The member.') memberId!: string;

  @Of(() => PoolRoleEnum, 'What the member may do.') role!: string;

  @Of(() => RatioType, SHARE) share!: RatioType;

  @Instant('Since when.') joinedAt!: Date;
}

@ObjectType('PoolInvitation', { description: 'An invitation to a household pool that is not answered yet.' })
@Discloses<PoolInvitationType>({ invitationId: 'MEMBER', poolId: 'MEMBER', role: 'MEMBER', invitedAt: 'MEMBER', endsAt: 'MEMBER' })
export class PoolInvitationType {
  @Id('The invitation, to accept or to end it.') invitationId!: string;

  @Id('The pool.') poolId!: string;

  @Of(() => PoolRoleEnum, 'As what.') role!: string;

  @Instant('When it was made.') invitedAt!: Date;

  @Instant('Until when it can be accepted, exclusive.') endsAt!: Date;
}

@ObjectType('PoolContributorPart', { description: 'What is left in a pool of what one member put in.' })
@Discloses<PoolContributorPartType>({ memberId: 'MEMBER', points: 'MEMBER' })
export class PoolContributorPartType {
  @Id('The member, or a former one.') memberId!: string;

  @Points("Points, held ones counted, in the currency's smallest unit.") points!: number;
}

@ObjectType('PoolBalance', { description: 'What a household pool holds now of one points currency.' })
@Discloses<PoolBalanceType>({
  currency: 'MEMBER',
  active: 'MEMBER',
  pending: 'MEMBER',
  held: 'MEMBER',
  arrears: 'MEMBER',
  spendable: 'MEMBER',
  nextExpiries: 'MEMBER',
  contributors: 'MEMBER',
})
export class PoolBalanceType extends BalanceType {
  @Of(() => [ExpiryType], 'The next days on which points expire, soonest first, at most 10. Held points are not in it.') nextExpiries!: readonly ExpiryType[];

  @Of(() => [PoolContributorPartType], 'Whose points they are.') contributors!: readonly PoolContributorPartType[];
}

@ObjectType('PoolMovement', { description: 'Points that came into a household pool or left it. Not where, nor for what.' })
@Discloses<PoolMovementType>({
  kind: 'MEMBER',
  points: 'MEMBER',
  memberId: 'MEMBER',
  balanceAfter: 'MEMBER',
  occurredAt: 'MEMBER',
  recordedAt: 'MEMBER',
})
export class PoolMovementType {
  @Of(() => MovementKindEnum, 'Why.') kind!: string;

  @Points("In the currency's smallest unit: above zero into the pool, below zero out of it.") points!: number;

  @Id.orNull('Who of the household put them in, took them out or spent them; null: nobody, as when they expire.') memberId!: string | null;

  @Points("The pool's balance after it, open holds not taken off.") balanceAfter!: number;

  @Instant('When it happened.') occurredAt!: Date;

  @Instant('When it was booked.') recordedAt!: Date;
}
export const PoolMovementConnection = connectionOf('PoolMovement', () => PoolMovementType);

@ObjectType('Pool', { description: "A household's shared points. Seen by its members, and by the operator." })
@Discloses<PoolType>({
  id: 'MEMBER',
  openedAt: 'MEMBER',
  closedAt: 'MEMBER',
  members: 'MEMBER',
  invitations: 'MEMBER',
  balances: 'MEMBER',
  balanceAt: 'MEMBER',
  movements: 'MEMBER',
})
export class PoolType {
  readonly of!: { readonly poolId: Uuid };

  @Id('Opaque id.') id!: string;

  @Instant('Since when.') openedAt!: Date;

  @Instant.orNull('When it was closed; null: it is open.') closedAt!: Date | null;

  @Of(() => [PoolMemberType], 'Who is in it, first joined first: at most 10.') members!: readonly PoolMemberType[];

  @Of(() => [PoolInvitationType], 'Invitations that are not answered yet. Who was invited is not said.') invitations!: readonly PoolInvitationType[];

  @Of(() => [PoolBalanceType], 'One for each points currency that it ever held, by code.') balances?: PoolBalanceType[];
}

@ArgsType()
export class PoolMovementsArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;
}

@InputType('CreatePoolInput', { description: 'A household pool to open.' })
export class CreatePoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Of.orNull(() => RatioInput, `${SHARE} Nothing by default.`) share?: RatioInput | null;
}

@InputType('InviteToPoolInput', { description: 'Somebody to ask into your own pool.' })
export class InviteToPoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Of(() => MemberRefInput, 'Who: by an identifier, or by an id that you were shown.') member!: MemberRefInput;

  @Of(() => InvitedRoleEnum, 'As what.') role!: string;
}

@InputType('AcceptPoolInvitationInput', { description: 'An invitation to accept.' })
export class AcceptPoolInvitationInput {
  @Id('The invitation.') invitationId!: string;

  @Of.orNull(() => RatioInput, `${SHARE} Nothing by default.`) share?: RatioInput | null;
}

@InputType('EndPoolInvitationInput', { description: 'An invitation to decline, or, as owner of the pool, to withdraw.' })
export class EndPoolInvitationInput {
  @Id('The invitation.') invitationId!: string;
}

@ObjectType('EndedPoolInvitation', { description: 'An invitation that was declined or withdrawn.' })
@Discloses<EndedPoolInvitationType>({ invitationId: 'MEMBER' })
export class EndedPoolInvitationType {
  @Id('The invitation.') invitationId!: string;
}

@InputType('SetContributionShareInput', { description: 'The share for the pool.' })
export class SetContributionShareInput {
  @Of(() => RatioInput, SHARE) share!: RatioInput;
}

@InputType('SetPoolRoleInput', { description: 'What another member of your own pool may do from now on.' })
export class SetPoolRoleInput {
  @Id('The member.') memberId!: string;

  @Of(() => PoolRoleEnum, 'The role; OWNER hands the pool over, and who asks is an ADULT from then on.') role!: string;
}

@InputType('ContributeToPoolInput', { description: 'Points to put into the pool.' })
export class ContributeToPoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Text('Code of the points currency.') currency!: string;

  @Points("How many, in the currency's smallest unit; above zero.") points!: bigint;

  @Flag.orNull('Says what it would come to as a new request, and writes nothing: whether the idempotency key was used before is not asked.')
  dryRun?: boolean | null;
}

@ObjectType('PoolContribution', { description: 'Points put into a pool: they keep their age, and come back to who put them in.' })
@Discloses<PoolContributionType>({
  poolId: 'MEMBER',
  currency: 'MEMBER',
  points: 'MEMBER',
  occurredAt: 'MEMBER',
  balance: 'MEMBER',
  poolBalance: 'MEMBER',
  dryRun: 'MEMBER',
  duplicate: 'MEMBER',
})
export class PoolContributionType {
  @Id('The pool.') poolId!: string;

  @Text('Code of the points currency.') currency!: string;

  @Points("Points put in, in the currency's smallest unit.") points!: number;

  @Instant('When it happened.') occurredAt!: string;

  @Of(() => BalanceType, "The member's balance after it.") balance!: BalanceType;

  @Of(() => BalanceType, "The pool's balance after it.") poolBalance!: BalanceType;

  @Flag('Nothing was written: this is what would happen.') dryRun!: boolean;

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

@InputType('LeavePoolInput', { description: 'A pool to leave, or to fetch own points from that have come free there since.' })
export class LeavePoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The pool.') poolId!: string;
}

@InputType('RemoveFromPoolInput', { description: 'A member to remove from your own pool.' })
export class RemoveFromPoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The member.') memberId!: string;
}

@InputType('ClosePoolInput', { description: 'Your own pool, to be closed.' })
export class ClosePoolInput {
  @Text(KEY) idempotencyKey!: string;

  @Id('The pool: your own.') poolId!: string;
}

@ObjectType('ReturnedPoints', { description: 'Points of a currency that came back out of a pool.' })
@Discloses<ReturnedPointsType>({ currency: 'MEMBER', points: 'MEMBER' })
export class ReturnedPointsType {
  @Text('Code of the points currency.') currency!: string;

  @Points("How many, in the currency's smallest unit.") points!: number;
}

@ObjectType('LeftPool', { description: 'Who is no longer in a pool, and what came back.' })
@Discloses<LeftPoolType>({ poolId: 'MEMBER', memberId: 'MEMBER', returned: 'MEMBER', duplicate: 'MEMBER' })
export class LeftPoolType {
  @Id('The pool.') poolId!: string;

  @Id('The member.') memberId!: string;

  @Of(() => [ReturnedPointsType], 'What was left of what the member had put in, by currency. Held points follow: ask again when their hold has ended.')
  returned!: readonly ReturnedPointsType[];

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

@ObjectType('ClosedPool', { description: 'A pool that is no more.' })
@Discloses<ClosedPoolType>({ poolId: 'MEMBER', returned: 'MEMBER', duplicate: 'MEMBER' })
export class ClosedPoolType {
  @Id('The pool.') poolId!: string;

  @Of(() => [ReturnedPointsType], 'What went back to its members altogether, by currency.') returned!: readonly ReturnedPointsType[];

  @Flag('The request was made before, and this is its first answer.') duplicate!: boolean;
}

export const CreatePoolResult = answerUnion('CreatePoolResult', 'The pool.', () => PoolType, createPoolRefusals);
export const InviteToPoolResult = answerUnion('InviteToPoolResult', 'The pool, with the invitation.', () => PoolType, inviteToPoolRefusals);
export const AcceptPoolInvitationResult = answerUnion('AcceptPoolInvitationResult', 'The pool.', () => PoolType, joinPoolRefusals);
export const SetPoolRoleResult = answerUnion('SetPoolRoleResult', 'The pool.', () => PoolType, setPoolRoleRefusals);
export const ContributeToPoolResult = answerUnion(
  'ContributeToPoolResult',
  'Points put in, or why they were not.',
  () => PoolContributionType,
  contributeToPoolRefusals,
);
export const LeavePoolResult = answerUnion('LeavePoolResult', 'What came back.', () => LeftPoolType, leavePoolRefusals);
export const RemoveFromPoolResult = answerUnion('RemoveFromPoolResult', 'What went back.', () => LeftPoolType, leavePoolRefusals);
export const ClosePoolResult = answerUnion('ClosePoolResult', 'What went back.', () => ClosedPoolType, closePoolRefusals);
