import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import type { Uuid } from '../../platform/ids';
import { acceptInvitation, acceptInvitationSchema, endInvitation, listInvitations } from '../../programme/sharing/answer-invitation';
import { closePool, closePoolSchema } from '../../programme/sharing/close-pool';
import { contributeToPool, contributeToPoolSchema, type PoolContribution } from '../../programme/sharing/contribute-to-pool';
import { setContributionShare, setContributionShareSchema } from '../../programme/sharing/contribution-share';
import { createPool, createPoolSchema } from '../../programme/sharing/create-pool';
import { INVITATION_DAYS, inviteToPool, inviteToPoolSchema } from '../../programme/sharing/invite-to-pool';
import { type LeftPool, leavePool, leavePoolSchema, removeFromPool, removeFromPoolSchema } from '../../programme/sharing/leave-pool';
import { findOwnPool, findPool, type HouseholdPool, readPoolBalances } from '../../programme/sharing/read-pool';
import { readPoolMovements } from '../../programme/sharing/read-pool-movements';
import { setPoolRole, setPoolRoleSchema } from '../../programme/sharing/set-pool-role';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { showRatio } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { readMemberRef } from '../members/member-ref.types';
import {
  AcceptPoolInvitationInput,
  AcceptPoolInvitationResult,
  ClosedPoolType,
  ClosePoolInput,
  ClosePoolResult,
  ContributeToPoolInput,
  ContributeToPoolResult,
  CreatePoolInput,
  CreatePoolResult,
  EndedPoolInvitationType,
  EndPoolInvitationInput,
  InviteToPoolInput,
  InviteToPoolResult,
  LeavePoolInput,
  LeavePoolResult,
  LeftPoolType,
  type PoolBalanceType,
  PoolContributionType,
  PoolInvitationType,
  PoolMovementConnection,
  PoolMovementsArgs,
  type PoolMovementType,
  PoolType,
  RemoveFromPoolInput,
  RemoveFromPoolResult,
  SetContributionShareInput,
  SetPoolRoleInput,
  SetPoolRoleResult,
} from './pool.types';

function showPool(ctx: Context, pool: HouseholdPool): PoolType {
  const poolId = showId(ctx, 'pool', pool.poolId);
  return Object.assign(new PoolType(), {
    of: { poolId: pool.poolId },
    id: poolId,
    openedAt: pool.openedAt,
    closedAt: pool.closedAt,
    members: pool.members.map(({ memberId, role, share, joinedAt }) => ({
      memberId: showId(ctx, 'member', memberId),
      role,
      share: showRatio(share),
      joinedAt,
    })),
    invitations: pool.invitations.map(({ invitationId, ...invitation }) => ({ ...invitation, poolId, invitationId: showId(ctx, 'invitation', invitationId) })),
  });
}

/** The pool that a change answers with, as it is then. */
function answerPool(ctx: Context, change: (app: App, principal: Principal) => Promise<Uuid>) {
  return answerOrRefusal(ctx, async (app, principal) => showPool(ctx, await findPool(app, principal, await change(app, principal))));
}

function showContribution(ctx: Context, contribution: PoolContribution): PoolContributionType {
  const { currency } = contribution;
  return Object.assign(new PoolContributionType(), contribution, {
    poolId: showId(ctx, 'pool', contribution.poolId),
    balance: showBalance(currency, contribution.balance),
    poolBalance: showBalance(currency, contribution.poolBalance),
  });
}

function showLeft(ctx: Context, left: LeftPool): LeftPoolType {
  return Object.assign(new LeftPoolType(), left, { poolId: showId(ctx, 'pool', left.poolId), memberId: showId(ctx, 'member', left.memberId) });
}

const afterSeq = z.tuple([z.int().min(1)]);
const LOGIN = 'Asks for a login of the member at an identity provider.';

