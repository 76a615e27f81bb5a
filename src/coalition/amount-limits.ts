import { lesser, MAX_POINTS } from '../points/amount';
import { Refusal } from '../refusal';

/** Fewer points than the rule allows at a time. */
export class BelowMinimum extends Refusal {
  constructor(minimum: number, nextIncrement: number) {
    const message = `At least ${minimum} points at a time; the fewest that can be asked for are ${nextIncrement}.`;
    super({ code: 'BELOW_MINIMUM', message, fields: { minimum, nextIncrement } });
  }
}

/** The points are no multiple of the rule's step. */
export class NotAStep extends Refusal {
  constructor(step: number, nextIncrement: number) {
    super({ code: 'NOT_A_STEP', message: `Points go in steps of ${step}; the next one is ${nextIncrement}.`, fields: { step, nextIncrement } });
  }
}

/** More points than the rule allows at a time. */
export class AboveMaximum extends Refusal {
  constructor(maximum: number) {
    super({ code: 'ABOVE_MAXIMUM', message: `At most ${maximum} points at a time.`, fields: { maximum } });
  }
}

/** More points than a rule allows in a time; `capLeft` of them are left until `resetsAt`. */
export class CapReached extends Refusal {
  constructor(capLeft: number, resetsAt: Date) {
    super({
      code: 'CAP_REACHED',
      message: `The rule allows ${capLeft} more points until ${resetsAt.toISOString()}. Ask for fewer, or wait.`,
      fields: { capLeft, resetsAt: resetsAt.toISOString() },
    });
  }
}

/** What rules say of an amount: how many points at least, only multiples of the step, and at most so many, if there is a limit. */
export interface AmountLimits {
  readonly minimum: bigint;
  readonly step: bigint;
  readonly maximum: bigint | null;
}

/** Throws BelowMinimum, NotAStep or AboveMaximum for points that a rule does not allow at a time. */
export function requireWithinLimits({ minimum, step, maximum }: AmountLimits, points: bigint): void {
  if (points < minimum) throw new BelowMinimum(Number(minimum), Number(lesser(((minimum + step - 1n) / step) * step, MAX_POINTS)));
  const nextIncrement = (points / step + 1n) * step;
  // Beyond the largest amount there is, no next step can be named.
  if (points % step !== 0n && nextIncrement <= MAX_POINTS) throw new NotAStep(Number(step), Number(nextIncrement));
  const most = maximum ?? MAX_POINTS;
  // Said in points that can be asked for.
  if (points > most || points % step !== 0n) throw new AboveMaximum(Number(most - (most % step)));
}
