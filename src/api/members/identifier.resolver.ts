import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { listIdentifiers } from '../../members/members/list-identifiers';
import { listMemberChanges } from '../../members/members/list-member-changes';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { showId } from '../graphql/pairwise-ids';
import { MemberChangeConnection, type MemberIdentifierType } from './identifier.types';
import { MemberType } from './member.types';

const byTime = z.tuple([z.number(), z.uuid()]);

/** What a member is found by, and what was done about it. */
@Resolver(() => MemberType)
export class IdentifierResolver {
  @FieldResolver()
  async identifiers(@Ctx() ctx: Context, @Root() member: MemberType): Promise<MemberIdentifierType[]> {
    const listed = await listIdentifiers(ctx.app, requirePrincipal(ctx), member.of.memberId);
    return listed.map(({ brandId, ...each }) => ({ ...each, brandId: brandId && showId(ctx, 'brand', brandId) }));
  }

  @Query(() => MemberChangeConnection, {
    description: 'What was done about the member who asks: identifiers, locks, looks by the operator. Newest first. Asks for a login of the member.',
  })
  async memberChanges(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'memberChanges', null, byTime);
    const before = page.after && { at: new Date(page.after[0]), id: page.after[1] };
    const rows = await listMemberChanges(ctx.app, requirePrincipal(ctx), { limit: page.limit, before });
    return toConnection(ctx, page, rows, {
      key: (row) => [row.at.getTime(), row.id],
      node: ({ at, operation, by, brandId }) => ({ at, operation, by, brandId: brandId && showId(ctx, 'brand', brandId) }),
    });
  }
}
