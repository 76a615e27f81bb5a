import { Refusal } from '../../platform/refusal';
import { type ConversionAmounts, givenInAll } from './conversion-amounts';

/** No rate of that direction is in force at that moment. */
export class NoConversionRate extends Refusal {
  constructor(from: string, to: string, at: Date) {
    super({
      code: 'NO_CONVERSION_RATE',
      retrySafe: true,
      message: `No rate converts ${from} into ${to} at ${at.toISOString()}. The query conversionRates shows those that do.`,
    });
  }
}

/** The floor leaves nothing of the points. */
export class ConvertsToNothing extends Refusal {
  constructor(minimum: bigint) {
    super({
      code: 'CONVERTS_TO_NOTHING',
      retrySafe: true,
      message: `So few points buy nothing at this rate: at least ${minimum} are needed.`,
      fields: { minimum: Number(minimum) },
    });
  }
}

/** The member would receive less than was agreed to. */
export class ReceivedBelowMinimum extends Refusal {
  constructor(received: bigint) {
    super({
      code: 'RECEIVED_BELOW_MINIMUM',
      retrySafe: true,
      message: `These points give ${received}, which is less than minimumReceived. Ask the member again.`,
      fields: { received: Number(received) },
    });
  }
}

/** A quote is honoured until it ends. */
export class QuoteExpired extends Refusal {
  constructor(expiredAt: Date) {
    const at = expiredAt.toISOString();
    super({ code: 'QUOTE_EXPIRED', retrySafe: false, message: `This quote ended at ${at}. Ask for a new one.`, fields: { expiredAt: at } });
  }
}

/** A quote is honoured once. */
export class QuoteUsed extends Refusal {
  constructor() {
    super({ code: 'QUOTE_USED', retrySafe: false, message: 'This quote was used by another conversion. Ask for a new one.' });
  }
}

const QUOTED = { member: 'another member', from: 'another currency', to: 'another currency', points: 'other points' } as const;

/** The conversion is not the one that was quoted. */
export class QuoteMismatch extends Refusal {
  constructor(field: 'member' | 'from' | 'to' | 'points') {
    super({
      code: 'QUOTE_MISMATCH',
      retrySafe: false,
      message: `This quote is for ${QUOTED[field]} than was sent. Send what was quoted, or ask for a new quote.`,
      fields: { field },
    });
  }
}

/** So many quotes of a member are still good. */
export class TooManyQuotes extends Refusal {
  constructor(live: number, resetsAt: Date) {
    const at = resetsAt.toISOString();
    super({
      code: 'TOO_MANY_QUOTES',
      retrySafe: true,
      message: `${live} quotes of this member are still good. Use one of them, or wait until ${at}.`,
      fields: { live, resetsAt: at },
    });
  }
}

/** The wallet has less than the points and the fee; for a quote, less than these and what it has quoted and not used. */
export class InsufficientPoints extends Refusal {
  constructor(available: number, amounts: ConversionAmounts, quoted = 0) {
    const apart = quoted === 0 ? '' : `, apart from ${quoted} that are quoted already: use those quotes, or let them end`;
    super({
      code: 'INSUFFICIENT_POINTS',
      retrySafe: false,
      message: `${amounts.points} points and a fee of ${amounts.fee} were asked for, ${available} can be spent${apart}.`,
      fields: { available, requested: Number(givenInAll(amounts)) },
    });
  }
}
