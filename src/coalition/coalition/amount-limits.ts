import { lesser, MAX_POINTS } from '../../ledger/points/amount';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import { idOf, instant, optional, points, text, unshown } from '../../platform/refusal-fields';

/** What is refused where a rule says how many points go at a time at least, and in which steps. */
export const stepRefusals = refusals(
  defineRefusal('BELOW_MINIMUM', {
    description: 'Fewer points than the rule takes at once.',
    retrySafe: true,
    fields: {
      minimum: points('Fewest points that can be asked for at a time.'),
      nextIncrement: points('The fewest that are a whole number of steps too: what to ask for.', { otherwise: 'minimum' }),
    },
    discloses: 'NOBODY',
    message: ({ minimum, nextIncrement }) => `At least ${minimum} points at a time; the fewest that can be asked for are ${nextIncrement}.`,
  }),
  defineRefusal('NOT_A_STEP', {
    description: "The points are no multiple of the rule's step.",
    retrySafe: true,
    fields: { step: points('Points are taken in multiples of this.'), nextIncrement: points('The next larger number of points that is taken.') },
    discloses: 'NOBODY',
    message: ({ step, nextIncrement }) => `Points go in steps of ${step}; the next one is ${nextIncrement}.`,
  }),
);

/** What is refused where a rule says how many points go at a time at most. */
export const maximumRefusals = refusals(
  defineRefusal('ABOVE_MAXIMUM', {
    description: 'More points than the rule takes at once.',
    retrySafe: true,
    fields: { maximum: points('Most points that can be asked for at a time.') },
    discloses: 'NOBODY',
    message: ({ maximum }) => `At most ${maximum} points at a time.`,
  }),
);

/** What is refused where a rule says how many points go at a time. */
export const amountRefusals = refusals(stepRefusals, maximumRefusals);

/** What is refused beyond what a rule or a velocity limit allows in a time. */
export const capRefusals = refusals(
  defineRefusal('CAP_REACHED', {
    description: 'More than a rule or a velocity limit allows in a time.',
    retrySafe: false,
    fields: {
      capLeft: points("Points that are left until then, in the currency's smallest unit; or how many times, where the limit's measure is COUNT."),
      limitId: optional(idOf('limit', "The velocity limit; null: the rule's own daily maximum.", { storedAs: 'limit' })),
      act: optional(unshown<string>()),
      measure: optional(text('What the velocity limit counts: POINTS or COUNT.')),
      window: optional(text("The velocity limit's window: DAY, WEEK, MONTH or YEAR.")),
      capMaximum: optional(points('Most that the velocity limit allows in a window.')),
      resetsAt: instant('When it starts anew.'),
    },
    discloses: { capLeft: 'PROGRAMME', limitId: 'NOBODY', measure: 'NOBODY', window: 'NOBODY', capMaximum: 'NOBODY', resetsAt: 'PROGRAMME' },
    message: ({ capLeft, resetsAt }) => `The rule allows ${capLeft} more points until ${resetsAt}. Ask for fewer, or wait.`,
  }),
);

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
 * Throws ABOVE_MAXIMUM, BELOW_MINIMUM or NOT_A_STEP for points that a rule does not allow at a time. What they tell to
 * ask for is no more than the maximum.
 */
export function requireWithinLimits({ minimum, step, maximum }: AmountLimits, points: bigint): void {
  const most = inSteps(maximum ?? MAX_POINTS, step);
  if (points > most) throw amountRefusals.refuse('ABOVE_MAXIMUM', { maximum: Number(most) });
  if (points < minimum)
    throw amountRefusals.refuse('BELOW_MINIMUM', { minimum: Number(minimum), nextIncrement: Number(lesser(fewestPoints({ minimum, step }), MAX_POINTS)) });
  if (points % step !== 0n) throw amountRefusals.refuse('NOT_A_STEP', { step: Number(step), nextIncrement: Number(inSteps(points, step) + step) });
}
