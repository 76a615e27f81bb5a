import { Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { reasonSchema } from '../../coalition/access/record-change';
import { linkLogin, linkLoginSchema } from '../../coalition/sign-in/link-login';
import { listLogins, removeLogin } from '../../coalition/sign-in/logins';
import { createClaimCode, createClaimCodeSchema } from '../../members/members/create-claim-code';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerAnyone } from '../graphql/refusal.types';
import { MemberType } from '../members/member.types';
import { readMemberRef } from '../members/member-ref.types';
import { ClaimCodeType, CreateClaimCodeInput, LinkLoginInput, LinkLoginResult, LoginRemoved, LoginType, RemoveLoginInput } from './login.types';

/** How a login is bound to a member, and taken away again. */
@Resolver(() => MemberType)
export class LoginResolver {
  @FieldResolver(() => [LoginType], {
    nullable: true,
    description: "The member's logins, removed ones too, oldest first; null unless the member asks with a login, or the operator's staff.",
  })
  async logins(@Ctx() ctx: Context, @Root() member: MemberType): Promise<LoginType[] | null> {
    const logins = await listLogins(ctx.app, requirePrincipal(ctx), member.of.memberId);
    return (
      logins?.map(({ id, addedAt, claimedAt, removedAt }) => ({
        id: showId(ctx, 'login', id),
        addedAt,
        addedByBrandId: claimedAt && showId(ctx, 'brand', claimedAt),
        removedAt,
      })) ?? null
    );
  }

  @Mutation(() => ClaimCodeType, {
    description:
      "A code by which the member binds a login: once, within a quarter of an hour. For the operator's support, and for the brand that enrolled the member.",
  })
  createClaimCode(@Ctx() ctx: Context, @Input(() => CreateClaimCodeInput, 'Whose.') input: CreateClaimCodeInput): Promise<ClaimCodeType> {
    const command = parseInput(createClaimCodeSchema, { ...input, member: readMemberRef(ctx, input.member, 'input.member') });
    return createClaimCode(ctx.app, requirePrincipal(ctx), command);
  }

  @Mutation(() => LinkLoginResult, {
    description: "Binds a login to a member: by the login's own token and a claim code. Asks for no other token. A member has one login.",
  })
  linkLogin(@Ctx() ctx: Context, @Input(() => LinkLoginInput, 'The login and the code.') input: LinkLoginInput) {
    const command = parseInput(linkLoginSchema, input);
    return answerAnyone(ctx, async (app) => {
      await linkLogin(app, command);
      return { linked: true };
    });
  }

  @Mutation(() => LoginRemoved, {
    description:
      "Takes a login from its member: the member by the own login, or the operator's support. Its tokens end within a minute. What the login had confirmed is confirmed no longer when support removes it, also one that was removed before; confirmLink or a till code confirms it anew.",
  })
  async removeLogin(@Ctx() ctx: Context, @Input(() => RemoveLoginInput, 'Which login.') input: RemoveLoginInput) {
    const command = { loginId: readId(ctx, 'login', input.loginId, 'input.loginId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
    await removeLogin(ctx.app, requirePrincipal(ctx), command);
    return { loginId: showId(ctx, 'login', command.loginId) };
  }
}
