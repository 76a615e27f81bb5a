import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { currencyCode } from '../../ledger/ledger/request-fields';
import { type AccountTotals, readAccountBalances, readPoolBalanceAt, readWalletBalanceAt } from '../../settlement/books/account-balances';
import { readConservation } from '../../settlement/books/conservation';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { showMoney } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { DateTimeScalar } from '../graphql/scalars';
import { MemberRefInput, readKnownMember } from '../members/member-ref.types';
import { PoolType } from '../sharing/pool.types';
import { AccountBalanceConnection, AccountBalancesArgs, AccountBalanceType, ConservationType } from './books.types';

const byAccount = z.tuple([z.int().min(1)]);

/** Accounts of these kinds are a brand's: see ledger.ts. */
const OF_BRANDS = new Set(['ISSUED', 'OPENING', 'GOODWILL', 'REDEEMED', 'EXPIRED', 'CLEARING']);

function showTotals(ctx: Context, { kind, owner, currency, debits, credits }: AccountTotals): AccountBalanceType {
  const balance = credits - debits;
  const money = (amount: bigint) => showMoney(amount, currency.code);
  return {
    kind,
    brandId: OF_BRANDS.has(kind) ? showId(ctx, 'brand', owner) : null,
    currency: currency.code,
    points: currency.kind === 'POINTS' ? { debits, credits, balance } : null,
    money: currency.kind === 'MONEY' ? { debits: money(debits), credits: money(credits), balance: money(balance) } : null,
  };
}

@Resolver()
export class BooksResolver {
  @Query(() => AccountBalanceConnection, {
    description:
      "Balances of the ledger's summed accounts in a currency, now or as of a past instant: a brand's own (scope statements, or FINANCE), all of them for the operator. An instant that may not be settled yet is refused (NOT_SETTLED_YET), saying when to ask again.",
  })
  async accountBalances(@Ctx() ctx: Context, @Args(() => AccountBalancesArgs) args: AccountBalancesArgs) {
    const page = readPage(ctx, args, 'accountBalances', null, byAccount);
    const currency = parseInput(currencyCode, args.currency, 'currency');
    const rows = await readAccountBalances(ctx.app, requirePrincipal(ctx), currency, args.at ?? null, { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.account], node: (row) => showTotals(ctx, row) });
  }

  @Query(() => AccountBalanceType, {
    description:
      "What had been posted to a member's wallet as of a past instant (held points are in it still): for the member, and for the operator. An instant that may not be settled yet is refused (NOT_SETTLED_YET), saying when to ask again.",
  })
  async balanceAt(
    @Ctx() ctx: Context,
    @Arg('currency', () => String, { description: 'Code of the points currency.' }) currency: string,
    @Arg('at', () => DateTimeScalar, { description: 'What was recorded up to this instant.' }) at: Date,
    @Arg('member', () => MemberRefInput, { nullable: true, description: 'For the operator: which member, by id. A member asks for itself.' })
    member?: MemberRefInput | null,
  ): Promise<AccountBalanceType> {
    const ref = member ? readKnownMember(ctx, member, 'member') : null;
    const code = parseInput(currencyCode, currency, 'currency');
    return showTotals(ctx, await readWalletBalanceAt(ctx.app, requirePrincipal(ctx), ref, code, at));
  }

  @Query(() => ConservationType, {
    description:
      'The proof of conservation: for the operator of a whole currency or of one brand; for a brand (scope statements, or FINANCE) of the points that it issued. Nothing else of other brands is in it.',
  })
  async conservation(
    @Ctx() ctx: Context,
    @Arg('currency', () => String, { description: 'Code of the points currency.' }) currency: string,
    @Arg('brandId', () => ID, {
      nullable: true,
      description: 'The brand whose points it is about: for the operator any, absent for the whole currency; for a brand itself.',
    })
    brandId?: string | null,
  ): Promise<ConservationType> {
    const asked = brandId == null ? null : readId(ctx, 'brand', brandId, 'brandId');
    const code = parseInput(currencyCode, currency, 'currency');
    const proof = await readConservation(ctx.app, requirePrincipal(ctx), code, asked);
    return {
      currency: proof.currency,
      brandId: proof.brandId && showId(ctx, 'brand', proof.brandId),
      takenAt: proof.takenAt,
      terms: proof.terms.map(({ term, side, sign, points }) => ({ term, side, subtracted: sign < 0, points })),
      difference: proof.difference,
      holds: proof.difference === 0n,
      accounts: proof.accounts.map((account) => showTotals(ctx, account)),
    };
  }
}

/** What a household pool held, beside what it holds now. */
@Resolver(() => PoolType)
export class PoolBooksResolver {
  @FieldResolver(() => AccountBalanceType, {
    nullable: true,
    description:
      'What had been posted to the pool as of a past instant; null: it has never had points of the currency. An instant that may not be settled yet is refused (NOT_SETTLED_YET), saying when to ask again.',
  })
  async balanceAt(
    @Ctx() ctx: Context,
    @Root() pool: PoolType,
    @Arg('currency', () => String, { description: 'Code of the points currency.' }) currency: string,
    @Arg('at', () => DateTimeScalar, { description: 'What was recorded up to this instant.' }) at: Date,
  ): Promise<AccountBalanceType | null> {
    const code = parseInput(currencyCode, currency, 'currency');
    const totals = await readPoolBalanceAt(ctx.app, requirePrincipal(ctx), readId(ctx, 'pool', pool.id, 'id'), code, at);
    return totals && showTotals(ctx, totals);
  }
}
