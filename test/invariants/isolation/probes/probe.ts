import { Id } from '../names';
import type { Side } from '../side';
import type { TwoBrands } from '../two-brands';

/** How one query or mutation is tried. */
export interface Probe<Made = unknown> {
  /**
   * Who may do it, and does in the positive control; by default the brand's API client. 'prepared': the `actor` of what
   * was prepared.
   */
  readonly by?: 'client' | 'member' | 'operator' | 'prepared';
  /** Makes what the call is about, once for each brand. */
  readonly prepare?: (side: Side, world: TwoBrands) => Promise<Made>;
  /**
   * Arguments of a call that succeeds about the side's own things. `key` is new for each call. Both brands use the same
   * keys.
   */
  readonly args: (side: Side, made: Made, key: string) => Record<string, unknown>;
  /**
   * Places whose answer may tell the other brand's thing from one that does not exist, and why. Nothing else of it may
   * be shown.
   */
  readonly tells?: Readonly<Record<string, string>>;
  /** Places where a card of anybody's does what it is for: see the test of presented cards. */
  readonly presents?: readonly string[];
  /** Names that the call gives rather than looks up: nothing can be told from them. */
  readonly gives?: readonly string[];
}

/** A probe whose call knows the type of what it prepares. */
export const probe = <Made = undefined>(given: Probe<Made>) => given as Probe;

/** Arguments of a list, for its first page. */
export const page = { first: 100 };

/** The brand itself, as the asker names it. */
export const brand = (side: Side) => new Id('brand', side.brandId);

/** A reason in the brand's own words. */
export const withReason = (side: Side) => ({ reason: `${side.word} reason` });

/** So many euros. */
export const money = (amount: string) => ({ amount, currency: 'EUR' });

/** From when what is stored holds. */
export const since = '2026-06-01T00:00:00Z';

/** A member for this call alone. */
export const aPerson = (side: Side) => side.enrol();

let starts = 0;

/** How many such moments were given; and that so many were, in another test file. */
export const startsCounted = () => starts;
export function countStarts(given: number): void {
  starts = given;
}

/** A moment that no other version of a rule starts at. */
export function nextStart(): string {
  return new Date(Date.parse('2027-01-01T00:00:00Z') + ++starts * 60_000).toISOString();
}
