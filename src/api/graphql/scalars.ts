import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { MAX_POINTS, type Points } from '../../ledger/points/amount';

/** Decimals of money: amounts are kept in micro-units. */
export const MONEY_SCALE = 6;

/** `node` is where a literal stands, so that the error can name its field. */
function wrongInput(message: string, node?: ValueNode): GraphQLError {
  return new GraphQLError(message, { nodes: node, extensions: { code: 'BAD_USER_INPUT' } });
}

function readPoints(value: unknown, node?: ValueNode): Points {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongInput('Points are a whole number, not text.', node);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw wrongInput(`Points are a whole number between -${MAX_POINTS} and ${MAX_POINTS}.`, node);
  const amount = BigInt(value);
  if (amount > MAX_POINTS || amount < -MAX_POINTS) throw wrongInput(`Points are a whole number between -${MAX_POINTS} and ${MAX_POINTS}.`, node);
  return amount as Points;
}

/** Resolvers give a bigint or a safe number, and get a branded bigint. */
export const PointsScalar = new GraphQLScalarType<Points, number>({
  name: 'Points',
  description: "A whole number of a points currency's smallest unit, between -(2^53-1) and 2^53-1.",
  serialize(value) {
    const amount = typeof value === 'bigint' ? Number(value) : value;
    if (typeof amount !== 'number' || !Number.isSafeInteger(amount)) throw new TypeError('not an amount of points');
    return amount;
  },
  parseValue: (value) => readPoints(value),
  parseLiteral(node) {
    if (node.kind !== Kind.INT) throw wrongInput('Points are a whole number.', node);
    return readPoints(BigInt(node.value), node);
  },
});

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const EARLIEST_YEAR = 1900;
const LATEST_YEAR = 9999;

function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number(text.slice(0, 4)) < EARLIEST_YEAR) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function readDateTime(value: unknown, node?: ValueNode): Date {
  const day = typeof value === 'string' ? RFC_3339.exec(value)?.[1] : undefined;
  if (day === undefined || !isCalendarDate(day)) throw wrongInput('A DateTime is written as RFC 3339, such as "2026-07-01T12:00:00Z".', node);
  const date = new Date((value as string).toUpperCase());
  // An offset can carry it over the end of what has four digits.
  if (date.getUTCFullYear() > LATEST_YEAR) throw wrongInput(`A DateTime lies in the years ${EARLIEST_YEAR} to ${LATEST_YEAR}.`);
  return date;
}

/** Resolvers give a Date (or its ISO text, in stored answers), and get a Date. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant as RFC 3339 text, given out in UTC with milliseconds ("2026-07-01T12:00:00.000Z"). Any offset is read.',
  serialize(value) {
    const date = typeof value === 'string' || typeof value === 'number' ? new Date(value) : value;
    if (!(date instanceof Date) || Number.isNaN(date.getTime())) throw new TypeError('not an instant');
    return date.toISOString();
  },
  parseValue: (value) => readDateTime(value),
  parseLiteral: (node) => readDateTime(textOf(node), node),
});

function readDate(value: unknown, node?: ValueNode): string {
  if (typeof value !== 'string' || !isCalendarDate(value)) throw wrongInput('A Date is a day of the calendar, written "2026-07-01".', node);
  return value;
}

/** Resolvers give and get 'YYYY-MM-DD' text. */
export const DateScalar = new GraphQLScalarType<string, string>({
  name: 'Date',
  description: 'A day of the calendar, without time or time zone: "2026-07-01".',
  serialize: (value) => {
    if (typeof value !== 'string') throw new TypeError('not a day');
    return value;
  },
  parseValue: (value) => readDate(value),
  parseLiteral: (node) => readDate(textOf(node), node),
});

function readDecimalText(value: unknown, node?: ValueNode): string {
  if (typeof value !== 'string' || !/^-?\d{1,18}(\.\d{1,18})?$/.test(value))
    throw wrongInput('A Decimal is text of digits with at most one point, such as "12.50".', node);
  return value;
}

/** Resolvers give and get decimal text; see points/decimal for its scaled integer. */
export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number as text: "12.50". Never a float; at most 18 digits before the point.',
  serialize: (value) => {
    if (typeof value !== 'string') throw new TypeError('not a decimal');
    return value;
  },
  parseValue: (value) => readDecimalText(value),
  parseLiteral: (node) => readDecimalText(textOf(node), node),
});

function textOf(node: ValueNode): string | null {
  return node.kind === Kind.STRING ? node.value : null;
}
