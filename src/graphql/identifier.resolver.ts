import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { z } from 'zod';
import { listMemberChanges } from '../members/list-member-changes';
import { PageArgs, readPage, toConnection } from './connection';
import { type Context, requirePrincipal } from './context';
import { MemberChangeConnection } from './identifier.types';
import { showId } from './ids';

const byTime = z.tuple([z.number(), z.uuid()]);

/** What a member is found by, and what was done about it. */
@Resolver()
export class IdentifierResolver {
  @Query(() => MemberChangeConnection, {
    description: 'What was done about the member who asks: identifiers, locks, looks by the operator. Newest first. Asks for a login of the member.',
  })
  async memberChanges(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'memberChanges', null, byTime);
    const before = page.after && { at: new Date(page.after[0]), id: page.after[1] };
    const rows = await listMemberChanges(ctx.app, requirePrincipal(ctx), { limit: page.limit, before });
    return toConnection(
      ctx,
      page,
      rows,
      (row) => [row.at.getTime(), row.id],
      ({ at, operation, by, brandId }) => ({ at, operation, by, brandId: brandId && showId(ctx, 'brand', brandId) }),
    );
  }
}
