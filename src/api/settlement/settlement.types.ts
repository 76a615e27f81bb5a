import { InputType, ObjectType } from 'type-graphql';
import { closePeriodRefusals } from '../../settlement/months/close-period';
import { BrandType, PointCurrencyType } from '../coalition/coalition.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Count, Day, Id, Instant, Of, Points, Text } from '../graphql/fields';
import { MoneyType } from '../graphql/money.types';
import { answerUnion } from '../graphql/refusal.types';

export const PeriodStatusEnum = enumOf('PeriodStatus', 'How far the settlement of a month is.', {
  OPEN: 'Events are booked in it.',
  CLOSING: 'Its cut-off has passed; what was posted before is being cleared.',
  CLOSED: 'Its statements are frozen. What comes later adjusts a later month.',
  SETTLED: 'Its statements are paid.',
});

export const ObligationKindEnum = enumOf('ObligationKind', 'What makes one brand owe another.', {
  ISSUANCE: 'Points were issued: the issuer owes the issuance price (clearing model OPERATOR).',
  OPENING: 'Points came in from an old programme: their issuer owes the price agreed for openings (clearing model OPERATOR).',
  GOODWILL: 'Points were given out of goodwill: their funder owes the issuance price (clearing model OPERATOR).',
  CLAWBACK: 'Issued points were taken back: their issuance price is owed back.',
  REIMBURSEMENT: 'Points were redeemed: the redeemer is owed the reimbursement price.',
  REINSTATEMENT: 'Redeemed points were given back: what was paid for them is owed back.',
  ARREARS_FILL: 'New points filled the arrears that an earlier clawback had left.',
  CONVERSION:
    "Points became those of another currency: that currency's issuer is owed the rate's transfer price, by the operator (clearing model OPERATOR) or the points' issuers.",
  FOREIGN_CLAWBACK: "A clawback had to take another issuer's points: that issuer owes the clawing brand (clearing model ISSUER).",
});

export const OwedByEnum = enumOf('OwedBy', 'Which side of a line pays.', { BRAND: 'The brand whose statement it is.', COUNTERPARTY: 'The other one.' });

@ObjectType('StatementEntry', { description: 'One points event behind a line of a statement. It shows neither member nor basket.' })
@Discloses<StatementEntryType>({
  eventId: 'PROGRAMME',
  moneyTransferId: 'NOBODY',
  occurredAt: 'PROGRAMME',
  recordedAt: 'PROGRAMME',
  points: 'PROGRAMME',
  amount: 'PROGRAMME',
})
export class StatementEntryType {
  @Id('The points event; every brand sees another id of it. Of a burn, the digits are those of the redemption as its redeemer sees it.') eventId!: string;

  @Id.orNull('The transfer of the money ledger, the same for both sides; null when the price is 0.') moneyTransferId!: string | null;

  @Instant('When it happened.') occurredAt!: Date;

  @Instant('When it was cleared.') recordedAt!: Date;

  @Points('Points, in smallest units.') points!: bigint;

  @Of(() => MoneyType, 'What is owed for it; positive where the brand whose statement it is pays.') amount!: MoneyType;
}
export const StatementEntryConnection = connectionOf('StatementEntry', () => StatementEntryType);

@ObjectType('StatementLine', { description: 'What events of one kind, issuer, redeemer and price come to, between the brand and one counterparty.' })
@Discloses('NOBODY')
export class StatementLineType {
  @Of(() => ObligationKindEnum, 'What it is owed for.') kind!: string;

  @Of(() => BrandType, 'The other side.') counterparty?: BrandType;

  @Of(() => OwedByEnum, 'Which side pays.') owedBy!: string;

  @Of.orNull(() => BrandType, 'Whose points they are, where it decides the price.') issuer?: BrandType | null;

  @Of.orNull(() => BrandType, 'Where they were redeemed, where it decides the price.') redeemer?: BrandType | null;

  @Points('Points, in smallest units.') points!: bigint;

  @Of(() => MoneyType, 'Price per whole point.') price!: MoneyType;

  @Of(() => MoneyType, 'Points x price; positive where the brand pays.') amount!: MoneyType;

  @Count('How many entries stand behind it.') entryCount!: number;

