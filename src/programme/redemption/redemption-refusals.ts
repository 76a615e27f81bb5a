import { Refusal } from '../../platform/refusal';

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

/** No rule in force values points in that money, or the purchase's money is another one. */
export class RedemptionMoneyMismatch extends Refusal {
  /** `expected`: the moneys that points pay. */
  constructor(expected: string) {
    super({
      code: 'MONEY_CURRENCY_MISMATCH',
      retrySafe: true,
      message: `Points pay ${expected} here. Send purchaseAmount and moneyCurrency in one of them, both in the same.`,
      fields: { expected },
    });
  }
}

/** Points pay several moneys at the brand, and none was named. */
export class MoneyCurrencyRequired extends Refusal {
  constructor(choices: string) {
    super({
      code: 'MONEY_CURRENCY_REQUIRED',
      retrySafe: true,
      message: `Points pay ${choices} here: say which in moneyCurrency.`,
      fields: { choices },
    });
  }
}

/** So few points are worth less than what can be paid at the least. */
export class PaysNothing extends Refusal {
  constructor(moneyCurrency: string, minimum: number) {
    super({
      code: 'PAYS_NOTHING',
      retrySafe: true,
      message: `So few points pay nothing in ${moneyCurrency}: at least ${minimum} do.`,
      fields: { minimum },
    });
  }
}

/** What would stay captured is neither all, nor none, nor a number of points that the rule takes. */
export class KeepsTooFew extends Refusal {
  constructor(minimum: number, kept: number, nextIncrement: number) {
    super({
      code: 'BELOW_MINIMUM',
      retrySafe: true,
      message: `${kept} points would stay spent, and at least ${minimum} do; all or none always may. Ask for ${nextIncrement}.`,
      fields: { minimum, nextIncrement },
    });
  }
}

export class KeepsNoStep extends Refusal {
  constructor(step: number, kept: number, nextIncrement: number) {
    super({
      code: 'NOT_A_STEP',
      retrySafe: true,
      message: `${kept} points would stay spent, and points are spent in steps of ${step}; all or none always may. Ask for ${nextIncrement}.`,
      fields: { step, nextIncrement },
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

/**
 * What pays for a purchase comes back with it: a refund by itself would give back, beside the money of its return, more
 * than was paid.
 */
export class PaysForPurchase extends Refusal {
  constructor() {
    super({
      code: 'REDEMPTION_USED',
      retrySafe: false,
      message: 'These points pay for a purchase that is recorded. Record what comes back as its return: that gives points and money back.',
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
