import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { reasonSchema } from '../../coalition/access/record-change';
import { endPartnership, resumePartnership, suspendPartnership } from '../../coalition/coalition/change-partnership';
import { countersignTerms, declineTerms } from '../../coalition/coalition/decide-terms';
import type { PartnershipRecord } from '../../coalition/coalition/partnership.entity';
import { stateAt } from '../../coalition/coalition/partnership-state';
import { proposeTerms, proposeTermsSchema } from '../../coalition/coalition/propose-terms';
import { listPartnerships, readHistoriesOf, readPartnership, readPartnershipsByIds, readTerms, readTermsOf } from '../../coalition/coalition/read-partnerships';
import type { TermsRecord } from '../../coalition/coalition/terms.entity';
import { findTermsOf } from '../../coalition/coalition/terms-in-force';
import { InvalidInput, NotFound } from '../../platform/refusal';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Input } from '../graphql/fields';
import { defineLoader } from '../graphql/loader';
import { readMoney, showMoney } from '../graphql/money.types';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import { DateTimeScalar } from '../graphql/scalars';
import { pointCurrencyById, requireCurrencyById } from './coalition.loaders';
import { showBrandById, showPointCurrency } from './coalition.resolver';
import {
  ChangePartnershipInput,
  ChangePartnershipResult,
  CountersignTermsResult,
  DecideTermsInput,
  DeclineTermsResult,
  EndPartnershipInput,
  PartnershipChange,
  PartnershipConnection,
  PartnershipType,
  ProposeTermsInput,
  ProposeTermsResult,
  TermsType,
} from './partnership.types';

/** What the resolvers of the types' fields start from: the record itself is never shown. */
type PartnershipView = Pick<PartnershipType, 'id' | 'createdAt'> & { readonly record: PartnershipRecord };
type TermsView = Omit<TermsType, 'partnership' | 'proposedBy' | 'decidedBy'> & { readonly record: TermsRecord };
type PartnershipChangeView = Omit<PartnershipChange, 'by'> & { readonly byBrandId: string };

const byId = z.tuple([z.uuid()]);

const partnershipById = defineLoader(
  (ctx, ids: readonly string[]) => readPartnershipsByIds(ctx.app, requirePrincipal(ctx), ids),
  (partnership) => partnership.id,
);

const termsOf = defineLoader(
  async (ctx, partnershipIds: readonly string[]) => {
    const terms = await readTermsOf(ctx.app, requirePrincipal(ctx), partnershipIds);
    return partnershipIds.map((id) => ({ id, terms: terms.filter((each) => each.partnershipId === id) }));
  },
  (found) => found.id,
);

const historyOf = defineLoader(
  async (ctx, partnershipIds: readonly string[]) => {
    const events = await readHistoriesOf(ctx.app, requirePrincipal(ctx), partnershipIds);
    return partnershipIds.map((id) => ({ id, events: events.filter((each) => each.partnershipId === id) }));
  },
  (found) => found.id,
);

function showPartnership(ctx: Context, record: PartnershipRecord): PartnershipView {
  return { id: showId(ctx, 'partnership', record.id), createdAt: record.createdAt, record };
}

/** Terms are priced in the money that their currency is settled in. */
async function showTerms(ctx: Context, record: TermsRecord): Promise<TermsView> {
  const partnership = await partnershipById(ctx).load(record.partnershipId);
  const currency = partnership && (await pointCurrencyById(ctx).load(partnership.currencyId));
  if (!currency) throw new NotFound('Terms');
  const { version, status, proposedAt, decidedAt, effectiveFrom, mayIssue, mayRedeem, pricesIncludeTax, arrearsCarrier, refundOrder } = record;
  const { backdatingDays, paymentDays, noticeDays, noticeWaived, dataSharingPurposes } = record;
  return {
    id: showId(ctx, 'terms', record.id),
    ...{ version, status, proposedAt, decidedAt, effectiveFrom, mayIssue, mayRedeem, pricesIncludeTax, arrearsCarrier, refundOrder },
    ...{ backdatingDays, paymentDays, noticeDays, noticeWaived, dataSharingPurposes },
    issuancePrice: showMoney(record.issuancePrice, currency.settlementCurrency),
    reimbursementPrice: showMoney(record.reimbursementPrice, currency.settlementCurrency),
    openingPrice: record.openingPrice === null ? null : showMoney(record.openingPrice, currency.settlementCurrency),
    record,
  };
}

