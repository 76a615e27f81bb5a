import { z } from 'zod';
import { currencyCode, plainText } from '../../ledger/ledger/request-fields';
import { type Day, dayFromIso } from '../../ledger/points/calendar';
import { bareIdentifier, IDENTIFIER_KINDS, MAX_IDENTIFIER, type MemberRef } from '../../members/identification/member-ref';

/**
 * A file's cells: text, as it stands there. Blanks around it do not count, and a cell of nothing else is none. Numbers
 * and dates are checked here as the API checks them, so that a bad cell is its own line's error and no other's.
 */
export type Cells = Readonly<Record<string, string | null | undefined>>;

/** A line of a file, as it was sent. */
export interface SentRow {
  readonly line: number;
  readonly cells: Cells;
  /** Why whoever read the file could not make cells of the line. */
  readonly unreadable: string | null;
}

/** The cells that hold something, without the blanks around it. */
export function filled(cells: Cells): Record<string, string> {
  return Object.fromEntries(Object.entries(cells).flatMap(([name, text]) => (text != null && text.trim() !== '' ? [[name, text.trim()]] : [])));
}

/** A day of the calendar. */
export const dayCell = z
  .string()
  .refine((text) => isCalendarDay(text), 'Write a day of the calendar as YYYY-MM-DD, such as 2026-07-01.')
  .transform((text): Day => dayFromIso(text));

function isCalendarDay(text: string): boolean {
  if (!/^(19|[2-9]\d)\d\d-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const INSTANT = /^(19|[2-9]\d)\d\d-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** An instant with its offset. */
export const instantCell = z
  .string()
  .refine(
    (text) => INSTANT.test(text) && isCalendarDay(text.slice(0, 10)) && new Date(text).getTime() >= 0,
    'Write an instant as RFC 3339 with its offset, such as 2026-07-01T12:00:00Z or 2026-07-01T14:00:00+02:00.',
  )
  .transform((text) => new Date(text));

/** More than none, in the currency's smallest unit. */
export const pointsCell = z
  .string('Give the points.')
  .regex(/^\d{1,16}$/, "Points are a whole number of the currency's smallest unit, above 0, without sign, point or separators.")
  .transform(Number)
  .refine((points) => points > 0, 'Points are more than 0: leave the line out.')
  .refine((points) => Number.isSafeInteger(points), 'These are more points than a wallet can hold (2^53-1).');

/** Who it is about: by the brand's customer id, by something that the member can show, or by both. */
export const memberCells = {
  customerId: plainText(MAX_IDENTIFIER).optional(),
  identifierKind: z.enum(IDENTIFIER_KINDS, `The kind of an identifier is one of ${IDENTIFIER_KINDS.join(', ')}.`).optional(),
  identifier: plainText(MAX_IDENTIFIER).optional(),
};
export const currencyCell = currencyCode.optional();
export const referenceCell = plainText(200).optional();

interface MemberCells {
  readonly customerId?: string;
  readonly identifierKind?: (typeof IDENTIFIER_KINDS)[number];
  readonly identifier?: string;
}

/** Adds what no single cell can say. */
export function namesMember({ customerId, identifierKind, identifier }: MemberCells, context: z.RefinementCtx): void {
  const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
  if (customerId === undefined && identifier === undefined) wrong('customerId', 'Name the member: by customerId, or by identifier and identifierKind.');
  else if (identifier !== undefined && identifierKind === undefined) wrong('identifierKind', 'Say what kind of identifier it is, such as CARD.');
  else if (identifier !== undefined && identifierKind !== undefined && bareIdentifier({ kind: identifierKind, value: identifier }) === '')
    wrong('identifier', 'This identifier has no content.');
  else if (identifier === undefined && identifierKind !== undefined) wrong('identifier', 'Give the identifier, or leave its kind out.');
}

/** How the line names its member. */
export interface NamedMember {
  readonly byCustomer: Extract<MemberRef, { by: 'customerId' }> | null;
  readonly byIdentifier: Extract<MemberRef, { by: 'identifier' }> | null;
}

export function namedMember({ customerId, identifierKind, identifier }: MemberCells): NamedMember {
  return {
    byCustomer: customerId === undefined ? null : { by: 'customerId', customerId },
    byIdentifier:
      identifier === undefined || identifierKind === undefined ? null : { by: 'identifier', identifier: { kind: identifierKind, value: identifier } },
  };
}
