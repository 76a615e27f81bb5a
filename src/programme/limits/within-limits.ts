import { capRefusals } from '../../coalition/coalition/amount-limits';
import type { AccountId, LedgerView, Step } from '../../ledger/ledger/posting';
import { type Day, dayStart, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { itemAt } from '../../platform/one-of';
import { type RefusalData } from '../../platform/refusal';
import type { Act, VelocityLimit, VelocityLimits } from './velocity-limit';
import { windowOf } from './window-of-day';

/** Something that limits may count. */
export interface LimitedAct {
  readonly act: Act;
  readonly currency: { readonly id: number; readonly timeZone: string };
  /** The wallet (or pool) account whose velocity it is; it must be among the posting's wallets. */
  readonly account: AccountId;
  /** At which brand; null: at none. */
  readonly brandId: Uuid | null;
  /** The earning rule's version, of an EARN. */
  readonly earningRuleId?: Uuid | null;
  /** When it happened, and its local day: what is told late counts in the window in which it happened. */
  readonly occurredAt: Date;
  readonly day: Day;
}

/** A limit that an act must keep, and where it counts. */
export interface HeldLimit {
  readonly limit: VelocityLimit;
  readonly account: AccountId;
  /** The window's first day is its end: see pruneCounters. */
  readonly key: string;
  readonly windowEnds: Day;
  readonly timeZone: string;
}

/**
 * The limits in force for an act when it happened. Declare their counters (velocityCounters) in the posting, and ask
 * withinLimits in its plan.
 */
export function limitsFor(limits: VelocityLimits, { act, currency, account, brandId, earningRuleId, occurredAt, day }: LimitedAct): HeldLimit[] {
  return limits
    .of(currency.id, act)
    .filter(
      (limit) =>
        limit.effectiveFrom <= occurredAt &&
        (limit.endsAt === null || occurredAt < limit.endsAt) &&
        (limit.brandId === null || limit.brandId === brandId) &&
        (limit.earningRuleId === null || limit.earningRuleId === earningRuleId),
    )
    .map((limit) => {
      const { from, to } = windowOf(limit.window, day);
      return { limit, account, key: `velocity:${limit.id}:${dayToIso(from)}`, windowEnds: to, timeZone: currency.timeZone };
    });
}

/** What a posting must load to be held to the limits. */
export function velocityCounters(held: readonly HeldLimit[]): { readonly account: AccountId; readonly key: string }[] {
  return held.map(({ account, key }) => ({ account, key }));
}

/**
 * What the limits leave of an act: how many points, and the steps that count it. `reducedBy` is the limit that cut it.
 */
export interface WithinLimits {
  readonly points: number;
  readonly steps: readonly Step[];
  readonly reducedBy: HeldLimit | null;
}

/**
 * Holds an act of so many points to its limits, under the wallet's lock. A limit that refuses is CAP_REACHED. One that
 * reduces leaves what is left; where that is nothing, nothing is counted. What is voided, refunded or clawed back later
 * gives no velocity back, or returning goods would be a way around the limit. Pure.
 */
export function withinLimits(view: LedgerView, held: readonly HeldLimit[], points: number): WithinLimits | { readonly refused: RefusalData } {
  const left = held.map(({ limit, account, key }) => Math.max(0, limit.maximum - view.counter(account, key)));
  let allowed = points;
  let reducedBy: HeldLimit | null = null;
  for (const [at, each] of held.entries()) {
    const there = itemAt(left, at);
    const most = each.limit.measure === 'POINTS' ? there : there > 0 ? allowed : 0;
    if (each.limit.whenExceeded !== 'REDUCE' || most >= allowed) continue;
    allowed = most;
    reducedBy = each;
  }
  if (allowed === 0) return { points: 0, steps: [], reducedBy };
  for (const [at, each] of held.entries()) {
    const there = itemAt(left, at);
    if (asks(each.limit, allowed) > there) return capReached(each, there);
  }
  return {
    points: allowed,
    steps: held.map(({ limit, account, key }) => ({ do: 'count', account, key, by: asks(limit, allowed) })),
    reducedBy,
  };
}

function asks({ measure }: VelocityLimit, points: number): number {
  return measure === 'POINTS' ? points : 1;
}

const VERBS: Readonly<Record<Act, string>> = { EARN: 'earned', REDEEM: 'spent', CONVERT: 'converted', GIFT: 'given' };

/** A velocity limit leaves less than was asked for. */
function capReached({ limit, windowEnds, timeZone }: HeldLimit, capLeft: number): { readonly refused: RefusalData } {
  const { id, measure, maximum, window, act } = limit;
  const resetsAt = dayStart(windowEnds, timeZone).toISOString();
  const what = measure === 'POINTS' ? `${capLeft} of ${maximum} points` : `${capLeft} of ${maximum} times`;
  const message = `Of what a limit allows to be ${VERBS[act]}, ${what} are left in this ${window.toLowerCase()}. It starts anew at ${resetsAt}.`;
  return capRefusals.refused('CAP_REACHED', { limitId: id, act, measure, window, capMaximum: maximum, capLeft, resetsAt, message });
}
