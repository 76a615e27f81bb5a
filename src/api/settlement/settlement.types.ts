import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { closePeriodRefusals } from '../../settlement/months/close-period';
import { BrandType, PointCurrencyType } from '../coalition/coalition.types';
import { connectionOf } from '../graphql/connection';
import { enumOf } from '../graphql/enum-of';
import { answerUnion } from '../graphql/refusal.types';
import { DateScalar, DateTimeScalar, MoneyType, PointsScalar } from '../graphql/scalars';

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
export class StatementEntryType {
  @Field(() => ID, {
    description: 'The points event; every brand sees another id of it. Of a burn, the digits are those of the redemption as its redeemer sees it.',
  })
  eventId!: string;

  @Field(() => ID, { nullable: true, description: 'The transfer of the money ledger, the same for both sides; null when the price is 0.' })
  moneyTransferId!: string | null;

  @Field(() => DateTimeScalar, { description: 'When it happened.' })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When it was cleared.' })
  recordedAt!: Date;

  @Field(() => PointsScalar, { description: 'Points, in smallest units.' })
  points!: bigint;

  @Field(() => MoneyType, { description: 'What is owed for it; positive where the brand whose statement it is pays.' })
  amount!: MoneyType;
}
export const StatementEntryConnection = connectionOf('StatementEntry', () => StatementEntryType);

@ObjectType('StatementLine', { description: 'What events of one kind, issuer, redeemer and price come to, between the brand and one counterparty.' })
export class StatementLineType {
  @Field(() => ObligationKindEnum, { description: 'What it is owed for.' })
  kind!: string;

  @Field(() => BrandType, { description: 'The other side.' })
  counterparty?: BrandType;

  @Field(() => OwedByEnum, { description: 'Which side pays.' })
  owedBy!: string;

  @Field(() => BrandType, { nullable: true, description: 'Whose points they are, where it decides the price.' })
  issuer?: BrandType | null;

  @Field(() => BrandType, { nullable: true, description: 'Where they were redeemed, where it decides the price.' })
  redeemer?: BrandType | null;

  @Field(() => PointsScalar, { description: 'Points, in smallest units.' })
  points!: bigint;

  @Field(() => MoneyType, { description: 'Price per whole point.' })
  price!: MoneyType;

  @Field(() => MoneyType, { description: 'Points x price; positive where the brand pays.' })
  amount!: MoneyType;

  @Field(() => Int, { description: 'How many entries stand behind it.' })
  entryCount!: number;

  @Field(() => String, { nullable: true, description: 'On adjustments: the closed month that the events belong to, "YYYY-MM".' })
  adjusts!: string | null;

  @Field(() => StatementEntryConnection, { description: 'The events behind it, in order.' })
  entries?: unknown;
}
export const StatementLineConnection = connectionOf('StatementLine', () => StatementLineType);

@ObjectType('Statement', { description: 'What a brand owes and is owed for a month. Frozen: it never changes. Amounts are positive where the brand pays.' })
export class StatementType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => BrandType, { description: 'Whose statement it is.' })
  brand?: BrandType;

  @Field(() => PointCurrencyType, { description: 'The points currency.' })
  currency?: PointCurrencyType;

  @Field(() => String, { description: 'The month, "YYYY-MM".' })
  month!: string;

  @Field(() => MoneyType, { description: 'What rounding left of the statement before.' })
  openingBalance!: MoneyType;

  @Field(() => StatementLineConnection, { description: "The month's events." })
  lines?: unknown;

  @Field(() => StatementLineConnection, { description: 'Events of earlier months that came after those were closed.' })
  adjustments?: unknown;

  @Field(() => MoneyType, { description: 'Sum of lines and adjustments, over all counterparties. All nets of a month sum to zero.' })
  net!: MoneyType;

  @Field(() => MoneyType, { description: 'Opening balance and net, rounded to what can be paid. All payments of a month sum to zero.' })
  payable!: MoneyType;

  @Field(() => MoneyType, { description: 'What rounding left over, for the next statement.' })
  carried!: MoneyType;

  @Field(() => DateScalar, {
    description: 'The day by which it is to be paid: payment days count from the end of the month, or from closedAt if that is later.',
  })
  dueOn!: string;

  @Field(() => DateTimeScalar, { description: 'When it was frozen.' })
  closedAt!: Date;

  @Field(() => String, { description: 'The whole statement as canonical JSON: the same facts and terms give the same bytes on any machine.' })
  content!: string;

  @Field(() => String, { description: 'SHA-256 of the content, in hexadecimal.' })
  hash!: string;
}
export const StatementConnection = connectionOf('Statement', () => StatementType);

export const PeriodWaitReasonEnum = enumOf('PeriodWaitReason', 'What stands in the way of a close.', {
  OLDER_TRANSACTION: 'A transaction that began before the cut-off is still writing; this passes by itself.',
  SET_ASIDE_EVENTS: 'Events of the currency cannot be priced: see setAsideEvents.',
  FAILURE: 'The close failed; it is tried again, less and less often.',
});

@ObjectType('PeriodWait', { description: 'What a closing month waits for, or why it could not be closed when it was last tried.' })
export class PeriodWaitType {
  @Field(() => PeriodWaitReasonEnum, { description: 'What kind of obstacle it is.' })
  reason!: string;

  @Field(() => String, { description: "What is wrong and what to do. The details are for the operator's staff." })
  message!: string;

  @Field(() => DateTimeScalar, { description: 'Since when it has waited for this.' })
  since!: Date;

  @Field(() => Int, { description: 'How often the close was tried.' })
  attempts!: number;
}

@ObjectType('Period', { description: "A calendar month of one points currency, in that currency's time zone." })
export class PeriodType {
  @Field(() => ID, { description: 'Opaque id.' })
  id!: string;

  @Field(() => PointCurrencyType, { description: 'The points currency.' })
  currency?: PointCurrencyType;

  @Field(() => String, { description: 'The month, "YYYY-MM".' })
  month!: string;

  @Field(() => DateTimeScalar, { description: 'Its first instant.' })
  startsAt!: Date;

  @Field(() => DateTimeScalar, { description: 'The first instant after it.' })
  endsAt!: Date;

  @Field(() => PeriodStatusEnum, { description: 'How far it is.' })
  status!: string;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its cut-off was set; null while it is open.' })
  closingAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its statements were frozen; null until then.' })
  closedAt!: Date | null;

  @Field(() => PeriodWaitType, { nullable: true, description: 'Set while it is CLOSING and something stands in the way.' })
  waitingFor!: PeriodWaitType | null;

  @Field(() => StatementConnection, {
    description: "Its statements that the asking principal may see: its own brand's; the operator sees all. By brand code; empty until it is closed.",
  })
  statements?: unknown;
}
export const PeriodConnection = connectionOf('Period', () => PeriodType);

export const ClosePeriodResult = answerUnion('ClosePeriodResult', 'The month, closing or closed.', () => PeriodType, closePeriodRefusals);

@InputType()
export class ClosePeriodInput {
  @Field(() => String, { description: 'Code of the points currency.' })
  currency!: string;

  @Field(() => String, { description: 'The month, "YYYY-MM".' })
  month!: string;
}
