import type { Uuid } from '../../platform/ids';
import { Refusal } from '../../platform/refusal';

/** The brand has no earning rule for the currency at that moment. */
export class NoEarningRule extends Refusal {
  constructor(currency: string, occurredAt: Date) {
    super({
      code: 'NO_EARNING_RULE',
      retrySafe: true,
      message: `You have no earning rule for ${currency} in force at ${occurredAt.toISOString()}. Set one with an earlier effectiveFrom.`,
    });
  }
}

/** No rule in force counts the money that the basket is in. */
export class MoneyCurrencyMismatch extends Refusal {
  /** `expected`: the moneys that are counted. */
  constructor(expected: string) {
    super({
      code: 'MONEY_CURRENCY_MISMATCH',
      retrySafe: true,
      message: `Your earning rules count ${expected}. Send the basket in one of them, or set a rule for its money.`,
      fields: { expected },
    });
  }
}

/** The attached redemption is of another member or currency. */
export class RedemptionMismatch extends Refusal {
  constructor() {
    super({
      code: 'REDEMPTION_MISMATCH',
      retrySafe: true,
      message: "A redemption that pays part of a purchase must be the same member's, in the same points currency and money.",
    });
  }
}

/** The attached redemptions pay more than the basket costs, or than the share of it that their rules let points pay. */
export class PointsBeyondBasket extends Refusal {
  /** `refunds`: what of each named redemption is to be refunded; `at` is its place in the request. */
  constructor(mostPoints: number, refunds: readonly { readonly at: number; readonly redemptionId: Uuid; readonly points: number }[]) {
    const first = refunds.map(({ at, points }) => `${points} points of redemptionIds.${at}`).join(', ');
    super({
      code: 'REDEMPTION_MISMATCH',
      retrySafe: true,
      message: `At most ${mostPoints} of these points may pay for this basket. Refund ${first} (refundRedemption), then send the same request again.`,
      fields: { mostPoints, refunds: refunds.map(({ redemptionId, points }) => ({ redemptionId, points })) },
    });
  }
}

/** The attached redemption has spent no points: an open, voided or expired hold, or a burn that was refunded. */
export class RedemptionNotCaptured extends Refusal {
  constructor() {
    super({
      code: 'REDEMPTION_NOT_CAPTURED',
      retrySafe: true,
      message: 'No points are spent by this redemption: it was not captured, or was voided, has expired or was refunded.',
    });
  }
}

/** The attached redemption has paid part of another purchase. */
export class RedemptionUsed extends Refusal {
  constructor() {
    super({ code: 'REDEMPTION_USED', retrySafe: false, message: 'This redemption has paid part of another purchase already.' });
  }
}

/** More points than one purchase can earn: they could not be held, or not be cleared. */
export class AmountTooLarge extends Refusal {
  constructor() {
    super({
      code: 'AMOUNT_TOO_LARGE',
      retrySafe: true,
      message: 'This basket would earn more points than can be held or settled. Check its quantities and prices.',
    });
  }
}

/**
 * More is brought back than is left of a line, or more money given back on it than is left of what it cost
 * (`amountLeft`).
 */
export class ReturnExceedsPurchase extends Refusal {
  constructor(line: { readonly lineNo: number | null; readonly sku: string }, left: string, amountLeft: string | null = null) {
    const name = line.lineNo === null ? `sku ${line.sku}` : `line ${line.lineNo}`;
    super({
      code: 'RETURN_EXCEEDS_PURCHASE',
      retrySafe: false,
      message: amountLeft === null ? `Of ${name} only ${left} can still be returned.` : `On ${name} only ${amountLeft} can still be given back.`,
      fields: { lineNo: line.lineNo, sku: line.sku, left, ...(amountLeft === null ? {} : { amountLeft }) },
    });
  }
}

/** The return was cancelled before, by another request. */
export class ReturnAlreadyCancelled extends Refusal {
  constructor() {
    super({ code: 'ALREADY_CANCELLED', retrySafe: false, message: 'This return is cancelled already.' });
  }
}

/** Why a return cannot be cancelled (now). */
export const KEEPING_REASONS = {
  LATER_RETURN: 'More of the purchase came back later. Cancel the latest return first.',
  POINTS_EXPIRED: 'Points of the purchase had expired unspent when it came back, and went back to their issuer. Record the purchase anew.',
  POOL_LEFT: "Points that came back to a household's pool went on to a member who has left it. Record the purchase anew.",
} as const;

/** The return stands, for a reason that is told. */
export class ReturnNotCancellable extends Refusal {
  constructor(reason: keyof typeof KEEPING_REASONS) {
    super({ code: 'RETURN_NOT_CANCELLABLE', retrySafe: true, message: KEEPING_REASONS[reason], fields: { reason } });
  }
}

/** The purchase earned points that need not be confirmed, or none; or all of it came back. */
export class NoPendingAward extends Refusal {
  constructor() {
    super({ code: 'NO_PENDING_AWARD', retrySafe: false, message: 'No points of this purchase wait to be confirmed.' });
  }
}

/** The points were confirmed before, by another request. */
export class AwardConfirmed extends Refusal {
  constructor() {
    super({ code: 'AWARD_CONFIRMED', retrySafe: false, message: 'The points of this purchase are confirmed already.' });
  }
}

/** The deadline has passed: the points count as taken back, whether or not that is booked yet. */
export class AwardCancelled extends Refusal {
  constructor(deadline: string) {
    super({
      code: 'AWARD_CANCELLED',
      retrySafe: false,
      message: `The points of this purchase could be confirmed until ${deadline} and were taken back since.`,
      fields: { deadline },
    });
  }
}
