import { ArgsType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { approveGoodwillRefusals } from '../../programme/care/approve-goodwill';
import { approveMergeRefusals } from '../../programme/care/approve-merge';
import { closeWalletRefusals } from '../../programme/care/close-wallet';
import { proposalRefusals } from '../../programme/care/proposal';
import { proposeGoodwillRefusals } from '../../programme/care/propose-goodwill';
import { ChangeInput } from '../graphql/change-input.types';
import { connectionOf, PageArgs } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar, PointsScalar } from '../graphql/scalars';
import { BalanceType } from '../members/balance.types';
import { MemberRefInput } from '../members/member-ref.types';

export const ProposalKindEnum = enumOf('ProposalKind', 'What is proposed.', {
  GOODWILL: 'Points for a member, paid for by a brand or the operator.',
  MERGE: 'One member of two.',
});

export const ProposalStatusEnum = enumOf('ProposalStatus', 'Whether a proposal is decided.', {
  PROPOSED: 'A second person has not decided.',
  APPROVED: 'Agreed, and carried out.',
  DECLINED: 'Not agreed.',
});

export const GoodwillFunderEnum = enumOf('GoodwillFunder', 'Who pays for goodwill, and whose staff decide about it.', {
  OWN_BRAND: 'The brand of whoever proposes it.',
  OPERATOR: 'The operator.',
});

@ObjectType('Proposal', { description: 'Something that costs somebody points or money: proposed by one person on the staff, decided by another.' })
export class ProposalType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => ProposalKindEnum, { description: 'What is proposed.' })
  kind!: string;

  @Field(() => ProposalStatusEnum, { description: 'Whether it is decided.' })
  status!: string;

  @Field(() => ID, { description: 'The brand for which it was proposed.' })
  brandId!: string;

  @Field(() => ID, { description: 'The brand whose staff decide: who pays for goodwill, the operator for a merge.' })
  decidingBrandId!: string;

  @Field(() => ID, { description: 'Who gets goodwill; the duplicate of a merge.' })
  memberId!: string;

  @Field(() => ID, { nullable: true, description: 'Who goes on after a merge.' })
  survivorId!: string | null;

  @Field(() => String, { nullable: true, description: 'Of goodwill: code of the points currency.' })
  currency!: string | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Of goodwill: how many points, in smallest units.' })
  points!: number | null;

  @Field(() => String, { description: 'Why it was proposed.' })
  reason!: string;

  @Field(() => ID, { description: 'Who proposed it.' })
  proposedBy!: string;

  @Field(() => DateTimeScalar, { description: 'When it was proposed. After 30 days it can no longer be approved.' })
  proposedAt!: Date;

  @Field(() => ID, { nullable: true, description: 'Who decided.' })
  decidedBy!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was decided.' })
  decidedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why it was decided so, if that was said.' })
  decisionReason!: string | null;
}
export const ProposalConnection = connectionOf('Proposal', () => ProposalType);

@ObjectType('ApprovedGoodwill', { description: 'Goodwill that was given.' })
export class ApprovedGoodwillType {
  @Field(() => ProposalType, { description: 'The proposal.' })
  proposal!: ProposalType;

  @Field(() => BalanceType, { nullable: true, description: 'The wallet after it. Null for a brand that knows the member over no confirmed link.' })
  balance!: BalanceType | null;
}

@ObjectType('ClosedWallet', { description: 'A wallet that is closed for good.' })
export class ClosedWalletType {
  @Field(() => ID, { description: 'Whose it was.' })
  memberId!: string;

  @Field(() => DateTimeScalar, { description: 'When it was closed.' })
  closedAt!: Date;
}

@ArgsType()
export class ProposalsArgs extends PageArgs {
  @Field(() => ProposalStatusEnum, { nullable: true, description: 'Only these; all when left out.' })
  status?: 'PROPOSED' | 'APPROVED' | 'DECLINED' | null;
}

@InputType('ProposeGoodwillInput', { description: 'Points for a member out of goodwill.' })
export class ProposeGoodwillInput {
  @Field(() => String, { description: 'A key of your own for this request, at most 255 characters: sent again, it proposes nothing new.' })
  idempotencyKey!: string;

  @Field(() => MemberRefInput, { description: 'Who gets them. The operator names a member by id or identifier.' })
  member!: MemberRefInput;

  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => PointsScalar, { description: 'How many, in smallest units; a deployment bounds them.' })
  points!: bigint;

  @Field(() => GoodwillFunderEnum, { nullable: true, description: 'Who pays; your own brand when left out.' })
  funder?: 'OWN_BRAND' | 'OPERATOR' | null;

  @Field(() => String, { description: 'Why: the second person decides by it. At most 500 characters. No personal data.' })
  reason!: string;
}

@InputType('ProposeMergeInput', { description: 'Two members who are one person.' })
export class ProposeMergeInput {
  @Field(() => String, { description: 'A key of your own for this request, at most 255 characters: sent again, it proposes nothing new.' })
  idempotencyKey!: string;

  @Field(() => ID, { nullable: true, description: 'The member who ends, by id. Send it or duplicate.' })
  duplicateId?: string | null;

  @Field(() => MemberRefInput, { nullable: true, description: 'The member who ends, by id or identifier. Send it or duplicateId.' })
  duplicate?: MemberRefInput | null;

  @Field(() => ID, { nullable: true, description: 'The member who goes on, with the points, cards and links of both, by id. Send it or survivor.' })
  survivorId?: string | null;

  @Field(() => MemberRefInput, { nullable: true, description: 'The member who goes on, by id or identifier. Send it or survivorId.' })
  survivor?: MemberRefInput | null;

  @Field(() => String, { description: 'Why: the second person decides by it. At most 500 characters. No personal data.' })
  reason!: string;
}

@InputType('DecideProposalInput', { description: 'A proposal to decide about.' })
export class DecideProposalInput extends ChangeInput {
  @Field(() => ID, { description: 'The proposal.' })
  proposalId!: string;
}

@InputType('CloseWalletInput', { description: 'A wallet to close for good.' })
export class CloseWalletInput extends ChangeInput {
  @Field(() => ID, { nullable: true, description: 'Whose, by id. Leave it and member out when you are the member.' })
  memberId?: string | null;

  @Field(() => MemberRefInput, { nullable: true, description: 'Whose, by id or identifier: instead of memberId.' })
  member?: MemberRefInput | null;
}

export const ProposeGoodwillResult = answerUnion('ProposeGoodwillResult', 'The proposal, or why it was not made.', () => ProposalType, proposeGoodwillRefusals);
export const ApproveGoodwillResult = answerUnion(
  'ApproveGoodwillResult',
  'What was given, or why nothing was.',
  () => ApprovedGoodwillType,
  approveGoodwillRefusals,
);
export const DeclineProposalResult = answerUnion(
  'DeclineProposalResult',
  'The proposal, or why it could not be declined.',
  () => ProposalType,
  proposalRefusals,
);
export const ProposeMergeResult = answerUnion('ProposeMergeResult', 'The proposal, or why it was not made.', () => ProposalType, keyRefusals);
export const ApproveMergeResult = answerUnion(
  'ApproveMergeResult',
  'The merge that was carried out, or why it was not.',
  () => ProposalType,
  approveMergeRefusals,
);
export const CloseWalletResult = answerUnion('CloseWalletResult', 'The closed wallet, or why it stays open.', () => ClosedWalletType, closeWalletRefusals);
