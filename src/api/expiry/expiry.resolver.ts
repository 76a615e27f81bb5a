import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { readArrears } from '../../members/members/read-arrears';
import { type ConfirmedPurchase, confirmPurchase, confirmPurchaseSchema } from '../../programme/earning/confirm-purchase';
import { listExpiryNotices } from '../../programme/expiry/list-notices';
import { readExpiring } from '../../programme/expiry/read-expiring';
import { setExpiryNotices, setExpiryNoticesSchema } from '../../programme/expiry/set-expiry-notices';
import { type PointCurrencyView, showPointCurrency } from '../coalition/coalition.resolver';
import { PointCurrencyType } from '../coalition/coalition.types';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { showBalance } from '../members/balance.types';
import { WalletType } from '../members/member.types';
import {
  ArrearsType,
  ConfirmedPurchaseType,
  ConfirmPurchaseInput,
  ConfirmPurchaseResult,
  ExpiringPointsType,
  ExpiryNoticeConnection,
  ExpiryNoticesArgs,
  type ExpiryNoticeType,
  SetExpiryNoticesInput,
} from './expiry.types';

const byTime = z.tuple([z.iso.datetime(), z.uuid()]);

function showConfirmed(ctx: Context, confirmed: ConfirmedPurchase): ConfirmedPurchaseType {
  return Object.assign(new ConfirmedPurchaseType(), confirmed, {
    purchaseId: showId(ctx, 'purchase', confirmed.purchaseId),
    balance: confirmed.balance && showBalance(confirmed.currency, confirmed.balance),
  });
}

@Resolver(() => WalletType)
export class ExpiryResolver {
  @FieldResolver(() => [ExpiringPointsType], {
    description: 'Points that expire in the coming days, soonest first. Where expiry slides, the next activity puts it off. Empty for a brand.',
  })
  expiring(
    @Ctx() ctx: Context,
    @Root() wallet: WalletType,
    @Arg('within', () => Int, { description: 'In so many days from today: 1 to 730.' }) within: number,
  ): Promise<ExpiringPointsType[]> {
    return readExpiring(ctx.app, requirePrincipal(ctx), wallet.of.memberId, within);
  }

  @FieldResolver(() => [ArrearsType], {
    description: 'Open arrears, by currency and in the order in which they are filled, at most 100. A brand sees those of its own points.',
  })
  async arrears(@Ctx() ctx: Context, @Root() wallet: WalletType): Promise<ArrearsType[]> {
    const arrears = await readArrears(ctx.app, requirePrincipal(ctx), wallet.of.memberId);
    return arrears.map((each) => ({ ...each, brandId: showId(ctx, 'brand', each.brandId) }));
  }

  @Query(() => ExpiryNoticeConnection, {
    description: 'Notices of points that are about to expire, newest first: your own as a member. Empty for a brand.',
  })
  async expiryNotices(@Ctx() ctx: Context, @Args(() => ExpiryNoticesArgs) args: ExpiryNoticesArgs) {
    const page = readPage(ctx, args, 'expiryNotices', null, byTime);
    const memberId = args.memberId == null ? null : readId(ctx, 'member', args.memberId, 'memberId');
    const before = page.after && { toldAt: page.after[0], id: page.after[1] };
    const rows = await listExpiryNotices(ctx.app, requirePrincipal(ctx), { memberId, limit: page.limit, before });
    return toConnection(ctx, page, rows, {
      key: (row) => [row.toldAt.toISOString(), row.id],
      node: ({ memberId: whose, currency, points, on, days, toldAt }): ExpiryNoticeType => ({
        memberId: showId(ctx, 'member', whose),
        ...{ currency, points, on, days, toldAt },
      }),
    });
  }

  @Mutation(() => PointCurrencyType, {
    description: "Says how many days before points of a currency expire their members are told. For the operator's programme managers.",
  })
  async setExpiryNotices(
    @Ctx() ctx: Context,
    @Input(() => SetExpiryNoticesInput, 'The currency and its thresholds.') input: SetExpiryNoticesInput,
  ): Promise<PointCurrencyView> {
    const command = parseInput(setExpiryNoticesSchema, input);
    return showPointCurrency(await setExpiryNotices(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => ConfirmPurchaseResult, {
    description: 'Makes the points of a purchase spendable that waited for it, when its earning rule says so. Asks for the scope purchases.',
  })
  confirmPurchase(@Ctx() ctx: Context, @Input(() => ConfirmPurchaseInput, 'The purchase.') input: ConfirmPurchaseInput) {
    const command = parseInput(confirmPurchaseSchema, { ...input, purchaseId: readId(ctx, 'purchase', input.purchaseId, 'input.purchaseId') });
    return answerOrRefusal(ctx, async (app, principal) => showConfirmed(ctx, await confirmPurchase(app, principal, command)));
  }
}
