import { Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { listSetAsideEvents, retrySetAsideEvents } from '../../settlement/clearing/retry-set-aside';
import type { SetAsideEvent } from '../../settlement/clearing/set-aside-events';
import { requireCurrencyById } from '../coalition/coalition.loaders';
import { showPointCurrency } from '../coalition/coalition.resolver';
import { readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { answerOrRefusal } from '../graphql/refusal.types';
import { RetrySetAsideEventsInput, RetrySetAsideEventsResult, SetAsideEventConnection, SetAsideEventType } from './set-aside.types';
import { PeriodsArgs } from './settlement.resolver';

type SetAsideView = Omit<SetAsideEventType, 'currency'> & { readonly record: SetAsideEvent };

const byInstantAndId = z.tuple([z.int(), z.uuid()]);

@Resolver(() => SetAsideEventType)
export class SetAsideEventResolver {
  @Query(() => SetAsideEventConnection, { description: "Points events that clearing could not price, oldest first. For the operator's finance." })
  async setAsideEvents(@Ctx() ctx: Context, @Args(() => PeriodsArgs) args: PeriodsArgs) {
    const page = readPage(ctx, args, 'setAsideEvents', null, byInstantAndId);
    const after = page.after && { setAsideAt: new Date(page.after[0]), transferId: page.after[1] };
    const rows = await listSetAsideEvents(ctx.app, requirePrincipal(ctx), args.currency, { limit: page.limit, after });
    return toConnection(ctx, page, rows, {
      key: ({ setAsideAt, transferId }) => [setAsideAt.getTime(), transferId],
      node: (record): SetAsideView => ({ ...record, record }),
    });
  }

  @Mutation(() => RetrySetAsideEventsResult, {
    description: "Tries at once to clear events that could not be priced, once their cause is mended; workers do so every minute. For the operator's finance.",
  })
  retrySetAsideEvents(@Ctx() ctx: Context, @Input(() => RetrySetAsideEventsInput, 'Of which currency.') input: RetrySetAsideEventsInput) {
    return answerOrRefusal(ctx, (app, principal) => retrySetAsideEvents(app, principal, input.currency));
  }

  @FieldResolver()
  async currency(@Ctx() ctx: Context, @Root() { record }: SetAsideView) {
    return showPointCurrency(await requireCurrencyById(ctx, record.currencyId));
  }
}
