import { Arg, Args, ArgsType, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import type { Principal } from '../../coalition/access/principal';
import { readDirectory } from '../../coalition/coalition/list-brands';
import { NotFound } from '../../platform/refusal';
import { monthToText, type Period } from '../../settlement/clearing/periods';
import { closePeriod, closePeriodInput, monthInput } from '../../settlement/months/close-period';
import {
  findPeriod,
  findStatement,
  listEntries,
  listPeriods,
  listStatements,
  listStatementsOfPeriod,
  type StatementEntry,
  type StatementRecord,
} from '../../settlement/months/read-statements';
import type { StatementLine } from '../../settlement/months/statement';
import { requireCurrencyByCode, requireCurrencyById } from '../coalition/coalition.loaders';
import { showBrand, showBrandById, showPointCurrency } from '../coalition/coalition.resolver';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Id, Input, Text } from '../graphql/fields';
import { defineLoader } from '../graphql/loader';
import { showMoney } from '../graphql/money.types';
import { audienceOf, readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerOrRefusal } from '../graphql/refusal.types';
import {
  ClosePeriodInput,
  ClosePeriodResult,
  PeriodConnection,
  PeriodType,
  type PeriodWaitType,
  StatementConnection,
  StatementEntryConnection,
  StatementLineType,
  StatementType,
} from './settlement.types';

@ArgsType()
export class PeriodsArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;
}

@ArgsType()
class StatementsArgs extends PageArgs {
  @Text('Code of the points currency.') currency!: string;

  @Id.orNull('Only of this brand; left out, all that the asking principal may see.') brandId?: string | null;
}

type PeriodView = Omit<PeriodType, 'currency' | 'statements'> & { readonly record: Period };
type StatementView = Omit<StatementType, 'brand' | 'currency' | 'lines' | 'adjustments'> & { readonly record: StatementRecord };
type LineView = Omit<StatementLineType, 'counterparty' | 'issuer' | 'redeemer' | 'entries'> & {
  readonly record: StatementRecord;
  readonly line: StatementLine;
};

const byMonth = z.tuple([z.int()]);
const byCode = z.tuple([z.string().max(32)]);
const byMonthAndCode = z.tuple([z.int(), z.string().max(32)]);
const byNumber = z.tuple([z.int().min(0)]);
const byEvent = z.tuple([z.uuid(), z.int().min(0)]);

const brandByCode = defineLoader(
  async (ctx, codes: readonly string[]) => {
    const { brandsByCode } = await readDirectory(ctx.app, requirePrincipal(ctx));
    return codes.flatMap((code) => brandsByCode.get(code) ?? []);
  },
  (brand) => brand.code,
);

async function showBrandByCode(ctx: Context, code: string | null) {
  if (code === null) return null;
  const brand = await brandByCode(ctx).load(code);
  if (!brand) throw new NotFound('Brand');
  return showBrand(ctx, brand);
}

const NOT_YET = 'The operator knows what stands in the way.';

/** Messages may speak of others' events: they are the operator's. */
function showWait(principal: Principal, { wait }: Period): PeriodWaitType | null {
  if (!wait) return null;
  const { for: reason, message, since, attempts } = wait;
  return { reason, message: principal.kind === 'staff' && principal.ofOperator ? message : NOT_YET, since, attempts };
}

function showPeriod(ctx: Context, record: Period): PeriodView {
  const { id, month, startsAt, endsAt, status, closingAt, closedAt } = record;
  const waitingFor = showWait(requirePrincipal(ctx), record);
  return { id: showId(ctx, 'period', id), month: monthToText(month), startsAt, endsAt, status, closingAt, closedAt, waitingFor, record };
}

function showStatement(ctx: Context, record: StatementRecord): StatementView {
  const { settlementCurrency: currency, month, dueOn, ...content } = record.content;
  const money = (amount: string) => ({ amount, currency });
  return {
    id: showId(ctx, 'statement', record.id),
    month,
    openingBalance: money(content.openingBalance),
    net: money(content.net),
    payable: money(content.payable),
    carried: money(content.carried),
    dueOn,
    closedAt: record.closedAt,
    content: record.text,
    hash: record.hash.toString('hex'),
    record,
  };
}

function showLine(record: StatementRecord, line: StatementLine): LineView {
  const { settlementCurrency: currency } = record.content;
  const { kind, owedBy, points, price, amount, entries, adjusts } = line;
  return {
    kind,
    owedBy,
    points: BigInt(points),
    price: { amount: price, currency },
    amount: { amount, currency },
    entryCount: entries,
    adjusts: adjusts ?? null,
    record,
    line,
  };
}

function showEntry(ctx: Context, { record, line }: LineView, entry: StatementEntry) {
  const { occurredAt, recordedAt, points } = entry;
  return {
    // A counterparty must not be able to find its event's other side: the id is pairwise.
    eventId: ctx.app.keys.toPairwise('redemption', audienceOf(ctx), entry.eventTransferId).replaceAll('-', ''),
    moneyTransferId: entry.moneyTransferId,
    occurredAt,
    recordedAt,
    points,
    amount: showMoney(line.owedBy === 'BRAND' ? entry.amount : -entry.amount, record.content.settlementCurrency),
  };
}

function pageOfLines(ctx: Context, args: PageArgs, list: string, record: StatementRecord, lines: readonly StatementLine[]) {
  const page = readPage(ctx, args, list, record.id, byNumber);
  const from = page.after ? page.after[0] + 1 : 0;
  const rows = lines.slice(from, from + page.limit).map((line, at) => ({ line, number: from + at }));
  return toConnection(ctx, page, rows, { key: ({ number }) => [number], node: ({ line }) => showLine(record, line) });
}

