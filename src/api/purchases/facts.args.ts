import { ArgsType } from 'type-graphql';
import { z } from 'zod';
import { plainText } from '../../ledger/ledger/request-fields';
import type { FactFilter, FactPage } from '../../programme/purchases/page-of-facts';
import { PageArgs, readPage } from '../graphql/connection';
import type { Context } from '../graphql/context';
import { Instant, Of, Text } from '../graphql/fields';
import { parseInput } from '../graphql/parse-input';
import { MemberRefInput, readKnownMember } from '../members/member-ref.types';

/** Arguments of the lists of purchases and redemptions. */
@ArgsType()
export class FactsArgs extends PageArgs {
  @Text.orNull("Only what has this reference, the brand's own number of it.") reference?: string | null;

  @Of.orNull(() => MemberRefInput, "Only this member's. A member sees their own without it; the operator names one.") member?: MemberRefInput | null;

  @Instant.orNull('Only what happened at this moment or later.') from?: Date | null;

  @Instant.orNull('Only what happened before this moment.') to?: Date | null;
}

const reference = plainText(200);
const byTime = z.tuple([z.int(), z.uuid()]);

/** Where a page of them starts, and what is looked for. */
export function readFactsPage(ctx: Context, args: FactsArgs, list: string) {
  const page = readPage(ctx, args, list, null, byTime);
  const filter: FactFilter = {
    reference: args.reference == null ? null : parseInput(reference, args.reference, 'reference'),
    member: args.member ? readKnownMember(ctx, args.member, 'member') : null,
    from: args.from ?? null,
    to: args.to ?? null,
  };
  const after: FactPage['after'] = page.after && { occurredAt: new Date(page.after[0]), id: page.after[1] };
  return { page, filter, facts: { limit: page.limit, after } };
}

/** The place of a purchase or redemption in its list. */
export function placeOf({ occurredAt, id }: { readonly occurredAt: Date; readonly id: string }): [number, string] {
  return [occurredAt.getTime(), id];
}
