import { Ctx, ObjectType, Query, Resolver } from 'type-graphql';
import { type Context, requirePrincipal } from '../graphql/context';
import { Discloses } from '../graphql/discloses';
import { Flag, Id, Instant, Of, Text } from '../graphql/fields';
import { showId } from '../graphql/pairwise-ids';

@ObjectType({ description: 'Who the access token belongs to, and what it allows.' })
@Discloses<Viewer>({
  kind: 'NOBODY',
  brandId: 'NOBODY',
  memberId: 'PROGRAMME',
  role: 'NOBODY',
  scopes: 'NOBODY',
  mode: 'NOBODY',
  now: 'NOBODY',
  clockMoved: 'NOBODY',
})
export class Viewer {
  @Text('CLIENT, STAFF or MEMBER.') kind!: string;

  @Id.orNull("The brand that the principal acts for; null for a member of an identity provider's own.") brandId!: string | null;

  @Id.orNull('The member, when a member asks.') memberId!: string | null;

  @Text.orNull('The role, when staff ask.') role!: string | null;

  @Of(() => [String], "An API client's scopes; empty for everyone else.") scopes!: string[];

  @Text("SANDBOX or PRODUCTION: only a sandbox's clock can be moved.") mode!: string;

  @Instant("The deployment's clock, by which everything happens.") now!: Date;

  @Flag('True where that clock was moved forward: it is a sandbox, and now is not now.') clockMoved!: boolean;
}

@Resolver()
export class ViewerResolver {
  @Query(() => Viewer, { description: 'Who is asking.' })
  viewer(@Ctx() ctx: Context): Viewer {
    const principal = requirePrincipal(ctx);
    const { clock, config } = ctx.app;
    return {
      kind: principal.kind.toUpperCase(),
      brandId: principal.brandId && showId(ctx, 'brand', principal.brandId),
      memberId: principal.kind === 'member' ? showId(ctx, 'member', principal.memberId) : null,
      role: principal.kind === 'staff' ? principal.role : null,
      scopes: principal.kind === 'client' ? [...principal.scopes] : [],
      mode: config.mode.toUpperCase(),
      now: clock.now(),
      clockMoved: clock.isAhead(),
    };
  }
}