@Resolver(() => PeriodType)
export class PeriodResolver {
  @Query(() => PeriodConnection, { description: 'The months of a points currency that have been opened, latest first.' })
  async periods(@Ctx() ctx: Context, @Args(() => PeriodsArgs) args: PeriodsArgs) {
    const page = readPage(ctx, args, 'periods', null, byMonth);
    const rows = await listPeriods(ctx.app, requirePrincipal(ctx), args.currency, { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: ({ month }) => [month], node: (row) => showPeriod(ctx, row) });
  }

  @Query(() => PeriodType, { nullable: true, description: 'A month of a points currency; null while it has had no event and was not closed.' })
  async period(
    @Ctx() ctx: Context,
    @Arg('currency', () => String, { description: 'Code of the points currency.' }) currency: string,
    @Arg('month', () => String, { description: 'The month, "YYYY-MM".' }) month: string,
  ) {
    const found = await findPeriod(ctx.app, requirePrincipal(ctx), currency, parseInput(monthInput, month, 'month'));
    return found && showPeriod(ctx, found);
  }

  @Mutation(() => ClosePeriodResult, {
    description:
      "Begins to close a month. Its statements are drawn up shortly after: ask for the period until it is CLOSED. Closing it again changes nothing. For the operator's finance.",
  })
  closePeriod(@Ctx() ctx: Context, @Input(() => ClosePeriodInput, 'Which month.') input: ClosePeriodInput) {
    const command = parseInput(closePeriodInput, input);
    return answerOrRefusal(ctx, async (app, principal) => showPeriod(ctx, await closePeriod(app, principal, command)));
  }

  @FieldResolver()
  async currency(@Ctx() ctx: Context, @Root() { record }: PeriodView) {
    return showPointCurrency(await requireCurrencyById(ctx, record.currencyId));
  }

  @FieldResolver()
  async statements(@Ctx() ctx: Context, @Root() { record }: PeriodView, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'statementsOfPeriod', record.id, byCode);
    const rows = await listStatementsOfPeriod(ctx.app, requirePrincipal(ctx), record.id, { limit: page.limit, after: page.after?.[0] ?? null });
    return toConnection(ctx, page, rows, { key: ({ content }) => [content.brand], node: (row) => showStatement(ctx, row) });
  }
}

@Resolver(() => StatementType)
export class StatementResolver {
  @Query(() => StatementType, { description: "A statement of the asking principal's brand; the operator may read any." })
  async statement(@Ctx() ctx: Context, @Arg('id', () => ID, { description: "The statement's id." }) id: string) {
    return showStatement(ctx, await findStatement(ctx.app, requirePrincipal(ctx), readId(ctx, 'statement', id, 'id')));
  }

  @Query(() => StatementConnection, {
    description: "Statements of the asking principal's brand; the operator reads all. Latest month first, brands A to Z within it.",
  })
  async statements(@Ctx() ctx: Context, @Args(() => StatementsArgs) args: StatementsArgs) {
    const page = readPage(ctx, args, 'statements', null, byMonthAndCode);
    const brandId = args.brandId == null ? null : readId(ctx, 'brand', args.brandId, 'brandId');
    const after = page.after && { month: page.after[0], code: page.after[1] };
    const rows = await listStatements(ctx.app, requirePrincipal(ctx), { currency: args.currency, brandId }, { limit: page.limit, after });
    return toConnection(ctx, page, rows, { key: ({ period, content }) => [period.month, content.brand], node: (row) => showStatement(ctx, row) });
  }

  @FieldResolver()
  brand(@Ctx() ctx: Context, @Root() { record }: StatementView) {
    return showBrandById(ctx, record.brandId);
  }

  @FieldResolver()
  async currency(@Ctx() ctx: Context, @Root() { record }: StatementView) {
    return showPointCurrency(await requireCurrencyByCode(ctx, record.content.currency));
  }

  @FieldResolver()
  lines(@Ctx() ctx: Context, @Root() { record }: StatementView, @Args(() => PageArgs) args: PageArgs) {
    return pageOfLines(ctx, args, 'lines', record, record.content.lines);
  }

  @FieldResolver()
  adjustments(@Ctx() ctx: Context, @Root() { record }: StatementView, @Args(() => PageArgs) args: PageArgs) {
    return pageOfLines(ctx, args, 'adjustments', record, record.content.adjustments);
  }
}

@Resolver(() => StatementLineType)
export class StatementLineResolver {
  @FieldResolver()
  counterparty(@Ctx() ctx: Context, @Root() { line }: LineView) {
    return showBrandByCode(ctx, line.counterparty);
  }

  @FieldResolver()
  issuer(@Ctx() ctx: Context, @Root() { line }: LineView) {
    return showBrandByCode(ctx, line.issuer);
  }

  @FieldResolver()
  redeemer(@Ctx() ctx: Context, @Root() { line }: LineView) {
    return showBrandByCode(ctx, line.redeemer);
  }

  @FieldResolver(() => StatementEntryConnection)
  async entries(@Ctx() ctx: Context, @Root() view: LineView, @Args(() => PageArgs) args: PageArgs) {
    const { record, line } = view;
    const page = readPage(ctx, args, 'entries', JSON.stringify([record.id, line]), byEvent);
    const after = page.after && { eventTransferId: page.after[0], leg: page.after[1] };
    const rows = await listEntries(ctx.app, requirePrincipal(ctx), record, line, { limit: page.limit, after });
    return toConnection(ctx, page, rows, { key: ({ eventTransferId, leg }) => [eventTransferId, leg], node: (entry) => showEntry(ctx, view, entry) });
  }
}