@Resolver(() => PartnershipType)
export class PartnershipResolver {
  @Query(() => PartnershipConnection, { description: "Your own brand's partnerships (for the operator: everybody's), oldest first." })
  async partnerships(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'partnerships', null, byId);
    const rows = await listPartnerships(ctx.app, requirePrincipal(ctx), { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => showPartnership(ctx, row) });
  }

  @Query(() => PartnershipType, { description: 'One partnership; an error NOT_FOUND when the principal is no side of it.' })
  async partnership(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Its id.' }) id: string) {
    return showPartnership(ctx, await readPartnership(ctx.app, requirePrincipal(ctx), readId(ctx, 'partnership', id, 'id')));
  }

  @FieldResolver()
  brand(@Ctx() ctx: Context, @Root() { record }: PartnershipView) {
    return showBrandById(ctx, record.brandId);
  }

  @FieldResolver()
  partner(@Ctx() ctx: Context, @Root() { record }: PartnershipView) {
    return showBrandById(ctx, record.partnerBrandId);
  }

  @FieldResolver()
  async currency(@Ctx() ctx: Context, @Root() { record }: PartnershipView) {
    return showPointCurrency(await requireCurrencyById(ctx, record.currencyId));
  }

  @FieldResolver()
  async state(@Ctx() ctx: Context, @Root() { record }: PartnershipView): Promise<string> {
    return stateAt((await historyOf(ctx).load(record.id))?.events ?? [], ctx.app.clock.now());
  }

  @FieldResolver()
  async terms(@Ctx() ctx: Context, @Root() { record }: PartnershipView) {
    const found = await termsOf(ctx).load(record.id);
    return Promise.all((found?.terms ?? []).map((each) => showTerms(ctx, each)));
  }

  @FieldResolver()
  async termsInForce(
    @Ctx() ctx: Context,
    @Root() { record }: PartnershipView,
    @Arg('at', () => DateTimeScalar, { nullable: true, description: 'The instant; now when left out.' }) at?: Date | null,
  ) {
    const [versions, history] = await Promise.all([termsOf(ctx).load(record.id), historyOf(ctx).load(record.id)]);
    const countersigned = (versions?.terms ?? []).filter((each) => each.status === 'COUNTERSIGNED');
    const inForce = findTermsOf({ history: history?.events ?? [], terms: countersigned }, at ?? ctx.app.clock.now());
    return inForce && showTerms(ctx, inForce);
  }

  @FieldResolver()
  async history(@Ctx() ctx: Context, @Root() { record }: PartnershipView): Promise<PartnershipChangeView[]> {
    const found = await historyOf(ctx).load(record.id);
    return (found?.events ?? []).map(({ state, at, byBrandId, reason }) => ({ state, at, byBrandId, reason }));
  }

  @Mutation(() => ProposeTermsResult, {
    description:
      'Proposes terms to another brand, or to the operator; the partnership is made with its first. Asks for the scope admin or the role PROGRAMME_MANAGER.',
  })
  proposeTerms(@Ctx() ctx: Context, @Input(() => ProposeTermsInput, 'The terms.') input: ProposeTermsInput) {
    const withBrandId = input.withBrandId == null ? null : readId(ctx, 'brand', input.withBrandId, 'input.withBrandId');
    if (input.issuancePrice.currency !== input.reimbursementPrice.currency)
      throw new InvalidInput('input.reimbursementPrice.currency', 'Both prices are in the same currency.');
    if (input.openingPrice && input.openingPrice.currency !== input.issuancePrice.currency)
      throw new InvalidInput('input.openingPrice.currency', 'All prices are in the same currency.');
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    const prices = {
      issuancePrice: readMoney(input.issuancePrice, 'input.issuancePrice'),
      reimbursementPrice: readMoney(input.reimbursementPrice, 'input.reimbursementPrice'),
      openingPrice: input.openingPrice ? readMoney(input.openingPrice, 'input.openingPrice') : undefined,
      priceCurrency: input.issuancePrice.currency,
    };
    const command = { ...parseInput(proposeTermsSchema, { ...given, ...prices }), withBrandId };
    return answerOrRefusal(ctx, async (app, principal) => showTerms(ctx, await proposeTerms(app, principal, command)));
  }

  @Mutation(() => CountersignTermsResult, { description: "Countersigns the other side's proposal. Asks for the scope admin or the role PROGRAMME_MANAGER." })
  countersignTerms(@Ctx() ctx: Context, @Input(() => DecideTermsInput, 'Which terms.') input: DecideTermsInput) {
    const command = { ...readDecision(ctx, input), waiveNotice: input.waiveNotice };
    return answerOrRefusal(ctx, async (app, principal) => showTerms(ctx, await countersignTerms(app, principal, command)));
  }

  @Mutation(() => DeclineTermsResult, { description: "Declines the other side's proposal. Asks for the scope admin or the role PROGRAMME_MANAGER." })
  declineTerms(@Ctx() ctx: Context, @Input(() => DecideTermsInput, 'Which terms.') input: DecideTermsInput) {
    if (input.waiveNotice) throw new InvalidInput('input.waiveNotice', 'Notice is waived by whoever countersigns. Leave it out to decline.');
    const command = readDecision(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showTerms(ctx, await declineTerms(app, principal, command)));
  }

  @Mutation(() => ChangePartnershipResult, { description: 'Suspends a partnership for what happens from now on. By either side, or the operator.' })
  suspendPartnership(@Ctx() ctx: Context, @Input(() => ChangePartnershipInput, 'Which partnership.') input: ChangePartnershipInput) {
    const command = readPartnershipChange(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showPartnership(ctx, await suspendPartnership(app, principal, command)));
  }

  @Mutation(() => ChangePartnershipResult, { description: 'Lifts a suspension. By the side that made it, or the operator.' })
  resumePartnership(@Ctx() ctx: Context, @Input(() => ChangePartnershipInput, 'Which partnership.') input: ChangePartnershipInput) {
    const command = readPartnershipChange(ctx, input);
    return answerOrRefusal(ctx, async (app, principal) => showPartnership(ctx, await resumePartnership(app, principal, command)));
  }

  @Mutation(() => ChangePartnershipResult, {
    description: "Announces a partnership's end, with the notice that its terms ask for. By either side, or the operator.",
  })
  endPartnership(@Ctx() ctx: Context, @Input(() => EndPartnershipInput, 'Which partnership, and when.') input: EndPartnershipInput) {
    const command = { ...readPartnershipChange(ctx, input), endsAt: input.endsAt ?? null };
    return answerOrRefusal(ctx, async (app, principal) => showPartnership(ctx, await endPartnership(app, principal, command)));
  }
}

