import { Ctx, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Uuid } from '../../platform/ids';
import type { ReferenceKind } from '../../programme/postings/reference-turns';
import type { Context } from './context';
import { showId } from './pairwise-ids';
import { RefusalAnswer, RefusalType } from './refusal.types';
import { DateTimeScalar, DecimalScalar, PointsScalar } from './scalars';

const KIND_OF_ID = { PURCHASE: 'purchase', REDEMPTION: 'redemption', RETURN: 'return' } as const;

@RefusalType('NOT_FOUND', 'In a bulk: what this entry refers to does not exist, or may not be known to you. Nothing is stored under its key.')
export class NotFoundAnswer extends RefusalAnswer {}

@RefusalType(
  'BAD_INPUT',
  'In a bulk: a field of this entry is wrong. Nothing of it is booked, and its key is still free: correct the entry and send it again. The others are booked.',
)
export class BadInputAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'Path of the field, such as "input.3.lines.0.unitPrice"; entries and lines count from 0.' })
  field!: string;
}

@RefusalType('BALANCE_OUT_OF_RANGE', 'The wallet would hold more than 2^53-1 points.')
export class BalanceOutOfRangeAnswer extends RefusalAnswer {}

@RefusalType('WALLET_LOCKED', 'The wallet is locked against spending.')
export class WalletLockedAnswer extends RefusalAnswer {}

@RefusalType('WALLET_CLOSED', 'The wallet is closed: nothing is earned, spent or received in it.')
export class WalletClosedAnswer extends RefusalAnswer {}

@RefusalType('INSUFFICIENT_POINTS', 'The wallet holds fewer points that can be spent than were asked for.')
export class InsufficientPointsAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, {
    nullable: true,
    description: "Points that could be spent, in the currency's smallest unit; null where the balance is not told.",
  })
  available!: number | null;
}

@RefusalType('CARD_LIMIT_REACHED', 'A card, code or pass alone burns so many points of a member in a day, and no more. Nothing is stored under the key.')
export class CardLimitReachedAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: "Points that are left for the day, in the currency's smallest unit." })
  capLeft!: number;

  @Field(() => PointsScalar, { description: 'Most in a day.' })
  capMaximum!: number;

  @Field(() => DateTimeScalar, { description: 'When it starts anew.' })
  resetsAt!: string;
}

@RefusalType('NUMBER_IS_NO_PROOF', 'Anybody may know a phone number or e-mail address: points are earned on it, and never burned.')
export class NumberIsNoProofAnswer extends RefusalAnswer {}

@RefusalType('NO_EARNING_RULE', 'The brand has no earning rule for this currency in force at that moment.')
export class NoEarningRuleAnswer extends RefusalAnswer {}

@RefusalType('MONEY_CURRENCY_MISMATCH', 'The rule counts another money than was sent.')
export class MoneyCurrencyMismatchAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'ISO 4217 code of the money that the rule counts.' })
  expected!: string;
}

@ObjectType('RedemptionToRefund', { description: 'Points of a redemption that a basket does not take.' })
class RedemptionToRefundType {
  @Field(() => ID, { description: 'The redemption, as it was named.' })
  redemptionId!: string;

  @Field(() => PointsScalar, { description: 'Points to refund of it, so that the same purchase can be sent again.' })
  points!: number;
}

@RefusalType(
  'REDEMPTION_MISMATCH',
  'An attached redemption is of another member, points currency or money; or the redemptions pay more than the basket costs, or than the share of it that their rules let points pay.',
)
export class RedemptionMismatchAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, {
    nullable: true,
    description: 'Most of these points that may pay for the basket; null: a redemption is of another member, points currency or money.',
  })
  mostPoints?: number | null;

  /** By uuid. */
  refunds?: readonly { readonly redemptionId: Uuid; readonly points: number }[];

  @Field(() => [RedemptionToRefundType], {
    name: 'refunds',
    nullable: true,
    simple: false,
    description: 'What to refund with refundRedemption before the same request, with the same idempotency key, is sent again; null as mostPoints.',
  })
  toRefund(@Ctx() ctx: Context): RedemptionToRefundType[] | null {
    return this.refunds?.map(({ redemptionId, points }) => ({ redemptionId: showId(ctx, 'redemption', redemptionId), points })) ?? null;
  }
}

@RefusalType('REDEMPTION_NOT_CAPTURED', 'The redemption has spent no points: it is an open, voided or expired hold, or was refunded.')
export class RedemptionNotCapturedAnswer extends RefusalAnswer {}

@RefusalType(
  'REDEMPTION_USED',
  'The redemption pays part of a purchase already: an attached one of another purchase; one that is to be refunded comes back by the return of its purchase.',
)
export class RedemptionUsedAnswer extends RefusalAnswer {}

@RefusalType('AMOUNT_TOO_LARGE', 'The basket would earn more points than can be held or settled.')
export class AmountTooLargeAnswer extends RefusalAnswer {}

@RefusalType('RETURN_EXCEEDS_PURCHASE', 'More is brought back than is left of a line, or more money given back on it than is left of what it cost.')
export class ReturnExceedsPurchaseAnswer extends RefusalAnswer {
  @Field(() => Int, { nullable: true, description: 'The line; null when the line was named by its sku.' })
  lineNo!: number | null;

  @Field(() => String, { description: "The line's sku." })
  sku!: string;

