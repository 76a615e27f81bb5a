import { ArgsType, InputType, ObjectType } from 'type-graphql';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { approveGoodwillRefusals } from '../../programme/care/approve-goodwill';
import { approveMergeRefusals } from '../../programme/care/approve-merge';
import { closeWalletRefusals } from '../../programme/care/close-wallet';
import { LAPSES_AFTER_DAYS, proposalRefusals } from '../../programme/care/proposal';
import { proposeGoodwillRefusals } from '../../programme/care/propose-goodwill';
import { ChangeInput } from '../graphql/change-input.types';
import { connectionOf, PageArgs } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Id, Instant, Of, Points, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
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
@Discloses<ProposalType>({
  id: 'OWN',
  kind: 'OWN',
  status: 'OWN',
  brandId: 'OWN',
  decidingBrandId: 'OWN',
  memberId: 'PROGRAMME',
  survivorId: 'PROGRAMME',
  currency: 'OWN',
  points: 'OWN',
  reason: 'OWN',
  proposedBy: 'OWN',
  proposedAt: 'OWN',
  decidedBy: 'OWN',
  decidedAt: 'OWN',
  decisionReason: 'OWN',
})
export class ProposalType {
  @Id('Opaque id.') id!: string;

  @Of(() => ProposalKindEnum, 'What is proposed.') kind!: string;

  @Of(() => ProposalStatusEnum, 'Whether it is decided.') status!: string;

  @Id('The brand for which it was proposed.') brandId!: string;

  @Id('The brand whose staff decide: who pays for goodwill, the operator for a merge.') decidingBrandId!: string;

  @Id('Who gets goodwill; the duplicate of a merge.') memberId!: string;

  @Id.orNull('Who goes on after a merge.') survivorId!: string | null;

  @Text.orNull('Of goodwill: code of the points currency.') currency!: string | null;

  @Points.orNull('Of goodwill: how many points, in smallest units.') points!: number | null;

  @Text('Why it was proposed.') reason!: string;

  @Id('Who proposed it.') proposedBy!: string;

  @Instant(`When it was proposed. After ${LAPSES_AFTER_DAYS} days it can no longer be approved.`) proposedAt!: Date;

  @Id.orNull('Who decided.') decidedBy!: string | null;

  @Instant.orNull('When it was decided.') decidedAt!: Date | null;

  @Text.orNull('Why it was decided so, if that was said.') decisionReason!: string | null;
}
export const ProposalConnection = connectionOf('Proposal', () => ProposalType);

@ObjectType('ApprovedGoodwill', { description: 'Goodwill that was given.' })
@Discloses<ApprovedGoodwillType>({ proposal: 'OWN', balance: 'PROGRAMME' })
export class ApprovedGoodwillType {
  @Of(() => ProposalType, 'The proposal.') proposal!: ProposalType;

  @Of.orNull(() => BalanceType, 'The wallet after it. Null for a brand that knows the member over no confirmed link, or has no terms for the currency.')
  balance!: BalanceType | null;
}

@ObjectType('ClosedWallet', { description: 'A wallet that is closed for good.' })
@Discloses<ClosedWalletType>({ memberId: 'MEMBER', closedAt: 'MEMBER' })
export class ClosedWalletType {
  @Id('Whose it was.') memberId!: string;

  @Instant('When it was closed.') closedAt!: Date;
}

@ArgsType()
export class ProposalsArgs extends PageArgs {
  @Of.orNull(() => ProposalStatusEnum, 'Only these; all when left out.') status?: 'PROPOSED' | 'APPROVED' | 'DECLINED' | null;
}

@InputType('ProposeGoodwillInput', { description: 'Points for a member out of goodwill.' })
export class ProposeGoodwillInput {
  @Text('A key of your own for this request, at most 255 characters: sent again, it proposes nothing new.') idempotencyKey!: string;

  @Of(() => MemberRefInput, 'Who gets them. The operator names a member by id or identifier.') member!: MemberRefInput;

  @Text('Code of the points currency.') currency!: string;

  @Points('How many, in smallest units; a deployment bounds them.') points!: bigint;

  @Of.orNull(() => GoodwillFunderEnum, 'Who pays; your own brand when left out.') funder?: 'OWN_BRAND' | 'OPERATOR' | null;

  @Text('Why: the second person decides by it. At most 500 characters. No personal data.') reason!: string;
}

@InputType('ProposeMergeInput', { description: 'Two members who are one person.' })
export class ProposeMergeInput {
  @Text('A key of your own for this request, at most 255 characters: sent again, it proposes nothing new.') idempotencyKey!: string;

  @Id.orNull('The member who ends, by id. Send it or duplicate.') duplicateId?: string | null;

  @Of.orNull(() => MemberRefInput, 'The member who ends, by id or identifier. Send it or duplicateId.') duplicate?: MemberRefInput | null;

  @Id.orNull('The member who goes on, with the points, cards and links of both, by id. Send it or survivor.') survivorId?: string | null;

  @Of.orNull(() => MemberRefInput, 'The member who goes on, by id or identifier. Send it or survivorId.') survivor?: MemberRefInput | null;

  @Text('Why: the second person decides by it. At most 500 characters. No personal data.') reason!: string;
}

@InputType('DecideProposalInput', { description: 'A proposal to decide about.' })
export class DecideProposalInput extends ChangeInput {
  @Id('The proposal.') proposalId!: string;
}

@InputType('CloseWalletInput', { description: 'A wallet to close for good.' })
export class CloseWalletInput extends ChangeInput {
  @Id.orNull('Whose, by id. Leave it and member out when you are the member.') memberId?: string | null;

  @Of.orNull(() => MemberRefInput, 'Whose, by id or identifier: instead of memberId.') member?: MemberRefInput | null;
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
