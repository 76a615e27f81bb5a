import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, LedgerView, Step } from '../../ledger/ledger/posting';
import { type Day, dayStart, dayToIso } from '../../ledger/points/calendar';
import { defineRefusal, refusals } from '../../platform/define-refusal';
import type { Uuid } from '../../platform/ids';
import { type RefusalData } from '../../platform/refusal';
import { instant, points } from '../../platform/refusal-fields';

/** What is refused on a card alone. */
export const cardLimitRefusals = refusals(
  defineRefusal('CARD_LIMIT_REACHED', {
    description: 'A card, code or pass alone burns so many points of a member in a day, and no more. Nothing is stored under the key.',
    retrySafe: true,
    fields: {
      capLeft: points("Points that are left for the day, in the currency's smallest unit."),
      capMaximum: points('Most in a day.'),
      resetsAt: instant('When it starts anew.'),
    },
    discloses: { capLeft: 'PROGRAMME', capMaximum: 'NOBODY', resetsAt: 'NOBODY' },
    message: ({ capLeft, capMaximum, resetsAt }) =>
      `On a card alone ${capLeft} of ${capMaximum} points can still be burned here until ${resetsAt}. ` +
      "For more, name the member by a till code, or have the member's login confirm the link.",
  }),
);

/**
 * How many points of a member a brand may burn in a day on what whoever carries it can show: see Brand.cardOnlyPerDay.
 */
export interface CardLimit {
  readonly account: AccountId;
  readonly key: string;
  /** In the currency's smallest unit. */
  readonly maximum: number;
  readonly resetsAt: Date;
}

/**
 * The limit of a brand for a wallet. It counts on the day on which it is booked: a brand says itself when something
 * happened, and could spread it over days gone by. `perDay`: whole points; null: there is no limit.
 */
export function cardLimit(perDay: number | null, brandId: Uuid, { scale, timeZone }: PointCurrency, account: AccountId, bookedOn: Day): CardLimit | null {
  if (perDay === null) return null;
  // Named as counters of velocity limits are, which pruneCounters clears away by the day at the end.
  const key = `velocity:card ${brandId}:${dayToIso(bookedOn)}`;
  return { account, key, maximum: perDay * 10 ** scale, resetsAt: dayStart(bookedOn + 1, timeZone) };
}

/**
 * The steps that count a burn or hold of so many points, or CARD_LIMIT_REACHED. What is voided or refunded gives
 * nothing back. Pure.
 */
export function withinCardLimit(view: LedgerView, limit: CardLimit | null, points: number): readonly Step[] | { readonly refused: RefusalData } {
  if (limit === null) return [];
  const left = Math.max(0, limit.maximum - view.counter(limit.account, limit.key));
  if (points > left) return cardLimitRefusals.refused('CARD_LIMIT_REACHED', { capLeft: left, capMaximum: limit.maximum, resetsAt: limit.resetsAt });
  return [{ do: 'count', account: limit.account, key: limit.key, by: points }];
}
