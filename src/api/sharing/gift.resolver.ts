import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { currencyCode } from '../../ledger/ledger/request-fields';
import type { GiftRule } from '../../programme/sharing/gift-rule';
import { type GivenPoints, givePoints, givePointsSchema } from '../../programme/sharing/give-points';
import { listGiftRules } from '../../programme/sharing/list-gift-rules';
import { setGiftRule, setGiftRuleSchema } from '../../programme/sharing/set-gift-rule';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { byVersion, RulesArgs } from '../graphql/rules.args';
import { showBalance } from '../members/balance.types';
import { readMemberRef } from '../members/member-ref.types';
import { GiftRuleConnection, type GiftRuleType, GiftType, GivePointsInput, GivePointsResult, SetGiftRuleInput, SetGiftRuleResult } from './gift.types';

function showGift(ctx: Context, given: GivenPoints): GiftType {
  return Object.assign(new GiftType(), given, {
    giftId: given.dryRun ? null : showId(ctx, 'gift', given.giftId),
    balance: given.balance && showBalance(given.currency, given.balance),
  });
}

function showGiftRule(ctx: Context, { minimum, step, dailyMaximum, version, effectiveFrom, id }: GiftRule, currency: string): GiftRuleType {
  return { id: showId(ctx, 'rule', id), currency, version, minimum, step, dailyMaximum, effectiveFrom };
}

@Resolver()
export class GiftResolver {
  @Query(() => GiftRuleConnection, { description: 'Versions of the rule for gifts of a currency, newest first. Published, as rates are.' })
  async giftRules(@Ctx() ctx: Context, @Args(() => RulesArgs) args: RulesArgs) {
    const page = readPage(ctx, args, 'giftRules', null, byVersion);
    const currency = parseInput(currencyCode, args.currency, 'currency');
    const rows = await listGiftRules(ctx.app, requirePrincipal(ctx), { currency, limit: page.limit, below: page.after?.[0] ?? null });
    return toConnection(
      ctx,
      page,
      rows,
      (row) => [row.version],
      (row) => showGiftRule(ctx, row, currency),
    );
  }

  @Mutation(() => GivePointsResult, {
    description:
      'Gives points of one member to another. The giver asks, with a login of an identity provider; or a brand with the scope redemptions, for a member that it has enrolled or linked.',
  })
  givePoints(@Ctx() ctx: Context, @Arg('input', () => GivePointsInput, { description: 'What, and to whom.' }) input: GivePointsInput) {
    const from = input.from ? readMemberRef(ctx, input.from, 'input.from') : null;
    const command = parseInput(givePointsSchema, { ...input, from, to: readMemberRef(ctx, input.to, 'input.to') });
    return answerOrRefusal(ctx, async (app, principal) => showGift(ctx, await givePoints(app, principal, command)));
  }

  @Mutation(() => SetGiftRuleResult, {
    description: 'Adds a version of the rule for gifts of a currency; without one, none are given. Asks for the operator, or its PROGRAMME_MANAGER.',
  })
  setGiftRule(@Ctx() ctx: Context, @Arg('input', () => SetGiftRuleInput, { description: 'The version.' }) input: SetGiftRuleInput) {
    const command = parseInput(setGiftRuleSchema, input);
    return answerOrRefusal(ctx, async (app, principal) => showGiftRule(ctx, await setGiftRule(app, principal, command), command.currency));
  }
}
