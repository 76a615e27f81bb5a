import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql';
import { formatDecimal } from '../../ledger/points/decimal';
import { formatExact, lineAmount } from '../../programme/purchases/exact-amount';
import { type FoundPurchase, findPurchase } from '../../programme/purchases/find-purchase';
import { fullAmount } from '../../programme/purchases/line-worth';
import { listPurchases } from '../../programme/purchases/list-purchases';
import { minorUnitOf } from '../../programme/purchases/minor-unit';
import { type FoundRedemption, findRedemption, listRedemptions } from '../../programme/redemption/find-redemption';
import { toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { showMoney } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { FactsArgs, placeOf, readFactsPage } from './facts.args';
import { PurchaseConnection, PurchaseType, RedemptionRecordConnection, RedemptionRecordType } from './purchase.types';

/** In arithmetic 1 lines were not rounded. */
function costOf(line: FoundPurchase['lines'][number], { arithmetic, moneyCurrency }: FoundPurchase) {
  return arithmetic === 1 ? lineAmount(line.quantity, line.unitPrice ?? 0n) : fullAmount(line, minorUnitOf(moneyCurrency));
}

function showPurchase(ctx: Context, found: FoundPurchase): PurchaseType {
  const { currency, points, award, moneyCurrency, channel, instrument, reference, occurredAt, recordedAt } = found;
  return {
    id: showId(ctx, 'purchase', found.id),
    memberId: showId(ctx, 'member', found.memberId),
    brandId: showId(ctx, 'brand', found.brandId),
    amount: formatExact(found.amount),
    eligibleAmount: formatExact(found.eligibleAmount),
    paidWithPoints: formatExact(found.paidWithPoints),
    ...{ currency, points, award, moneyCurrency, channel, instrument, reference, occurredAt, recordedAt },
    lines: found.lines.map((line) => ({
      ...line,
      quantity: formatDecimal(line.quantity, 3),
      unitPrice: line.unitPrice === null ? null : formatDecimal(line.unitPrice, 6),
      amount: formatExact(costOf(line, found)),
      discount: formatExact(line.discount),
      tax: formatExact(line.tax),
      reduced: found.reduced.get(line.lineNo) ?? '0.000000000',
      returned: found.returned.get(line.lineNo) ?? '0.000',
    })),
    redemptionIds: found.paidBy.map(({ redemptionId }) => showId(ctx, 'redemption', redemptionId)),
    returns: found.returns.map((each) => ({ ...each, id: showId(ctx, 'return', each.id) })),
  };
}

function showRedemption(ctx: Context, { moneyValue, moneyCurrency, ...found }: FoundRedemption): RedemptionRecordType {
  return {
    ...found,
    id: showId(ctx, 'redemption', found.id),
    memberId: showId(ctx, 'member', found.memberId),
    brandId: showId(ctx, 'brand', found.brandId),
    value: showMoney(moneyValue, moneyCurrency),
  };
}

@Resolver()
export class PurchaseResolver {
  @Query(() => PurchaseType, { description: 'A purchase at your own brand, or of the asking member. Asks for the scope purchases.' })
  async purchase(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Which.' }) id: string): Promise<PurchaseType> {
    return showPurchase(ctx, await findPurchase(ctx.app, requirePrincipal(ctx), readId(ctx, 'purchase', id, 'id')));
  }

  @Query(() => PurchaseConnection, {
    description: 'Purchases at your own brand, or of the asking member, newest first. Asks for the scope purchases; the operator names a member.',
  })
  async purchases(@Ctx() ctx: Context, @Args(() => FactsArgs) args: FactsArgs) {
    const { page, filter, facts } = readFactsPage(ctx, args, 'purchases');
    const rows = await listPurchases(ctx.app, requirePrincipal(ctx), filter, facts);
    return toConnection(ctx, page, rows, { key: placeOf, node: (row) => showPurchase(ctx, row) });
  }

  @Query(() => RedemptionRecordType, { description: 'A redemption at your own brand, or of the asking member. Asks for the scope redemptions.' })
  async redemption(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Which.' }) id: string): Promise<RedemptionRecordType> {
    return showRedemption(ctx, await findRedemption(ctx.app, requirePrincipal(ctx), readId(ctx, 'redemption', id, 'id')));
  }

  @Query(() => RedemptionRecordConnection, {
    description: 'Redemptions at your own brand, or of the asking member, newest first. Asks for the scope redemptions; the operator names a member.',
  })
  async redemptions(@Ctx() ctx: Context, @Args(() => FactsArgs) args: FactsArgs) {
    const { page, filter, facts } = readFactsPage(ctx, args, 'redemptions');
    const rows = await listRedemptions(ctx.app, requirePrincipal(ctx), filter, facts);
    return toConnection(ctx, page, rows, { key: placeOf, node: (row) => showRedemption(ctx, row) });
  }
}
