import { Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { z } from 'zod';
import type { MemberRef } from '../../members/identification/member-ref';
import { InvalidInput } from '../../platform/refusal';
import { approveGoodwill } from '../../programme/care/approve-goodwill';
import { approveMerge } from '../../programme/care/approve-merge';
import { closeWallet, closeWalletSchema } from '../../programme/care/close-wallet';
import { decideProposalSchema, declineProposal } from '../../programme/care/decide-proposal';
import { listProposals } from '../../programme/care/find-proposals';
import type { Proposal } from '../../programme/care/proposal';
import { proposeGoodwill, proposeGoodwillSchema } from '../../programme/care/propose-goodwill';
import { proposeMerge, proposeMergeSchema } from '../../programme/care/propose-merge';
import { pointCurrencyById } from '../coalition/coalition.loaders';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { type MemberRefInput, readMemberRef } from '../members/member-ref.types';
import {
  ApprovedGoodwillType,
  ApproveGoodwillResult,
  ApproveMergeResult,
  ClosedWalletType,
  CloseWalletInput,
  CloseWalletResult,
  DecideProposalInput,
  DeclineProposalResult,
  ProposalConnection,
  ProposalsArgs,
  ProposalType,
  ProposeGoodwillInput,
  ProposeGoodwillResult,
  ProposeMergeInput,
  ProposeMergeResult,
} from './care.types';

const byId = z.tuple([z.uuid()]);

async function showProposal(ctx: Context, proposal: Proposal): Promise<ProposalType> {
  const { kind, status, points, reason, proposedAt, decidedAt, decisionReason } = proposal;
  return Object.assign(new ProposalType(), {
    ...{ kind, status, points, reason, proposedAt, decidedAt, decisionReason },
    id: showId(ctx, 'proposal', proposal.id),
    brandId: showId(ctx, 'brand', proposal.brandId),
    decidingBrandId: showId(ctx, 'brand', proposal.decidingBrandId),
    memberId: showId(ctx, 'member', proposal.memberId),
    survivorId: proposal.survivorId && showId(ctx, 'member', proposal.survivorId),
    currency: proposal.currencyId === null ? null : ((await pointCurrencyById(ctx).load(proposal.currencyId))?.code ?? null),
    proposedBy: showId(ctx, 'staff', proposal.proposedBy),
    decidedBy: proposal.decidedBy && showId(ctx, 'staff', proposal.decidedBy),
  });
}

function readDecision(ctx: Context, input: DecideProposalInput) {
  return parseInput(decideProposalSchema, { ...input, proposalId: readId(ctx, 'proposal', input.proposalId, 'input.proposalId') });
}

/** A member named by an id alone, or by a reference: by exactly one of them. */
function readEither(ctx: Context, id: string | null | undefined, ref: MemberRefInput | null | undefined, field: string): MemberRef {
  if ((id == null) === (ref == null)) throw new InvalidInput(id == null ? field : `${field}Id`, `Name the member by exactly one of ${field} and ${field}Id.`);
  return id == null ? readMemberRef(ctx, ref as MemberRefInput, field) : { by: 'id', memberId: readId(ctx, 'member', id, `${field}Id`) };
}

@Resolver(() => ProposalType)
export class CareResolver {
  @Query(() => ProposalConnection, {
    description:
      "Proposals that staff of your own brand made or decide about (for the operator: everybody's), newest first. Asks for a role SUPPORT, PROGRAMME_MANAGER or FINANCE.",
  })
  async proposals(@Ctx() ctx: Context, @Args(() => ProposalsArgs) args: ProposalsArgs) {
    const page = readPage(ctx, args, 'proposals', null, byId);
    const rows = await listProposals(ctx.app, requirePrincipal(ctx), { limit: page.limit, before: page.after?.[0] ?? null, status: args.status ?? null });
    const shown = new Map(await Promise.all(rows.map(async (row) => [row, await showProposal(ctx, row)] as const)));
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => shown.get(row) });
  }

  @Mutation(() => ProposeGoodwillResult, {
    description: 'Proposes points for a member out of goodwill; nothing is given before a second person approves. For staff, not for API clients.',
  })
  proposeGoodwill(@Ctx() ctx: Context, @Input(() => ProposeGoodwillInput, 'Who gets what.') input: ProposeGoodwillInput) {
    const member = readMemberRef(ctx, input.member, 'input.member');
    const command = parseInput(proposeGoodwillSchema, { ...input, member, funder: input.funder ?? undefined });
    return answerOrRefusal(ctx, async (app, principal) => showProposal(ctx, await proposeGoodwill(app, principal, command)));
  }

  @Mutation(() => ApproveGoodwillResult, {
    description: 'Approves goodwill and gives the points. By another person than who proposed it, on the staff of who pays. Repeating it changes nothing.',
  })
  approveGoodwill(@Ctx() ctx: Context, @Input(() => DecideProposalInput, 'Which proposal.') input: DecideProposalInput) {
    const command = readDecision(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => {
      const { proposal, currency, balance } = await approveGoodwill(app, principal, command);
      return Object.assign(new ApprovedGoodwillType(), { proposal: await showProposal(ctx, proposal), balance: balance && showBalance(currency, balance) });
    });
  }

  @Mutation(() => DeclineProposalResult, { description: 'Declines goodwill. By another person than who proposed it. Repeating it changes nothing.' })
  declineGoodwill(@Ctx() ctx: Context, @Input(() => DecideProposalInput, 'Which proposal.') input: DecideProposalInput) {
    const command = readDecision(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showProposal(ctx, await declineProposal(app, principal, 'GOODWILL', command)));
  }

  @Mutation(() => ProposeMergeResult, { description: "Proposes to make one member of two. For the operator's support." })
  proposeMerge(@Ctx() ctx: Context, @Input(() => ProposeMergeInput, 'The two.') input: ProposeMergeInput) {
    const command = parseInput(proposeMergeSchema, {
      ...input,
      duplicate: readEither(ctx, input.duplicateId, input.duplicate, 'input.duplicate'),
      survivor: readEither(ctx, input.survivorId, input.survivor, 'input.survivor'),
    });
    return answerOrRefusal(ctx, async (app, principal) => showProposal(ctx, await proposeMerge(app, principal, command)));
  }

  @Mutation(() => ApproveMergeResult, {
    description:
      'Approves a merge and carries it out: points, cards, logins and links go to the survivor, and whatever comes back later does too. The old ids lead to the survivor, but for closeWallet, which asks for the id of the survivor. By another person than who proposed it. Repeating it changes nothing.',
  })
  approveMerge(@Ctx() ctx: Context, @Input(() => DecideProposalInput, 'Which proposal.') input: DecideProposalInput) {
    const command = readDecision(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showProposal(ctx, await approveMerge(app, principal, command)));
  }

  @Mutation(() => DeclineProposalResult, { description: 'Declines a merge. By another person than who proposed it. Repeating it changes nothing.' })
  declineMerge(@Ctx() ctx: Context, @Input(() => DecideProposalInput, 'Which proposal.') input: DecideProposalInput) {
    const command = readDecision(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showProposal(ctx, await declineProposal(app, principal, 'MERGE', command)));
  }

  @Mutation(() => CloseWalletResult, {
    description:
      "Closes a wallet for good: its points end, its cards and logins find nobody, later earns and refunds are refused as WALLET_CLOSED. By its member with a login of an identity provider, or the operator's support. Repeating it changes nothing.",
  })
  closeWallet(@Ctx() ctx: Context, @Input(() => CloseWalletInput, 'Whose wallet.') input: CloseWalletInput) {
    const member = input.memberId == null && input.member == null ? null : readEither(ctx, input.memberId, input.member, 'input.member');
    const command = parseInput(closeWalletSchema, { member, reason: input.reason });
    return answerOrRefusal(ctx, async (app, principal) => {
      const closed = await closeWallet(app, principal, command);
      return Object.assign(new ClosedWalletType(), { memberId: showId(ctx, 'member', closed.memberId), closedAt: closed.closedAt });
    });
  }
}