  @Text.orNull('On adjustments: the closed month that the events belong to, "YYYY-MM".') adjusts!: string | null;

  @Of(() => StatementEntryConnection, 'The events behind it, in order.') entries?: unknown;
}
export const StatementLineConnection = connectionOf('StatementLine', () => StatementLineType);

@ObjectType('Statement', { description: 'What a brand owes and is owed for a month. Frozen: it never changes. Amounts are positive where the brand pays.' })
@Discloses('NOBODY')
export class StatementType {
  @Id('Opaque id.') id!: string;

  @Of(() => BrandType, 'Whose statement it is.') brand?: BrandType;

  @Of(() => PointCurrencyType, 'The points currency.') currency?: PointCurrencyType;

  @Text('The month, "YYYY-MM".') month!: string;

  @Of(() => MoneyType, 'What rounding left of the statement before.') openingBalance!: MoneyType;

  @Of(() => StatementLineConnection, "The month's events.") lines?: unknown;

  @Of(() => StatementLineConnection, 'Events of earlier months that came after those were closed.') adjustments?: unknown;

  @Of(() => MoneyType, 'Sum of lines and adjustments, over all counterparties. All nets of a month sum to zero.') net!: MoneyType;

  @Of(() => MoneyType, 'Opening balance and net, rounded to what can be paid. All payments of a month sum to zero.') payable!: MoneyType;

  @Of(() => MoneyType, 'What rounding left over, for the next statement.') carried!: MoneyType;

  @Day('The day by which it is to be paid: payment days count from the end of the month, or from closedAt if that is later.') dueOn!: string;

  @Instant('When it was frozen.') closedAt!: Date;

  @Text('The whole statement as canonical JSON: the same facts and terms give the same bytes on any machine.') content!: string;

  @Text('SHA-256 of the content, in hexadecimal.') hash!: string;
}
export const StatementConnection = connectionOf('Statement', () => StatementType);

export const PeriodWaitReasonEnum = enumOf('PeriodWaitReason', 'What stands in the way of a close.', {
  OLDER_TRANSACTION: 'A transaction that began before the cut-off is still writing; this passes by itself.',
  SET_ASIDE_EVENTS: 'Events of the currency cannot be priced: see setAsideEvents.',
  FAILURE: 'The close failed; it is tried again, less and less often.',
});

@ObjectType('PeriodWait', { description: 'What a closing month waits for, or why it could not be closed when it was last tried.' })
@Discloses('NOBODY')
export class PeriodWaitType {
  @Of(() => PeriodWaitReasonEnum, 'What kind of obstacle it is.') reason!: string;

  @Text("What is wrong and what to do. The details are for the operator's staff.") message!: string;

  @Instant('Since when it has waited for this.') since!: Date;

  @Count('How often the close was tried.') attempts!: number;
}

@ObjectType('Period', { description: "A calendar month of one points currency, in that currency's time zone." })
@Discloses('NOBODY')
export class PeriodType {
  @Id('Opaque id.') id!: string;

  @Of(() => PointCurrencyType, 'The points currency.') currency?: PointCurrencyType;

  @Text('The month, "YYYY-MM".') month!: string;

  @Instant('Its first instant.') startsAt!: Date;

  @Instant('The first instant after it.') endsAt!: Date;

  @Of(() => PeriodStatusEnum, 'How far it is.') status!: string;

  @Instant.orNull('When its cut-off was set; null while it is open.') closingAt!: Date | null;

  @Instant.orNull('When its statements were frozen; null until then.') closedAt!: Date | null;

  @Of.orNull(() => PeriodWaitType, 'Set while it is CLOSING and something stands in the way.') waitingFor!: PeriodWaitType | null;

  @Of(
    () => StatementConnection,
    "Its statements that the asking principal may see: its own brand's; the operator sees all. By brand code; empty until it is closed.",
  )
  statements?: unknown;
}
export const PeriodConnection = connectionOf('Period', () => PeriodType);

export const ClosePeriodResult = answerUnion('ClosePeriodResult', 'The month, closing or closed.', () => PeriodType, closePeriodRefusals);

@InputType()
export class ClosePeriodInput {
  @Text('Code of the points currency.') currency!: string;

  @Text('The month, "YYYY-MM".') month!: string;
}
