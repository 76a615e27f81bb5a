import { Ctx, Mutation, Resolver } from 'type-graphql';
import { z } from 'zod';
import { InvalidInput } from '../../platform/refusal';
import { captureHold, captureHoldSchema } from '../../programme/redemption/capture-hold';
import type { FollowedUp } from '../../programme/redemption/follow-up';
import { holdPoints, holdPointsSchema } from '../../programme/redemption/hold-points';
import { MAX_REDEMPTIONS, redeemMany } from '../../programme/redemption/redeem-many';
import { redeemPoints } from '../../programme/redemption/redeem-points';
import { refundRedemption, refundRedemptionSchema } from '../../programme/redemption/refund-redemption';
import { type SpentPoints, spendPointsSchema } from '../../programme/redemption/spend-points';
import { voidHold, voidHoldSchema } from '../../programme/redemption/void-hold';
import { answerBulk } from '../graphql/bulk-answers';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { readMemberRef } from '../members/member-ref.types';
import {
  CapturedHoldType,
  CaptureHoldInput,
  CaptureHoldResult,
  HoldInput,
  HoldResult,
  RedeemInput,
  RedeemManyResult,
  RedeemResult,
  RedemptionType,
  RefundRedemptionInput,
  RefundRedemptionResult,
  RefundType,
  VoidedHoldType,
  VoidHoldInput,
  VoidHoldResult,
} from './redemption.types';

/** The input as the operations' schemas take it: a purchase is one thing there. */
function spendingInput(ctx: Context, { member, purchaseAmount, ...rest }: RedeemInput, field = 'input') {
  const purchase = purchaseAmount && { amount: purchaseAmount.amount, moneyCurrency: purchaseAmount.currency };
  return { ...rest, member: readMemberRef(ctx, member, `${field}.member`), purchase };
}

// A caller knows the purchase by the names of the GraphQL input.
const SENT_AS: Readonly<Record<string, string>> = {
  'purchase.amount': 'purchaseAmount.amount',
  'purchase.moneyCurrency': 'purchaseAmount.currency',
};

function parseSpending<Schema extends z.ZodType>(schema: Schema, input: unknown, field = 'input'): z.output<Schema> {
  try {
    return parseInput(schema, input, field);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    const within = error.field.slice(field.length + 1);
    throw new InvalidInput(within in SENT_AS ? `${field}.${SENT_AS[within]}` : error.field, error.message);
  }
}

const bulkOfRedemptions = z
  .array(z.unknown())
  .min(1, 'A bulk has at least one redemption.')
  .max(MAX_REDEMPTIONS, `A bulk has at most ${MAX_REDEMPTIONS} redemptions.`);

function showRedemption(ctx: Context, spent: SpentPoints): RedemptionType {
  return Object.assign(new RedemptionType(), spent, {
    redemptionId: spent.dryRun ? null : showId(ctx, 'redemption', spent.redemptionId),
    value: { amount: spent.moneyValue, currency: spent.moneyCurrency },
    balance: spent.balance && showBalance(spent.currency, spent.balance),
  });
}

function showChange<Shown extends object>(ctx: Context, shown: Shown, change: FollowedUp): Shown {
  return Object.assign(shown, change, {
    redemptionId: showId(ctx, 'redemption', change.redemptionId),
    value: { amount: change.moneyValue, currency: change.moneyCurrency },
    balance: change.balance && showBalance(change.currency, change.balance),
  });
}

/** A redemption's id, read; the rest is for the operation's schema. */
function withRedemption<Input extends { redemptionId: string }>(ctx: Context, input: Input): Input {
  return { ...input, redemptionId: readId(ctx, 'redemption', input.redemptionId, 'input.redemptionId') };
}

@Resolver()
export class RedemptionResolver {
  @Mutation(() => RedeemResult, { description: "Spends a member's points at the brand at once. Asks for the scope redemptions." })
  redeem(@Ctx() ctx: Context, @Input(() => RedeemInput, 'What to spend.') input: RedeemInput) {
    const command = parseSpending(spendPointsSchema, spendingInput(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showRedemption(ctx, await redeemPoints(app, principal, command)));
  }

  @Mutation(() => [RedeemManyResult], {
    description: `As redeem, for 1 to ${MAX_REDEMPTIONS} redemptions at once: an outcome for each, in order; a refused one does not harm the others. One with a wrong field is BAD_INPUT; only wrong types refuse the whole request.`,
  })
  async redeemMany(@Ctx() ctx: Context, @Input(() => [RedeemInput], 'The redemptions.') input: RedeemInput[]) {
    const principal = requirePrincipal(ctx);
    parseInput(bulkOfRedemptions, input);
    return answerBulk(ctx, input, {
      read: (each, field) => parseSpending(spendPointsSchema, spendingInput(ctx, each, field), field),
      work: (commands, fieldOf) => redeemMany(ctx.app, principal, commands, fieldOf),
      show: (spent) => showRedemption(ctx, spent),
    });
  }

  @Mutation(() => HoldResult, { description: "Sets a member's points aside, to be captured or voided. Asks for the scope redemptions." })
  hold(@Ctx() ctx: Context, @Input(() => HoldInput, 'What to hold.') input: HoldInput) {
    const command = parseSpending(holdPointsSchema, spendingInput(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showRedemption(ctx, await holdPoints(app, principal, command)));
  }

  @Mutation(() => CaptureHoldResult, { description: 'Spends a hold, in full or in part; the rest is released. Asks for the scope redemptions.' })
  captureHold(@Ctx() ctx: Context, @Input(() => CaptureHoldInput, 'Which hold, and how much of it.') input: CaptureHoldInput) {
    const command = parseInput(captureHoldSchema, withRedemption(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showChange(ctx, new CapturedHoldType(), await captureHold(app, principal, command)));
  }

  @Mutation(() => VoidHoldResult, { description: "Gives a hold's points back before they are spent. Asks for the scope redemptions." })
  voidHold(@Ctx() ctx: Context, @Input(() => VoidHoldInput, 'Which hold.') input: VoidHoldInput) {
    const command = parseInput(voidHoldSchema, withRedemption(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showChange(ctx, new VoidedHoldType(), await voidHold(app, principal, command)));
  }

  @Mutation(() => RefundRedemptionResult, {
    description:
      'Gives spent points back, in full or in part, to the lots they came from. Points that pay for a purchase come back by its return (recordReturn). Asks for the scope redemptions.',
  })
  refundRedemption(@Ctx() ctx: Context, @Input(() => RefundRedemptionInput, 'Which redemption, and how much of it.') input: RefundRedemptionInput) {
    const command = parseInput(refundRedemptionSchema, withRedemption(ctx, input));
    return answerOrRefusal(ctx, async (app, principal) => showChange(ctx, new RefundType(), await refundRedemption(app, principal, command)));
  }
}