@Resolver(() => TermsType)
export class TermsResolver {
  @Query(() => TermsType, { description: 'One version of terms; an error NOT_FOUND when the principal is no side of them.' })
  async terms(@Ctx() ctx: Context, @Arg('id', () => ID, { description: 'Its id.' }) id: string) {
    return showTerms(ctx, await readTerms(ctx.app, requirePrincipal(ctx), readId(ctx, 'terms', id, 'id')));
  }

  @FieldResolver()
  proposedBy(@Ctx() ctx: Context, @Root() { record }: TermsView) {
    return showBrandById(ctx, record.proposedByBrandId);
  }

  @FieldResolver()
  decidedBy(@Ctx() ctx: Context, @Root() { record }: TermsView) {
    return record.decidedByBrandId === null ? null : showBrandById(ctx, record.decidedByBrandId);
  }

  @FieldResolver()
  async partnership(@Ctx() ctx: Context, @Root() { record }: TermsView) {
    const partnership = await partnershipById(ctx).load(record.partnershipId);
    if (!partnership) throw new NotFound('Partnership');
    return showPartnership(ctx, partnership);
  }
}

@Resolver(() => PartnershipChange)
export class PartnershipChangeResolver {
  @FieldResolver()
  by(@Ctx() ctx: Context, @Root() { byBrandId }: PartnershipChangeView) {
    return showBrandById(ctx, byBrandId);
  }
}

function readDecision(ctx: Context, input: DecideTermsInput) {
  return { termsId: readId(ctx, 'terms', input.termsId, 'input.termsId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
}

function readPartnershipChange(ctx: Context, input: ChangePartnershipInput) {
  return {
    partnershipId: readId(ctx, 'partnership', input.partnershipId, 'input.partnershipId'),
    reason: parseInput(reasonSchema, input.reason, 'input.reason'),
  };
}
