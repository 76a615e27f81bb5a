import type { ReferencesRepeat } from '../../coalition/coalition/references-repeat';
import type { Day } from '../../ledger/points/calendar';
import { bareText } from '../../platform/bare-text';
import { derivedUuid, type Uuid } from '../../platform/ids';

/** What a reference names. Each kind has references of its own. */
export type ReferenceKind = 'PURCHASE' | 'REDEMPTION' | 'RETURN';

/**
 * The name that a brand's reference is claimed by in the ledger: reference_name in the database gives the same, and it
 * never changes.
 */
export function referenceName(brandId: Uuid, kind: ReferenceKind, currency: string, reference: string): Uuid {
  return derivedUuid('reference', brandId, kind, currency, bareText(reference));
}

/**
 * A name is claimed at a turn. Turns 0 to 99 are those of a reference that never repeats: the first, and one more each
 * time that what held it has come to nothing. A hundred of each local day follow. From 2^52 on come those of references
 * that may repeat: each booking has one of its own.
 */
export interface Turns {
  readonly first: number;
  readonly last: number;
}

const MOST_TURNS = 100;
const FROM_DAYS = 1_000;
const FROM_EARLY_DAYS = 1_000_000_000;
const FROM_ANY = 2 ** 52;

/** Days of before 2000, which count down from 0, have turns after those of any day to come. */
function dayTurns(day: Day): Turns {
  const first = FROM_DAYS + (day >= -10 ? day + 10 : FROM_EARLY_DAYS - day) * MOST_TURNS;
  return { first, last: first + MOST_TURNS - 1 };
}

const NEVER_REPEATED: Turns = { first: 0, last: MOST_TURNS - 1 };
const EVERY_TURN: Turns = { first: 0, last: Number.MAX_SAFE_INTEGER };

/**
 * At which turns somebody may hold the name of something that happened on that day. What is held for good is held on
 * its own day too.
 */
export function turnsThatHold(repeat: ReferencesRepeat, day: Day): readonly Turns[] {
  if (repeat === 'ANY') return [];
  return repeat === 'NEVER' ? [EVERY_TURN] : [NEVER_REPEATED, dayTurns(day)];
}

/** The turn at which a booking takes the name, given those that are over; null: there are no more. */
export function nextTurn(repeat: ReferencesRepeat, day: Day, over: ReadonlySet<number>, made: Uuid): number | null {
  // The last digits of an id are random: 48 bits of them.
  if (repeat === 'ANY') return FROM_ANY + Number.parseInt(made.slice(-12), 16);
  const { first, last } = repeat === 'NEVER' ? NEVER_REPEATED : dayTurns(day);
  for (let turn = first; turn <= last; turn++) if (!over.has(turn)) return turn;
  return null;
}
