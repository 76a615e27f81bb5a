import { Refusal } from '../refusal';

/** The brand has no redemption rule for the currency at that moment. */
export class NoRedemptionRule extends Refusal {
  constructor(currency: string, occurredAt: Date) {
    super({
      code: 'NO_REDEMPTION_RULE',
      retrySafe: true,
      message: `You have no redemption rule for ${currency} in force at ${occurredAt.toISOString()}. Set one with an earlier effectiveFrom.`,
    });
  }
}

/** The points would pay more of the purchase than the rule allows. */
export class ShareExceeded extends Refusal {
  constructor(maximum: number) {
    super({ code: 'SHARE_EXCEEDED', retrySafe: true, message: `At most ${maximum} points may pay for a purchase of this amount.`, fields: { maximum } });
  }
}

/** The rule limits the share of a purchase, and the purchase's amount was not given. */
export class PurchaseAmountRequired extends Refusal {
  constructor() {
    super({
      code: 'PURCHASE_AMOUNT_REQUIRED',
      retrySafe: true,
      message: 'Points may pay only a part of a purchase: send purchaseAmount, the amount before points.',
    });
  }
}

/** The rule values points in another money. */
export class RedemptionMoneyMismatch extends Refusal {
  constructor(expected: string) {
    super({
      code: 'MONEY_CURRENCY_MISMATCH',
      retrySafe: true,
      message: `Points pay ${expected} here. Send purchaseAmount in ${expected}.`,
      fields: { expected },
    });
  }
}

/** Held points were neither captured nor are they held any longer, or the redemption was no hold. */
export class HoldNotOpen extends Refusal {
  constructor(state: string) {
    super({
      code: 'HOLD_NOT_OPEN',
      retrySafe: false,
      message: state === 'BURNED' ? 'These points were burned at once, not held.' : `This hold is ${state} already.`,
      fields: { state },
    });
  }
}

/** The hold has ended: its points count as released, whether or not that is booked yet. */
export class HoldExpired extends Refusal {
  constructor(expiresAt: Date) {
    const expiredAt = expiresAt.toISOString();
    super({
      code: 'HOLD_EXPIRED',
      retrySafe: false,
      message: `This hold expired at ${expiredAt} and its points were released. Place a new hold.`,
      fields: { expiredAt },
    });
  }
}

/** Only a burn or a captured hold can be refunded; an open hold is voided. */
export class NothingToRefund extends Refusal {
  constructor() {
    super({
      code: 'REDEMPTION_NOT_CAPTURED',
      retrySafe: true,
      message: 'No points are spent by this redemption: it was not captured, was voided or has expired. An open hold is voided, not refunded.',
    });
  }
}

/** More points than are left of the redemption. */
export class RefundExceedsRedemption extends Refusal {
  constructor(refundable: number) {
    super({
      code: 'REFUND_EXCEEDS_REDEMPTION',
      retrySafe: false,
      message: `Only ${refundable} points of this redemption are left to refund.`,
      fields: { refundable },
    });
  }
}
