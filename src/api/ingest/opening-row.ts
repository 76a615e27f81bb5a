import { z } from 'zod';
import type { Day } from '../../ledger/points/calendar';
import { badValue, type LineError, lineError } from './line-error';
import { currencyCell, dayCell, filled, memberCells, type NamedMember, namedMember, namesMember, pointsCell, referenceCell, type SentRow } from './row-fields';

/** What a line of opening balances says. */
export interface OpeningRow {
  readonly line: number;
  readonly member: NamedMember;
  /** null: the import's. */
  readonly currency: string | null;
  /** Smallest units. */
  readonly points: number;
  /** First local day on which the points can no longer be spent; null: by the currency's policy. */
  readonly expiresOn: Day | null;
  /** When they were earned; null: today. */
  readonly earnedOn: Day | null;
  /** Local day on which the balance came over: the month that it is settled in. null: today. */
  readonly openedOn: Day | null;
  /**
   * The brand's own name for this balance: imported once, in however many files it stands. null: this line of this
   * import.
   */
  readonly reference: string | null;
}

const openingCells = z
  .object({
    ...memberCells,
    currency: currencyCell,
    points: pointsCell,
    expiresOn: dayCell.optional(),
    earnedOn: dayCell.optional(),
    openedOn: dayCell.optional(),
    reference: referenceCell,
  })
  .superRefine(namesMember);

/** Reads a line, apart from everything else in the world. */
export function readOpeningRow({ line, cells, unreadable }: SentRow): OpeningRow | LineError {
  if (unreadable !== null) return lineError(line, null, 'UNREADABLE', unreadable);
  const parsed = openingCells.safeParse(filled(cells));
  if (!parsed.success) return badValue(line, parsed.error);
  const { currency, points, expiresOn, earnedOn, openedOn, reference, ...member } = parsed.data;
  return {
    line,
    member: namedMember(member),
    currency: currency ?? null,
    points,
    expiresOn: expiresOn ?? null,
    earnedOn: earnedOn ?? null,
    openedOn: openedOn ?? null,
    reference: reference ?? null,
  };
}
