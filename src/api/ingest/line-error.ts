import type { z } from 'zod';
import type { RowOf } from '../../platform/database/row-of';
import { isNotNow } from '../../platform/not-now';
import { itemAt } from '../../platform/one-of';
import { InvalidInput, isRefusal, NotFound, type RefusalData } from '../../platform/refusal';

/** What is wrong with one line of a file, and what to do about it. */
export interface LineError {
  /** Counts from 1; the heading of a CSV file is line 1. */
  readonly line: number;
  /** The column or field; null: the line as a whole. */
  readonly field: string | null;
  /** Stable code, e.g. BAD_VALUE or DUPLICATE_REFERENCE; or that of a refusal. */
  readonly code: string;
  /** One sentence: what is wrong and what to write instead. Never what the line says. */
  readonly message: string;
  /** The same line may do later: what refused it depends on more than what it says. */
  readonly retrySafe: boolean;
}

const LONGEST_MESSAGE = 500;
const LONGEST_FIELD = 100;

export function lineError(line: number, field: string | null, code: string, message: string, retrySafe = false): LineError {
  return { line, field: field?.slice(0, LONGEST_FIELD) ?? null, code, message: message.slice(0, LONGEST_MESSAGE), retrySafe };
}

/** Of file_import_error. */
export type ErrorRow = RowOf<LineError, 'line'>;

export function toLineError(row: ErrorRow): LineError {
  return { line: Number(row.line), field: row.field, code: row.code, message: row.message, retrySafe: row.retry_safe };
}

/** Rows have no such field. */
export function isWrong(read: { readonly line: number } | LineError): read is LineError {
  return 'retrySafe' in read;
}

/** The first thing that a schema found wrong. */
export function badValue(line: number, { issues }: z.ZodError): LineError {
  const { path, message } = itemAt(issues, 0);
  return lineError(line, path.length === 0 ? null : path.join('.'), 'BAD_VALUE', message);
}

export function unknownCurrency(line: number): LineError {
  return lineError(line, 'currency', 'UNKNOWN_CURRENCY', 'There is no points currency with this code.', true);
}

export function refusedLine(line: number, { code, message, retrySafe }: Pick<RefusalData, 'code' | 'message' | 'retrySafe'>): LineError {
  return lineError(line, null, code, message, retrySafe);
}

/**
 * What an operation threw for one line, as that line's error. Throws on what is of no one line: that nothing can be
 * done now, and anything unexpected.
 */
export function thrownForLine(line: number, reason: unknown): LineError {
  if (isRefusal(reason, 'MEMBER_UNKNOWN'))
    return lineError(line, null, 'UNKNOWN_MEMBER', 'No member has this name. Enrol the member first, or correct it.', true);
  if (isRefusal(reason) && !isNotNow(reason)) return refusedLine(line, reason);
  if (reason instanceof InvalidInput) return lineError(line, reason.field.replace(/^input\.(\d+\.)?/, ''), 'BAD_VALUE', reason.message);
  if (reason instanceof NotFound) return lineError(line, null, 'NOT_FOUND', reason.message, true);
  throw reason;
}
