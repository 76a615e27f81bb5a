import { Ctx, Mutation, Resolver } from 'type-graphql';
import { type GivenPoints, givePoints, givePointsSchema } from '../../programme/sharing/give-points';
import type { Context } from '../graphql/context';
import { Input } from '../graphql/fields';
import { showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { readMemberRef } from '../members/member-ref.types';
import { GiftType, GivePointsInput, GivePointsResult } from './gift.types';

function showGift(ctx: Context, given: GivenPoints): GiftType {
  return Object.assign(new GiftType(), given, {
    giftId: given.dryRun ? null : showId(ctx, 'gift', given.giftId),
    balance: given.balance && showBalance(given.currency, given.balance),
  });
}

@Resolver()
export class GiftResolver {
  @Mutation(() => GivePointsResult, {
    description:
      'Gives points of one member to another. The giver asks, with a login of an identity provider; or a brand with the scope redemptions, for a member that it has enrolled or linked.',
  })
  givePoints(@Ctx() ctx: Context, @Input(() => GivePointsInput, 'What, and to whom.') input: GivePointsInput) {
    const from = input.from ? readMemberRef(ctx, input.from, 'input.from') : null;
    const command = parseInput(givePointsSchema, { ...input, from, to: readMemberRef(ctx, input.to, 'input.to') });
    return answerOrRefusal(ctx, async (app, principal) => showGift(ctx, await givePoints(app, principal, command)));
  }
}
