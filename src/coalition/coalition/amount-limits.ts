import { lesser, MAX_POINTS } from '../../ledger/points/amount';
import { Refusal } from '../../platform/refusal';

/** Fewer points than the rule allows at a time. */
export class BelowMinimum extends Refusal {
  constructor(minimum: number, nextIncrement: number) {
    const message = `At least ${minimum} points at a time; the fewest that can be asked for are ${nextIncrement}.`;
    super({ code: 'BELOW_MINIMUM', retrySafe: true, message, fields: { minimum, nextIncrement } });
  }
}

/** The points are no multiple of the rule's step. */
export class NotAStep extends Refusal {
  constructor(step: number, nextIncrement: number) {
    super({
      code: 'NOT_A_STEP',
      retrySafe: true,
      message: `Points go in steps of ${step}; the next one is ${nextIncrement}.`,
      fields: { step, nextIncrement },
    });
  }
}

/** More points than the rule allows at a time. */
export class AboveMaximum extends Refusal {
  constructor(maximum: number) {
    super({ code: 'ABOVE_MAXIMUM', retrySafe: true, message: `At most ${maximum} points at a time.`, fields: { maximum } });
  }
}

/** More points than a rule allows in a time; `capLeft` of them are left until `resetsAt`. */
export class CapReached extends Refusal {
  constructor(capLeft: number, resetsAt: Date) {
    super({
      code: 'CAP_REACHED',
      retrySafe: false,
      message: `The rule allows ${capLeft} more points until ${resetsAt.toISOString()}. Ask for fewer, or wait.`,
      fields: { capLeft, resetsAt: resetsAt.toISOString() },
    });
  }
}

/**
 * What rules say of an amount: the fewest points, the step that they are multiples of, and the most, if there is a
 * limit.
 */
export interface AmountLimits {
  readonly minimum: bigint;
  readonly step: bigint;
  readonly maximum: bigint | null;
}

/** The most, of no more than `amount`, that is a whole number of steps. */
export function inSteps(amount: bigint, step: bigint): bigint {
  return amount - (amount % step);
}

/** The fewest points that a rule with these limits allows, if its maximum does. */
export function fewestPoints({ minimum, step }: Pick<AmountLimits, 'minimum' | 'step'>): bigint {
  return inSteps(minimum + step - 1n, step);
}

/**
 * Throws AboveMaximum, BelowMinimum or NotAStep for points that a rule does not allow at a time. What they tell to ask
 * for is no more than the maximum.
 */
export function requireWithinLimits({ minimum, step, maximum }: AmountLimits, points: bigint): void {
  const most = inSteps(maximum ?? MAX_POINTS, step);
  if (points > most) throw new AboveMaximum(Number(most));
  if (points < minimum) throw new BelowMinimum(Number(minimum), Number(lesser(fewestPoints({ minimum, step }), MAX_POINTS)));
  if (points % step !== 0n) throw new NotAStep(Number(step), Number(inSteps(points, step) + step));
}
