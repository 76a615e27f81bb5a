import { somePoints } from '../../ledger/ledger/request-fields';
import type { RuleField } from './rule-field';

// The kinds of fields that rules of several rooms have. A field that only one rule has stands beside that rule.

/** Points in the currency's smallest unit, above zero; so many where none are sent. */
export function points(says: string, otherwise: number): RuleField<number, bigint> {
  return {
    shape: 'POINTS',
    says,
    sending: `${otherwise} by default`,
    schema: somePoints.nullish().transform((sent) => sent ?? otherwise),
    value: (row, column) => BigInt(row[column] as string),
  };
}

/** Points in the currency's smallest unit, above zero, or none: `none` says what that means. */
export function optionalPoints(says: string, none: string): RuleField<number | null, bigint | null> {
  return {
    shape: 'POINTS',
    says,
    sending: `${none} by default`,
    none,
    schema: somePoints.nullish().transform((sent) => sent ?? null),
    value: (row, column) => (row[column] === null ? null : BigInt(row[column] as string)),
  };
}
