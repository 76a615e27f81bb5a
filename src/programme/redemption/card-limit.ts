import type { PointCurrency } from '../../coalition/coalition/coalition-snapshot';
import type { AccountId, LedgerView, Step } from '../../ledger/ledger/posting';
import { type Day, dayStart, dayToIso } from '../../ledger/points/calendar';
import type { Uuid } from '../../platform/ids';
import { Refusal, type RefusalData } from '../../platform/refusal';

/** How many points of a member a brand may burn in a day on what whoever carries it can show: see Brand.cardOnlyPerDay. */
export interface CardLimit {
  readonly account: AccountId;
  readonly key: string;
  /** In the currency's smallest unit. */
  readonly maximum: number;
  readonly resetsAt: Date;
}

/**
 * The limit of a brand for a wallet. It counts on the day on which it is booked: a brand says itself when something happened, and could spread
 * it over days gone by. `perDay`: whole points; null: there is no limit.
 */
export function cardLimit(perDay: number | null, brandId: Uuid, { scale, timeZone }: PointCurrency, account: AccountId, bookedOn: Day): CardLimit | null {
  if (perDay === null) return null;
  // Named as counters of velocity limits are, which pruneVelocityCounters clears away by the day at the end.
  const key = `velocity:card ${brandId}:${dayToIso(bookedOn)}`;
  return { account, key, maximum: perDay * 10 ** scale, resetsAt: dayStart(bookedOn + 1, timeZone) };
}

/** The steps that count a burn or hold of so many points, or CardLimitReached. What is voided or refunded gives nothing back. Pure. */
export function withinCardLimit(view: LedgerView, limit: CardLimit | null, points: number): readonly Step[] | { readonly refused: RefusalData } {
  if (limit === null) return [];
  const left = Math.max(0, limit.maximum - view.counter(limit.account, limit.key));
  if (points > left) return { refused: new CardLimitReached(limit, left).toData() };
  return [{ do: 'count', account: limit.account, key: limit.key, by: points }];
}

/** A card alone burns no more. Nothing is stored: the same request works on another day, or once the brand's link is confirmed. */
class CardLimitReached extends Refusal {
  constructor({ maximum, resetsAt }: CardLimit, capLeft: number) {
    super({
      code: 'CARD_LIMIT_REACHED',
      retrySafe: true,
      message:
        `On a card alone ${capLeft} of ${maximum} points can still be burned here until ${resetsAt.toISOString()}. ` +
        "For more, name the member by a till code, or have the member's login confirm the link.",
      fields: { capLeft, capMaximum: maximum, resetsAt: resetsAt.toISOString() },
    });
  }
}
