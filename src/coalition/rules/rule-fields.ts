import { z } from 'zod';
import { moneyCurrency, somePoints } from '../../ledger/ledger/request-fields';
import { dayOf } from '../../ledger/points/calendar';
import { requireMoney } from '../../ledger/points/money-currencies';
import { type Ratio, ratio } from '../../ledger/points/ratio';
import type { Bound } from './define-rule';
import type { Choice, RuleField } from './rule-field';

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

/** A fraction as it is sent. */
type SentFraction = Record<'numerator' | 'denominator', number>;

/** A fraction within the bounds of the schema, which `sending` tells; 1 where none is sent. In two columns. */
export function fraction(says: string, sending: string, schema: z.ZodType<SentFraction>): RuleField<SentFraction, Ratio> {
  return {
    shape: 'RATIO',
    says,
    sending,
    schema: schema.nullish().transform((sent) => sent ?? { numerator: 1, denominator: 1 }),
    columns: ({ numerator, denominator }, { column }) => ({ [`${column}_numerator`]: numerator, [`${column}_denominator`]: denominator }),
    value: (row, column) => ratio(BigInt(row[`${column}_numerator`] as string), BigInt(row[`${column}_denominator`] as string)),
    show: ({ numerator, denominator }) => ({ numerator: Number(numerator), denominator: Number(denominator) }),
  };
}

/** One of several names, which has to be sent. */
export function choice<Name extends string>(of: Choice<Name>, says: string): RuleField<Name, Name> {
  return { shape: of, says, schema: z.enum(namesOf(of)), value: (row, column) => row[column] as Name };
}

/** What may be left out: then it is undefined, and not in the content of a request. */
export function ifSent<Schema extends z.ZodType>(schema: Schema) {
  return schema
    .nullish()
    .transform((sent) => sent ?? undefined)
    .optional();
}

/** The names of a choice. */
export function namesOf<Name extends string>({ values }: Choice<Name>): Name[] {
  return Object.keys(values) as Name[];
}

/** The fields of a rule that a brand has for each money. `says`: what is in that money. */
export function perMoney(says: string): { moneyCurrency: RuleField<string, string>; endsAt: RuleField<never, Date | null> } {
  return {
    moneyCurrency: {
      shape: 'TEXT',
      says: `ISO 4217 code of the money ${says}`,
      schema: moneyCurrency,
      columns: (sent, { column, currency, effectiveFrom }) => ({
        [column]: requireMoney(sent, dayOf(effectiveFrom, currency.timeZone), 'input.moneyCurrency'),
      }),
      value: (row, column) => row[column] as string,
    },
    endsAt: {
      shape: 'DATE_TIME',
      says: 'When a rule of another money ended it, before there was one for each money',
      none: 'the next one of its money does',
      value: (row, column) => row[column] as Date | null,
    },
  };
}

/** The bound that one of two fields is sent, and not both. `says`: what either says. */
export function oneOf<First extends string, Second extends string>(
  first: First,
  second: Second,
  says: string,
): Bound<Readonly<Record<First | Second, unknown>>> {
  return (sent) => {
    if (sent[first] === undefined && sent[second] === undefined) return { field: first, message: `${says}: ${first}, or ${second}.` };
    return sent[first] === undefined || sent[second] === undefined ? null : { field: second, message: `Send ${first} or ${second}, not both.` };
  };
}

/** The moneys of rules, in the order of their codes, as texts of refusals have them. */
export function moneysOf(rules: readonly { readonly moneyCurrency: string }[]): string {
  return rules
    .map(({ moneyCurrency }) => moneyCurrency)
    .sort()
    .join(', ');
}
