import { Ctx, InputType, Mutation, Resolver } from 'type-graphql';
import { endVelocityLimit, endVelocityLimitRefusals, endVelocityLimitSchema } from '../../programme/limits/end-velocity-limit';
import { VELOCITY_LIMIT } from '../../programme/limits/velocity-limit';
import { ChangeInput } from '../graphql/change-input.types';
import type { Context } from '../graphql/context';
import { Id, Input, Instant } from '../graphql/fields';
import { readId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal, answerUnion } from '../graphql/refusal.types';
import { ruleApi } from '../rules/rule-api';

const LIMITS = ruleApi(VELOCITY_LIMIT, 'limit');
/** What every kind of rule has. */
export const VELOCITY_LIMIT_RESOLVERS = LIMITS.resolvers;

@InputType('EndVelocityLimitInput', { description: 'The end of a velocity limit.' })
class EndVelocityLimitInput extends ChangeInput {
  @Id('The limit.') limitId!: string;
  @Instant.orNull('First instant at which it no longer holds; not in the past. Default: now.') endsAt?: Date | null;
}

const EndVelocityLimitResult = answerUnion(
  'EndVelocityLimitResult',
  'The limit with its end, or why it was refused.',
  () => LIMITS.Shown,
  endVelocityLimitRefusals,
);

@Resolver()
export class LimitsResolver {
  @Mutation(() => EndVelocityLimitResult, {
    description: "Ends a velocity limit of one's own; the operator any. Asks for the scope catalogue or the role PROGRAMME_MANAGER.",
  })
  endVelocityLimit(@Ctx() ctx: Context, @Input(() => EndVelocityLimitInput, 'Which one, and when.') input: EndVelocityLimitInput) {
    const command = parseInput(endVelocityLimitSchema, { ...input, limitId: readId(ctx, 'limit', input.limitId, 'input.limitId') });
    return answerOrRefusal(ctx, async (app, principal) => LIMITS.show(ctx, await endVelocityLimit(app, principal, command)));
  }
}
