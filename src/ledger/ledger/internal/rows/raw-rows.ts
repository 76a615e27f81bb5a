import { type Day, dayFromIso } from '../../../points/calendar';

const days = new Map<string, Day>();

export function number(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is not a safe integer`);
  return value;
}

/** There are few different days among millions of lots. */
export function day(text: string): Day {
  let value = days.get(text);
  if (value === undefined) {
    if (days.size > 50_000) days.clear();
    days.set(text, (value = dayFromIso(text)));
  }
  return value;
}

/** Milliseconds of a timestamptz as the server prints it in time zone UTC ('2011-01-31 10:00:00.123+00'). */
export function instant(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}${/[+-]\d\d$/.test(text) ? ':00' : ''}`);
}
