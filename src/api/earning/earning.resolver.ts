import { Ctx, Mutation, Resolver } from 'type-graphql';
import { z } from 'zod';
import { MAX_PURCHASES, type RecordPurchase, recordPurchaseSchema } from '../../programme/earning/purchase-command';
import { type RecordedPurchase, recordPurchase, recordPurchases } from '../../programme/earning/record-purchases';
import { type CancelledReturn, cancelReturn, cancelReturnSchema } from '../../programme/returns/cancel-return';
import { type RecordedReturn, recordReturn, recordReturnSchema } from '../../programme/returns/record-return';
import { answerBulk } from '../graphql/bulk-answers';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { readMemberRef } from '../members/member-ref.types';
import { RecordedReturnType, RecordReturnInput, RecordReturnResult } from '../returns/return.types';
import { CancelledReturnType, CancelReturnInput, CancelReturnResult } from '../returns/return-cancellation.types';
import { type RecordedPurchaseType, RecordPurchaseInput, RecordPurchaseResult, RecordPurchasesResult } from './earning.types';

const bulkOfPurchases = z.array(z.unknown()).min(1, 'A bulk has at least one purchase.').max(MAX_PURCHASES, `A bulk has at most ${MAX_PURCHASES} purchases.`);

function readPurchase(ctx: Context, input: RecordPurchaseInput, field: string): RecordPurchase {
  const member = readMemberRef(ctx, input.member, `${field}.member`);
  const redemptionIds = input.redemptionIds?.map((id, i) => readId(ctx, 'redemption', id, `${field}.redemptionIds.${i}`));
  return parseInput(recordPurchaseSchema, { ...input, member, redemptionIds }, field);
}

function showPurchase(ctx: Context, recorded: RecordedPurchase): RecordedPurchaseType {
  return {
    ...recorded,
    purchaseId: recorded.dryRun ? null : showId(ctx, 'purchase', recorded.purchaseId),
    ruleId: showId(ctx, 'rule', recorded.ruleId),
    balance: recorded.balance && showBalance(recorded.currency, recorded.balance),
  };
}

function showReturn(ctx: Context, recorded: RecordedReturn): RecordedReturnType {
  return Object.assign(new RecordedReturnType(), recorded, {
    returnId: recorded.dryRun ? null : showId(ctx, 'return', recorded.returnId),
    purchaseId: showId(ctx, 'purchase', recorded.purchaseId),
    balance: recorded.balance && showBalance(recorded.currency, recorded.balance),
  });
}

function showCancellation(ctx: Context, cancelled: CancelledReturn): CancelledReturnType {
  return Object.assign(new CancelledReturnType(), cancelled, {
    returnId: showId(ctx, 'return', cancelled.returnId),
    purchaseId: showId(ctx, 'purchase', cancelled.purchaseId),
    balance: cancelled.balance && showBalance(cancelled.currency, cancelled.balance),
  });
}

@Resolver()
export class EarningResolver {
  @Mutation(() => RecordPurchaseResult, { description: 'Records what a member bought and credits what it earns. Asks for the scope purchases.' })
  recordPurchase(@Ctx() ctx: Context, @Input(() => RecordPurchaseInput, 'The purchase.') input: RecordPurchaseInput) {
    const command = readPurchase(ctx, input, 'input');
    return answerOrRefusal(ctx, async (app, principal) => showPurchase(ctx, await recordPurchase(app, principal, command)));
  }

  @Mutation(() => [RecordPurchasesResult], {
    description: `As recordPurchase, for 1 to ${MAX_PURCHASES} purchases at once: an outcome for each, in order; a refused one does not harm the others. One with a wrong field is BAD_INPUT; only wrong types refuse the whole request.`,
  })
  async recordPurchases(@Ctx() ctx: Context, @Input(() => [RecordPurchaseInput], 'The purchases.') input: RecordPurchaseInput[]) {
    const principal = requirePrincipal(ctx);
    parseInput(bulkOfPurchases, input);
    return answerBulk(ctx, input, {
      read: (each, field) => readPurchase(ctx, each, field),
      work: (commands, fieldOf) => recordPurchases(ctx.app, principal, commands, fieldOf),
      show: (recorded) => showPurchase(ctx, recorded),
    });
  }

  @Mutation(() => RecordReturnResult, {
    description:
      'Takes goods of a purchase back: claws back what it earned too much, and gives burned points back as the terms say. Asks for the scope purchases.',
  })
  recordReturn(@Ctx() ctx: Context, @Input(() => RecordReturnInput, 'The return.') input: RecordReturnInput) {
    const command = parseInput(recordReturnSchema, { ...input, purchaseId: readId(ctx, 'purchase', input.purchaseId, 'input.purchaseId') });
    return answerOrRefusal(ctx, async (app, principal) => showReturn(ctx, await recordReturn(app, principal, command)));
  }

  @Mutation(() => CancelReturnResult, {
    description:
      'Undoes a return that was recorded by mistake: what it took of points comes back, with its issue month and end, and what it gave is taken again. Asks for the scope purchases.',
  })
  cancelReturn(@Ctx() ctx: Context, @Input(() => CancelReturnInput, 'The return.') input: CancelReturnInput) {
    const command = parseInput(cancelReturnSchema, { ...input, returnId: readId(ctx, 'return', input.returnId, 'input.returnId') });
    return answerOrRefusal(ctx, async (app, principal) => showCancellation(ctx, await cancelReturn(app, principal, command)));
  }
}