@Resolver(() => PoolType)
export class PoolResolver {
  @Query(() => PoolType, {
    nullable: true,
    description: "The household pool that the member who asks is in, or null. With an id: that one again, or, for the operator's support, any.",
  })
  async pool(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { nullable: true, description: 'The pool; their own when left out.' }) id?: string | null,
  ): Promise<PoolType | null> {
    const principal = requirePrincipal(ctx);
    const pool = id == null ? await findOwnPool(ctx.app, principal) : await findPool(ctx.app, principal, readId(ctx, 'pool', id, 'id'));
    return pool && showPool(ctx, pool);
  }

  @Query(() => [PoolInvitationType], { description: `Invitations that the member who asks can accept, oldest first, at most 100. ${LOGIN}` })
  async poolInvitations(@Ctx() ctx: Context): Promise<PoolInvitationType[]> {
    const invitations = await listInvitations(ctx.app, requirePrincipal(ctx));
    return invitations.map(({ invitationId, poolId, ...rest }) => ({
      ...rest,
      invitationId: showId(ctx, 'invitation', invitationId),
      poolId: showId(ctx, 'pool', poolId),
    }));
  }

  @FieldResolver()
  async balances(@Ctx() ctx: Context, @Root() pool: PoolType): Promise<PoolBalanceType[]> {
    const balances = await readPoolBalances(ctx.app, requirePrincipal(ctx), pool.of.poolId);
    return balances.map(({ contributors, nextExpiries, ...balance }) => ({
      ...showBalance(balance.currency, balance),
      nextExpiries,
      contributors: contributors.map(({ memberId, points }) => ({ memberId: showId(ctx, 'member', memberId), points })),
    }));
  }

  @FieldResolver(() => PoolMovementConnection, { description: 'Movements in a currency, newest first.' })
  async movements(@Ctx() ctx: Context, @Root() pool: PoolType, @Args(() => PoolMovementsArgs) args: PoolMovementsArgs) {
    const page = readPage(ctx, args, 'poolMovements', pool.id, afterSeq);
    const asked = { currency: args.currency, limit: page.limit, before: page.after?.[0] ?? null };
    const rows = await readPoolMovements(ctx.app, requirePrincipal(ctx), pool.of.poolId, asked);
    return toConnection(ctx, page, rows, {
      key: (row) => [row.seq],
      node: ({ code, points, memberId, balanceAfter, occurredAt, recordedAt }): PoolMovementType => ({
        kind: code,
        points,
        memberId: memberId && showId(ctx, 'member', memberId),
        balanceAfter,
        occurredAt,
        recordedAt,
      }),
    });
  }

  @Mutation(() => CreatePoolResult, { description: `Opens a household pool, which the member who asks owns. ${LOGIN}` })
  createPool(@Ctx() ctx: Context, @Input(() => CreatePoolInput, 'The pool.') input: CreatePoolInput) {
    const command = parseInput(createPoolSchema, input);
    return answerPool(ctx, (app, principal) => createPool(app, principal, command));
  }

  @Mutation(() => InviteToPoolResult, { description: `The owner asks somebody into the pool: in it is who accepts, within ${INVITATION_DAYS} days. ${LOGIN}` })
  inviteToPool(@Ctx() ctx: Context, @Input(() => InviteToPoolInput, 'Whom, and as what.') input: InviteToPoolInput) {
    const command = parseInput(inviteToPoolSchema, { ...input, member: readMemberRef(ctx, input.member, 'input.member') });
    return answerPool(ctx, (app, principal) => inviteToPool(app, principal, command));
  }

  @Mutation(() => AcceptPoolInvitationResult, { description: `The invited member joins. Repeating it changes nothing. ${LOGIN}` })
  acceptPoolInvitation(@Ctx() ctx: Context, @Input(() => AcceptPoolInvitationInput, 'Which invitation.') input: AcceptPoolInvitationInput) {
    const invitationId = readId(ctx, 'invitation', input.invitationId, 'input.invitationId');
    const command = parseInput(acceptInvitationSchema, { ...input, invitationId });
    return answerPool(ctx, (app, principal) => acceptInvitation(app, principal, command));
  }

  @Mutation(() => EndedPoolInvitationType, {
    description: `The invited member declines, or the pool's owner withdraws. Repeating it changes nothing. ${LOGIN}`,
  })
  async endPoolInvitation(
    @Ctx() ctx: Context,
    @Input(() => EndPoolInvitationInput, 'Which invitation.') input: EndPoolInvitationInput,
  ): Promise<EndedPoolInvitationType> {
    const invitationId = readId(ctx, 'invitation', input.invitationId, 'input.invitationId');
    return { invitationId: showId(ctx, 'invitation', await endInvitation(ctx.app, requirePrincipal(ctx), { invitationId })) };
  }

  @Mutation(() => PoolType, { description: `Sets which share of what the member who asks earns goes into the pool. Repeating it changes nothing. ${LOGIN}` })
  async setContributionShare(@Ctx() ctx: Context, @Input(() => SetContributionShareInput, 'The share.') input: SetContributionShareInput): Promise<PoolType> {
    const principal = requirePrincipal(ctx);
    const poolId = await setContributionShare(ctx.app, principal, parseInput(setContributionShareSchema, input));
    return showPool(ctx, await findPool(ctx.app, principal, poolId));
  }

  @Mutation(() => SetPoolRoleResult, {
    description: `The owner says what another member may do, or hands the pool over. Repeating it changes nothing. ${LOGIN}`,
  })
  setPoolRole(@Ctx() ctx: Context, @Input(() => SetPoolRoleInput, 'Who, and what.') input: SetPoolRoleInput) {
    const command = parseInput(setPoolRoleSchema, { ...input, memberId: readId(ctx, 'member', input.memberId, 'input.memberId') });
    return answerPool(ctx, (app, principal) => setPoolRole(app, principal, command));
  }

  @Mutation(() => ContributeToPoolResult, { description: `Puts spendable points of the member who asks into the pool. ${LOGIN}` })
  contributeToPool(@Ctx() ctx: Context, @Input(() => ContributeToPoolInput, 'What to put in.') input: ContributeToPoolInput) {
    const command = parseInput(contributeToPoolSchema, input);
    return answerOrRefusal(ctx, async (app, principal) => showContribution(ctx, await contributeToPool(app, principal, command)));
  }

  @Mutation(() => LeavePoolResult, {
    description: `The member leaves the pool and takes along what is left of their own points; afterwards, fetches what has come free of them. ${LOGIN}`,
  })
  leavePool(@Ctx() ctx: Context, @Input(() => LeavePoolInput, 'Which pool.') input: LeavePoolInput) {
    const command = parseInput(leavePoolSchema, { ...input, poolId: readId(ctx, 'pool', input.poolId, 'input.poolId') });
    return answerOrRefusal(ctx, async (app, principal) => showLeft(ctx, await leavePool(app, principal, command)));
  }

  @Mutation(() => RemoveFromPoolResult, { description: `The owner removes a member, who gets back what is left of their own points. ${LOGIN}` })
  removeFromPool(@Ctx() ctx: Context, @Input(() => RemoveFromPoolInput, 'Whom.') input: RemoveFromPoolInput) {
    const command = parseInput(removeFromPoolSchema, { ...input, memberId: readId(ctx, 'member', input.memberId, 'input.memberId') });
    return answerOrRefusal(ctx, async (app, principal) => showLeft(ctx, await removeFromPool(app, principal, command)));
  }

  @Mutation(() => ClosePoolResult, { description: `The owner closes the pool: all points go back to those who put them in. ${LOGIN}` })
  closePool(@Ctx() ctx: Context, @Input(() => ClosePoolInput, 'The request.') input: ClosePoolInput) {
    const command = parseInput(closePoolSchema, { ...input, poolId: readId(ctx, 'pool', input.poolId, 'input.poolId') });
    return answerOrRefusal(ctx, async (app, principal) => {
      const closed = await closePool(app, principal, command);
      return Object.assign(new ClosedPoolType(), closed, { poolId: showId(ctx, 'pool', closed.poolId) });
    });
  }
}