  @Field(() => DecimalScalar, { description: 'Quantity that can still be returned, with three decimals.' })
  left!: string;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'Money that can still be given back on the line, nine decimals; null: goods were named, not money.',
  })
  amountLeft?: string | null;
}

@RefusalType('NO_REDEMPTION_RULE', 'The brand has no redemption rule for this currency in force at that moment.')
export class NoRedemptionRuleAnswer extends RefusalAnswer {}

@RefusalType('PAYS_NOTHING', 'So few points are worth less than the least that can be paid in the money.')
export class PaysNothingAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'The fewest that pay something and that the rule takes; of a capture or refund, the nearest to ask for.' })
  minimum!: number;
}

@RefusalType('MONEY_CURRENCY_REQUIRED', 'Points pay several moneys at the brand, and none was named.')
export class MoneyCurrencyRequiredAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'Their ISO 4217 codes, such as "CHF, EUR".' })
  choices!: string;
}

@RefusalType('BELOW_MINIMUM', 'Fewer points than the rule takes at once.')
export class BelowMinimumAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Fewest points that can be asked for at a time.' })
  minimum!: number;

  /** Absent from refusals of before it was said. */
  nextIncrement?: number;

  @Field(() => PointsScalar, { name: 'nextIncrement', description: 'The fewest that are a whole number of steps too: what to ask for.' })
  get fewest(): number {
    return this.nextIncrement ?? this.minimum;
  }
}

@RefusalType('NOT_A_STEP', "The points are no multiple of the rule's step.")
export class NotAStepAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Points are taken in multiples of this.' })
  step!: number;

  @Field(() => PointsScalar, { description: 'The next larger number of points that is taken.' })
  nextIncrement!: number;
}

@RefusalType('ABOVE_MAXIMUM', 'More points than the rule takes at once.')
export class AboveMaximumAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Most points that can be asked for at a time.' })
  maximum!: number;
}

@RefusalType('CAP_REACHED', 'More than a rule or a velocity limit allows in a time.')
export class CapReachedAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, {
    description: "Points that are left until then, in the currency's smallest unit; or how many times, where the limit's measure is COUNT.",
  })
  capLeft!: number;

  /** A uuid. */
  limit?: string;

  @Field(() => ID, { nullable: true, description: "The velocity limit; null: the rule's own daily maximum." })
  get limitId(): string | null {
    return this.limit ? `lim_${this.limit.replaceAll('-', '')}` : null;
  }

  @Field(() => String, { nullable: true, description: 'What the velocity limit counts: POINTS or COUNT.' })
  measure?: string | null;

  @Field(() => String, { nullable: true, description: "The velocity limit's window: DAY, WEEK, MONTH or YEAR." })
  window?: string | null;

  @Field(() => PointsScalar, { nullable: true, description: 'Most that the velocity limit allows in a window.' })
  capMaximum?: number | null;

  @Field(() => DateTimeScalar, { description: 'When it starts anew.' })
  resetsAt!: string;
}

@RefusalType('SHARE_EXCEEDED', 'The points would pay a larger share of the purchase than the rule allows.')
export class ShareExceededAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Most points that may pay for a purchase of this amount.' })
  maximum!: number;
}

@RefusalType('PURCHASE_AMOUNT_REQUIRED', 'The rule limits the share of a purchase that points may pay, and no purchase was sent.')
export class PurchaseAmountRequiredAnswer extends RefusalAnswer {}

@RefusalType('HOLD_NOT_OPEN', 'The hold was captured or voided already, or the redemption was no hold.')
export class HoldNotOpenAnswer extends RefusalAnswer {
  @Field(() => String, { description: 'CAPTURED, VOIDED, or BURNED when the points were never held.' })
  state!: string;
}

@RefusalType('HOLD_EXPIRED', 'The hold has expired and its points are released.')
export class HoldExpiredAnswer extends RefusalAnswer {
  @Field(() => DateTimeScalar, { description: 'When it expired.' })
  expiredAt!: string;
}

@RefusalType('CAPTURE_EXCEEDS_HOLD', 'More points than are held.')
export class CaptureExceedsHoldAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Points held.' })
  held!: number;
}

@RefusalType('REFUND_EXCEEDS_REDEMPTION', 'More points than are left of the redemption to refund.')
export class RefundExceedsRedemptionAnswer extends RefusalAnswer {
  @Field(() => PointsScalar, { description: 'Points that can still be refunded.' })
  refundable!: number;
}

@RefusalType('REFERENCE_TAKEN', 'The reference names something else of the brand already. Nothing is stored under the key.')
export class ReferenceTakenAnswer extends RefusalAnswer {
  kind!: ReferenceKind;
  /** A uuid. */
  first!: string;

  @Field(() => ID, { description: 'The purchase, redemption or return that it names.' })
  firstId(@Ctx() ctx: Context): string {
    return showId(ctx, KIND_OF_ID[this.kind], this.first);
  }
}

@RefusalType('RULE_START_TAKEN', 'A version of the rule starts at that moment already; versions are never edited.')
export class RuleStartTakenAnswer extends RefusalAnswer {}

@RefusalType('TOO_MANY_VERSIONS', 'As many versions are kept already as can be; versions are never removed.')
export class TooManyVersionsAnswer extends RefusalAnswer {
  @Field(() => Int, { description: 'Most that are kept.' })
  maximum!: number;
}
