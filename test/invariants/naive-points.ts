import type { AccountId } from '../../src/ledger/ledger/posting';
import type { Day } from '../../src/ledger/points/calendar';
import type { Uuid } from '../../src/platform/ids';

/**
 * A single point: which lot it lies in, and whether a hold has set it aside. Nothing here is ever changed; what changes
 * is made anew.
 */
export interface Point {
  readonly lot: Lot;
  readonly hold: Uuid | null;
  /** It has ended; it is there, as it was before, as long as something is decided that happened before. */
  readonly lent?: Ended;
}

/** A point that has ended: which lot it was by then, and the account that it went to where its end was booked. */
export interface Ended {
  readonly lot: Lot;
  readonly to: AccountId | null;
}

/** All points of one name are the same lot, and the same object. */
export interface Lot {
  readonly origin: number;
  readonly expiresOn: Day;
  readonly availableOn: Day;
  /** Whose they were before they came into a pool; 0 in a wallet. */
  readonly contributor: AccountId;
  readonly name: string;
}

export interface Origin {
  readonly issuerId: Uuid;
  /** The brand's code. */
  readonly issuer: string;
  readonly month: Day;
}

/** A wallet or pool. */
export interface Wallet {
  readonly points: readonly Point[];
  /** Oldest first. */
  readonly arrears: readonly { readonly id: Uuid; readonly left: number }[];
  readonly credited: number;
  readonly debited: number;
  readonly movements: number;
  readonly locked: boolean;
  readonly closed: boolean;
  readonly mergedInto: AccountId | null;
  readonly slidesUntil: Day;
}

export interface LotDates {
  readonly originId: number;
  readonly expiresOn: Day;
  readonly availableOn: Day;
  readonly contributor?: AccountId;
}

export function lotName({ originId, expiresOn, availableOn, contributor = 0 }: LotDates): string {
  return `${originId} ${expiresOn} ${availableOn} ${contributor}`;
}

const lots = new Map<string, Lot>();

export function lotOf(dates: LotDates): Lot {
  const name = lotName(dates);
  const known = lots.get(name);
  if (known) return known;
  const { originId: origin, expiresOn, availableOn, contributor = 0 } = dates;
  const lot = { origin, expiresOn, availableOn, contributor, name };
  lots.set(name, lot);
  return lot;
}

/**
 * It has had its grace. Its lot is the other one of its origin, and has the end that it had at first in the place of
 * its beginning.
 */
export function hasHadGrace({ lot }: Point): boolean {
  return lot.origin < 0;
}

/** The same point, living on to another day by grace, after an end that has passed. */
export function graced(point: Point, ended: Day, expiresOn: Day): Point {
  return moved(point, hasHadGrace(point) ? { expiresOn } : { originId: -point.lot.origin, availableOn: ended, expiresOn });
}

/** The same point in a lot of other dates, or of another contributor; free of any hold. */
export function moved({ lot }: Point, change: { expiresOn?: Day; availableOn?: Day; contributor?: AccountId; originId?: number }): Point {
  return { lot: lotOf({ originId: lot.origin, ...lot, ...change }), hold: null };
}

/** First day on which it cannot be spent: its own, or its wallet's where that slides. */
export function endOf(point: Point, wallet: Wallet): Day {
  return Math.min(point.lot.expiresOn, wallet.slidesUntil);
}

/** Its own time is over by that day, or its wallet's. */
export function isOver({ lot }: Point, { slidesUntil }: Wallet, day: Day): boolean {
  return lot.expiresOn <= day || slidesUntil <= day;
}

export function free(wallet: Wallet): Point[] {
  return wallet.points.filter((point) => point.hold === null);
}

export function spendableOn(wallet: Wallet, day: Day): Point[] {
  return wallet.points.filter((point) => point.hold === null && point.lot.availableOn <= day && !isOver(point, wallet, day));
}

export function owedBy(wallet: Wallet): number {
  return wallet.arrears.reduce((sum, each) => sum + each.left, 0);
}

/**
 * Soonest to expire, oldest issue month, issuer's code A to Z. Then the one that was available first, then whoever
 * contributed it first.
 */
export function inOrder(points: readonly Point[], origins: ReadonlyMap<number, Origin>): Point[] {
  return [...points].sort(({ lot: a, lent: one }, { lot: b, lent: another }) => {
    // What is there anyway comes before what is lent.
    if (a === b) return Number(one !== undefined) - Number(another !== undefined);
    const [from, other] = [origins.get(a.origin) as Origin, origins.get(b.origin) as Origin];
    return (
      a.expiresOn - b.expiresOn ||
      from.month - other.month ||
      (from.issuer < other.issuer ? -1 : from.issuer > other.issuer ? 1 : 0) ||
      Math.sign(a.origin) - Math.sign(b.origin) ||
      a.availableOn - b.availableOn ||
      a.contributor - b.contributor
    );
  });
}

/** How many points of which lot, lots in the order in which they come first. */
export function counted(points: readonly Point[]): [Lot, number][] {
  const counts = new Map<Lot, number>();
  for (const { lot } of points) counts.set(lot, (counts.get(lot) ?? 0) + 1);
  return [...counts];
}

/** Points of the same lot next to each other, lots in the order in which they come first. */
export function together(points: readonly Point[]): Point[] {
  return counted(points).flatMap(([lot, count]) => Array.from({ length: count }, () => ({ lot, hold: null })));
}
