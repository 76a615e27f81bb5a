import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { itemAt } from '../../platform/one-of';
import { beginBatch, type EntryResult, endBatch, type ImportedBatch, type SentBatch, tellingMember } from './import-batch';
import type { LineError } from './line-error';
import { type MemberRow, readMemberRow } from './member-row';
import { membersOfLines } from './members-of-lines';
import type { SentRow } from './row-fields';

/**
 * Enrols the members of the next lines of a file, without any points: who is known already gets what the line adds.
 * Several lines may name one member, each by something else. Throws as importOpenings does.
 */
export async function importMembers(app: App, principal: Principal, { importId, rows, bytesDone }: SentBatch<SentRow>): Promise<ImportedBatch> {
  const sent = rows.map((row) => ({ ...row, lastLine: row.line }));
  const { found, fresh } = await beginBatch(app, principal, 'MEMBERS', importId, sent);
  const read = fresh.map(readMemberRow);
  const named = read.filter(isRow);
  const { members, errors, enrolled, known } = await membersOfLines(app, principal, found, named);
  const results = new Map(
    fresh.map((each, at) => [each, tellingMember(resultOf(itemAt(read, at), errors, known), found.dryRun ? undefined : members.get(each.line))]),
  );
  return endBatch(app, principal, found, { sent, results, enrolled, bytesDone });
}

function isRow(read: MemberRow | LineError): read is MemberRow {
  return 'member' in read;
}

function resultOf(read: MemberRow | LineError, errors: ReadonlyMap<number, LineError>, known: ReadonlySet<number>): EntryResult {
  if (!isRow(read)) return { is: 'rejected', error: read };
  const error = errors.get(read.line);
  if (error) return { is: 'rejected', error };
  return known.has(read.line) ? { is: 'repeated' } : { is: 'imported', points: 0 };
}
