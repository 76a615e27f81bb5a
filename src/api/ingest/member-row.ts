import { z } from 'zod';
import { jurisdictionSchema, wrongJurisdiction } from '../../members/members/jurisdiction';
import { badValue, type LineError, lineError } from './line-error';
import type { SentRow } from './row-fields';
import { filled, memberCells, type NamedMember, namedMember, namesMember } from './row-fields';

/** What a line of a file of members says. */
export interface MemberRow {
  readonly line: number;
  readonly member: NamedMember;
  /** Whose law protects the member's data: ISO 3166-1 or 3166-2; null: not said. */
  readonly jurisdiction: string | null;
}

const cells = z
  .object({
    ...memberCells,
    jurisdiction: jurisdictionSchema
      .superRefine((code, context) => {
        const wrong = wrongJurisdiction(code);
        if (wrong !== null) context.addIssue({ code: 'custom', message: wrong });
      })
      .optional(),
  })
  .superRefine(namesMember);

/** Reads a line, apart from everything else in the world. */
export function readMemberRow({ line, cells: sent, unreadable }: SentRow): MemberRow | LineError {
  if (unreadable !== null) return lineError(line, null, 'UNREADABLE', unreadable);
  const parsed = cells.safeParse(filled(sent));
  if (!parsed.success) return badValue(line, parsed.error);
  const { jurisdiction, ...member } = parsed.data;
  return { line, member: namedMember(member), jurisdiction: jurisdiction ?? null };
}
