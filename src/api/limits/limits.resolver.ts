import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { z } from 'zod';
import { currencyCode } from '../../ledger/ledger/request-fields';
import { endVelocityLimit, endVelocityLimitSchema } from '../../programme/limits/end-velocity-limit';
import { listVelocityLimits } from '../../programme/limits/list-velocity-limits';
import { setVelocityLimit, setVelocityLimitSchema } from '../../programme/limits/set-velocity-limit';
import type { VelocityLimit } from '../../programme/limits/velocity-limit';
import { pointCurrencyById } from '../coalition/coalition.loaders';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { RulesArgs } from '../graphql/rules.args';
import {
  EndVelocityLimitInput,
  EndVelocityLimitResult,
  SetVelocityLimitInput,
  SetVelocityLimitResult,
  VelocityLimitConnection,
  VelocityLimitType,
} from './limits.types';

const byId = z.tuple([z.uuid()]);

async function showLimit(ctx: Context, limit: VelocityLimit): Promise<VelocityLimitType> {
  const currency = await pointCurrencyById(ctx).load(limit.currencyId);
  return Object.assign(new VelocityLimitType(), limit, {
    id: showId(ctx, 'limit', limit.id),
    currency: currency?.code ?? '',
    setByBrandId: showId(ctx, 'brand', limit.ownerBrandId),
    brandId: limit.brandId && showId(ctx, 'brand', limit.brandId),
    earningRuleId: limit.earningRuleId && showId(ctx, 'rule', limit.earningRuleId),
  });
}

@Resolver()
export class LimitsResolver {
  @Query(() => VelocityLimitConnection, {
    description:
      "Velocity limits for a currency, newest first, ended ones too: a brand's own and those that the coalition holds it to; the operator's staff see all. Asks for the scope catalogue, or staff.",
  })
  async velocityLimits(@Ctx() ctx: Context, @Args(() => RulesArgs) args: RulesArgs) {
    const page = readPage(ctx, args, 'velocityLimits', null, byId);
    const currency = parseInput(currencyCode, args.currency, 'currency');
    const limits = await listVelocityLimits(ctx.app, requirePrincipal(ctx), currency, { limit: page.limit, below: page.after?.[0] ?? null });
    const shown = new Map(await Promise.all(limits.map(async (limit) => [limit.id, await showLimit(ctx, limit)] as const)));
    return toConnection(
      ctx,
      page,
      limits,
      (limit) => [limit.id],
      (limit) => shown.get(limit.id) as VelocityLimitType,
    );
  }

  @Mutation(() => SetVelocityLimitResult, {
    description:
      'Sets a velocity limit: a brand for itself (scope catalogue or role PROGRAMME_MANAGER), the operator for the coalition. It counts what happens from effectiveFrom on; versions are never edited, only ended.',
  })
  setVelocityLimit(@Ctx() ctx: Context, @Arg('input', () => SetVelocityLimitInput, { description: 'The limit.' }) input: SetVelocityLimitInput) {
    const brandId = input.brandId == null ? null : readId(ctx, 'brand', input.brandId, 'input.brandId');
    const earningRuleId = input.earningRuleId == null ? null : readId(ctx, 'rule', input.earningRuleId, 'input.earningRuleId');
    const command = parseInput(setVelocityLimitSchema, { ...input, brandId, earningRuleId });
    return answerOrRefusal(ctx, async (app, principal) => showLimit(ctx, await setVelocityLimit(app, principal, command)));
  }

  @Mutation(() => EndVelocityLimitResult, {
    description: "Ends a velocity limit of one's own; the operator any. Asks for the scope catalogue or the role PROGRAMME_MANAGER.",
  })
  endVelocityLimit(@Ctx() ctx: Context, @Arg('input', () => EndVelocityLimitInput, { description: 'Which one, and when.' }) input: EndVelocityLimitInput) {
    const command = parseInput(endVelocityLimitSchema, { ...input, limitId: readId(ctx, 'limit', input.limitId, 'input.limitId') });
    return answerOrRefusal(ctx, async (app, principal) => showLimit(ctx, await endVelocityLimit(app, principal, command)));
  }
}
