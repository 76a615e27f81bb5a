import { Ctx, Mutation, Resolver } from 'type-graphql';
import { moveTestClock, moveTestClockSchema } from '../../coalition/sandbox/move-test-clock';
import type { Context } from '../graphql/context';
import { Input } from '../graphql/fields';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { MovedTestClockType, MoveTestClockInput, MoveTestClockResult } from './sandbox.types';

@Resolver()
export class SandboxResolver {
  @Mutation(() => MoveTestClockResult, {
    description:
      "Moves a sandbox's clock forward, never back, so that expiry, holds and month ends can be tried in minutes: all gateways and workers follow within a second. Access tokens and rate limits stay on the real clock. Refused in production. The operator's role only.",
  })
  moveTestClock(@Ctx() ctx: Context, @Input(() => MoveTestClockInput, 'How far.') input: MoveTestClockInput) {
    const command = parseInput(moveTestClockSchema, input);
    return answerOrRefusal(ctx, async (app, principal) => Object.assign(new MovedTestClockType(), await moveTestClock(app, principal, command)));
  }
}
