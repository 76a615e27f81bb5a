import { Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { createTillCode, TILL_CODE_SECONDS } from '../../members/identification/till-code';
import { confirmLink } from '../../members/links/confirm-link';
import { listLinks } from '../../members/links/list-links';
import { meetMember } from '../../members/members/find-member';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { ConfirmLinkInput, LinkConfirmedType, MemberLinkType, TillCodeType, UseTillCodeInput } from './link.types';
import { MemberType } from './member.types';
import { readMemberRef } from './member-ref.types';
import { showMember } from './show-member';

/** How a brand's link with a member is confirmed, and which there are. */
@Resolver(() => MemberType)
export class LinkResolver {
  @FieldResolver(() => [MemberLinkType], {
    nullable: true,
    description:
      "The brands that know the member, those that did too, latest first, at most 100; null unless the member asks with a login, or the operator's staff.",
  })
  async links(@Ctx() ctx: Context, @Root() member: MemberType): Promise<MemberLinkType[] | null> {
    const links = await listLinks(ctx.app, requirePrincipal(ctx), member.of.memberId);
    return links?.map(({ brandId, ...each }) => ({ ...each, brandId: showId(ctx, 'brand', brandId) })) ?? null;
  }

  @Mutation(() => TillCodeType, {
    description: `A code that the member shows at a till, for ${TILL_CODE_SECONDS} seconds. It replaces the one before. Asks for a login of the member.`,
  })
  createTillCode(@Ctx() ctx: Context): Promise<TillCodeType> {
    return createTillCode(ctx.app, requirePrincipal(ctx));
  }

  @Mutation(() => MemberType, {
    description:
      "The member who shows a till code; the brand's link is confirmed from then on. NOT_FOUND once the code was used or has ended. Asks for the scope members.",
  })
  async useTillCode(@Ctx() ctx: Context, @Input(() => UseTillCodeInput, 'The code.') input: UseTillCodeInput) {
    const ref = readMemberRef(ctx, { tillCode: input.code }, 'input.code');
    return showMember(ctx, await meetMember(ctx.app, requirePrincipal(ctx), ref));
  }

  @Mutation(() => LinkConfirmedType, {
    description: 'Lets a brand that knows the member act for it on its own customer id. Repeating it changes nothing. Asks for a login of the member.',
  })
  async confirmLink(@Ctx() ctx: Context, @Input(() => ConfirmLinkInput, 'Which brand.') input: ConfirmLinkInput) {
    const brandId = readId(ctx, 'brand', input.brandId, 'input.brandId');
    await confirmLink(ctx.app, requirePrincipal(ctx), brandId);
    return { brandId: showId(ctx, 'brand', brandId) };
  }
}
